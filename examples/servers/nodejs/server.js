// Answers until it is told to freeze: POST /freeze stops the event loop for ten seconds.
const { createServer } = require("node:http");

createServer((request, response) => {
  response.end("ok\n");
  if (request.method === "POST" && request.url === "/freeze") {
    const endMs = Date.now() + 10_000;
    while (Date.now() < endMs);
  }
}).listen(3000);
