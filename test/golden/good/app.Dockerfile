# syntax=docker/dockerfile:1
FROM node:22-slim AS build
WORKDIR /app
COPY package*.json ./
RUN npm ci
COPY . .
RUN npm run build

FROM node:22-slim
RUN apt-get update && apt-get install -y --no-install-recommends tini && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=build /app/dist ./dist
HEALTHCHECK --interval=30s --timeout=5s CMD ["node", "dist/health.js"]
ENTRYPOINT ["tini", "--"]
CMD ["node", "dist/server.js"]
