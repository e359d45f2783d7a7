// The gateway's clock as seen from here. "12 min ago" is told by it: a wrong clock of this browser must not make all
// devices look silent. Each answer carries the gateway's time; the smallest lag seen is the nearest to the truth.

let ahead = 0;
let known = false;

/** Take the time that an answer carries (milliseconds since 1970). */
export function heardAt(at) {
  const lead = at - Date.now();
  // A later answer with a larger lead had less delay; a lead far below means that one of the clocks was set.
  if (!known || lead > ahead || ahead - lead > 30_000) ahead = lead;
  known = true;
}

/** Milliseconds since 1970 by the gateway's clock. */
export const gatewayNow = () => Date.now() + ahead;

/** By how much this browser's clock differs from the gateway's, in milliseconds; 0 until something was heard. */
export const difference = () => ahead;
