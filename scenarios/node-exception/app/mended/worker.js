// One worker, with the connections that it is handed.
const http = require('node:http');
const { total } = require('./total');

const server = http.createServer((request, response) => {
  const basket = { items: [3, 4] }; // of a guest, who has no voucher
  setImmediate(() => response.end(`total: ${total(basket)}\n`));
});
process.on('message', (message, socket) => {
  if (socket) {
    server.emit('connection', socket);
    socket.resume();
  }
});
