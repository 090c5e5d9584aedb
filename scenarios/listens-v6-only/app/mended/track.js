const http = require("http");

http
  .createServer((request, response) => response.end("on its way\n"))
  .listen(3000, "127.0.0.1");
