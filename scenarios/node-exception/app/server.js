// The baskets. This process accepts connections and has a worker serve them; it starts another when one has ended.
const net = require('node:net');
const { fork } = require('node:child_process');

let worker;
function start() {
  worker = fork(`${__dirname}/worker.js`);
  worker.on('exit', start);
  worker.on('error', () => {}); // it ended before it had the connection
}
start();
net.createServer({ pauseOnConnect: true }, (socket) => worker.send('connection', socket, () => {})).listen(3000, '127.0.0.1');
