// Ready if the server answers a real request. A check of your own goes here.
const { get } = require("node:http");

get("http://127.0.0.1:3000/", ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1)).on(
  "error",
  () => process.exit(1),
);
