// Marks of things on the map. Colour and shape tell the state, the pictogram the domain; what would overlap becomes one
// mark with a number, in the shape of the worst that is in it.

import { svg } from "./element.js";
import { iconPaths } from "./icons.js";
import { px } from "./map_ground.js";
import { STATE_TONE } from "./parts.js";

const APART_PX = 30;
const WORST_FIRST = ["alarm", "silent", "never", "ok"];

/** Things gathered where they would overlap: [{x, y, things}] in pixels, only what is in sight. `apart`: never gathered. */
export function gather(points, view, apart = () => false) {
  const seen = points
    .map((one) => ({ x: view.px(one.x), y: view.py(one.y), thing: one.thing }))
    .filter(({ x, y }) => x > -40 && y > -40 && x < view.width + 40 && y < view.height + 40);
  const cells = new Map();
  const found = [];
  for (const one of seen) {
    if (apart(one.thing)) {
      found.push({ x: one.x, y: one.y, things: [one.thing], front: true });
      continue;
    }
    const [column, row] = [Math.floor(one.x / APART_PX), Math.floor(one.y / APART_PX)];
    let near = null;
    for (let dx = -1; dx <= 1 && !near; dx += 1) {
      for (let dy = -1; dy <= 1 && !near; dy += 1) {
        near = (cells.get(`${column + dx},${row + dy}`) ?? []).find((other) => Math.hypot(other.x - one.x, other.y - one.y) < APART_PX);
      }
    }
    if (near) {
      near.things.push(one.thing);
      continue;
    }
    const group = { x: one.x, y: one.y, things: [one.thing] };
    const key = `${column},${row}`;
    cells.set(key, [...(cells.get(key) ?? []), group]);
    found.push(group);
  }
  return found;
}

/** The state that a group shows. */
export const worstState = (things) => WORST_FIRST.find((state) => things.some((one) => one.state === state)) ?? "ok";

/** One mark. `number` stands in it instead of a pictogram (a stop of a tour); `quiet`: beside what matters here. */
export function mark(group, { selected = false, number = null, quiet = false } = {}) {
  const state = worstState(group.things);
  const many = group.things.length > 1;
  const radius = many ? 14 + Math.min(8, Math.log2(group.things.length) * 1.6) : 13;
  const thing = group.things[0];
  const inside = number !== null || many
    ? svg("text", { "text-anchor": "middle", y: 4.5 }, number ?? group.things.length)
    : svg("g", { class: "map-icon", transform: "translate(-8.4 -8.4) scale(0.7)" }, iconPaths(thing.domain));
  return svg("g", {
    class: "map-mark", "data-tone": STATE_TONE[state], "data-state": state, "data-filled": filled(group) ? "" : null,
    "data-selected": selected ? "" : null, "data-quiet": quiet ? "" : null, transform: `translate(${px(group.x)} ${px(group.y)})`,
  },
    selected && svg("circle", { class: "map-ring", r: radius + 5 }),
    svg("circle", { class: "map-dot", r: px(radius) }),
    inside,
    state === "alarm" && svg("g", { class: "map-flag", transform: `translate(${px(radius * 0.8)} ${px(-radius * 0.8)})` },
      svg("path", { d: "M0 -8L8.5 6.5H-8.5z" }), svg("path", { class: "map-flag-mark", d: "M0 -3V2M0 4.2V4.3" })));
}

// A bay that is free is a ring, one that is taken a disc; everything else is a disc.
function filled({ things }) {
  return things.length > 1 || things[0].main?.property !== "occupied" || things[0].main.value !== false;
}
