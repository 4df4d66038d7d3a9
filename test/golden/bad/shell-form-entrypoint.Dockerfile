# syntax=docker/dockerfile:1
FROM maven:3-eclipse-temurin-21 AS build
COPY . .
RUN mvn -q package
CMD mvn test

FROM eclipse-temurin:21-jre
COPY --from=build /target/app.jar /app.jar
ENV JAVA_OPTS="-XX:MaxRAMPercentage=75"
HEALTHCHECK --interval=10s CMD wget -qO- http://localhost:8080/health || exit 1
ENTRYPOINT java $JAVA_OPTS \
    -jar /app.jar
