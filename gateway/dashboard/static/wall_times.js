// The chart library knows no zones: it takes every time for UTC. So it is given what the city's clocks showed, each
// instant by the offset of its own hour. Where clocks are put back an hour comes twice; its second pass is squeezed in
// behind the first, second by second, as the library wants rising times and places points side by side anyway. Words
// are made of the true instants.

import { instantOf as onTheClock, offset } from "./format.js";

/** Of instants (seconds since 1970): what the library is given for each, and back again. */
export function wallTimes(instants) {
  const times = new Map();
  const back = new Map();
  let last = -Infinity;
  for (const at of [...new Set(instants)].sort((a, b) => a - b)) {
    last = Math.max(last + 1, at + offset(at * 1000) / 1000);
    times.set(at, last);
    back.set(last, at);
  }
  return {
    timeOf: (at) => times.get(at),
    instantOf: (time) => back.get(time) ?? onTheClock(time * 1000) / 1000,
  };
}
