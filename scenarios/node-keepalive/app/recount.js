// Counts the seats of the season anew, with a call that returns when the slow disk has answered, as fs.readFileSync does.
// Nothing else runs in this process meanwhile, not even its timers.
module.exports = function recount() {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600); // the disk
};
