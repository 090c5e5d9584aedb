// The box office. It ends connections on which nothing happens; by itself Node.js does so to idle ones after some seconds.
const fs = require('node:fs');
const http = require('node:http');
const recount = require('./recount.js');

const server = http.createServer((request, response) => {
  request.resume();
  request.on('end', () => response.end(request.method === 'POST' ? 'reserved: 1\n' : 'free: 14\n'));
  if (request.url === '/seats') response.on('finish', () => setImmediate(recount));
});
server.keepAliveTimeout = 0; // no time of their own for idle connections:
server.timeout = 300; // the one of all connections holds

const listen = process.env.LISTEN;
if (listen.startsWith('/')) {
  fs.rmSync(listen, { force: true }); // of a process that was killed
  process.umask(0); // the socket is the proxy's from its first moment
  server.listen(listen);
} else {
  server.listen(Number(listen.split(':')[1]), listen.split(':')[0]);
}
