// Counts the seats of the season anew. Nothing else runs in this process meanwhile, not even its timers.
module.exports = function recount() {
  let seats = 0;
  for (const end = Date.now() + 600; Date.now() < end;) seats += 1;
  return seats;
};
