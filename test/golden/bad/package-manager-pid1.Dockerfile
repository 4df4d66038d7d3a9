FROM node:22-alpine AS build
WORKDIR /app
COPY . .
RUN npm ci && npm run build

FROM node:22-alpine
RUN apk add --no-cache tini
COPY --from=build /app /app
WORKDIR /app
# tini signals npm alone
ENTRYPOINT ["/sbin/tini", "--"]
CMD ["npm", "run", "start:prod"]
