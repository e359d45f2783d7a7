// The ground of the map, drawn from nothing but the devices' own positions: built-up land where things stand close
// together, a line where the things of one area stand in a row, a grid and a scale. No street map, and it says so.

import { svg } from "./element.js";
import { number, placeName } from "./format.js";
import { metresPerUnit, round125 } from "./mercator.js";
import { t } from "./words.js";

const STRAIGHT = 0.12; // a row: spread across at most this share of its length
const GRID_PX = 130;
const SCALE_PX = 120;
const TILE_PX = 256;

/** Areas of which the things stand in a row: {name, from, to} on the unit square. */
export function rows(points) {
  const areas = new Map();
  for (const one of points) {
    if (!one.thing.area) continue;
    const key = `${one.thing.pilot}/${one.thing.area}`;
    areas.set(key, [...(areas.get(key) ?? []), one]);
  }
  return [...areas.values()].map(row).filter(Boolean);
}

// The main axis of a cloud of points: half the angle of its second moments.
function row(points) {
  if (points.length < 3) return null;
  const middle = { x: mean(points.map((one) => one.x)), y: mean(points.map((one) => one.y)) };
  let [xx, yy, xy] = [0, 0, 0];
  for (const { x, y } of points) {
    xx += (x - middle.x) ** 2;
    yy += (y - middle.y) ** 2;
    xy += (x - middle.x) * (y - middle.y);
  }
  const angle = Math.atan2(2 * xy, xx - yy) / 2;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const along = points.map(({ x, y }) => (x - middle.x) * cos + (y - middle.y) * sin);
  const across = points.map(({ x, y }) => Math.abs((y - middle.y) * cos - (x - middle.x) * sin));
  const [low, high] = [Math.min(...along), Math.max(...along)];
  if (high === low || mean(across) > STRAIGHT * (high - low)) return null;
  const at = (distance) => ({ x: middle.x + distance * cos, y: middle.y + distance * sin });
  return { name: points[0].thing.area, from: at(low), to: at(high) };
}

const mean = (values) => values.reduce((sum, one) => sum + one, 0) / values.length;

/** Land, rows with their names, grid. `view` turns the unit square into pixels. */
export function ground(points, found, view) {
  const metre = view.scale / metresPerUnit(view.y);
  const radius = Math.max(34, Math.min(260 * metre, 0.35 * Math.min(view.width, view.height)));
  const width = Math.max(7, Math.min(22, 12 * metre));
  const land = points.map((one) => svg("circle", { cx: px(view.px(one.x)), cy: px(view.py(one.y)), r: px(radius) }));
  const lines = found.map(({ from, to }) => line(view, from, to));
  return [
    svg("g", { class: "map-land" }, land),
    svg("g", { class: "map-grid" }, grid(view, metre)),
    svg("g", { class: "map-rows-edge", "stroke-width": px(width + 2) }, lines),
    svg("g", { class: "map-rows", "stroke-width": px(width) }, lines.map((one) => one.cloneNode())),
    svg("g", { class: "map-names" }, names(found, view, width)),
  ];
}

/** Tiles of the operator's own choice: `{z}/{x}/{y}` in the address. */
export function tiles(template, view) {
  const zoom = Math.max(0, Math.min(19, Math.round(Math.log2(view.scale / TILE_PX))));
  const count = 2 ** zoom;
  const side = view.scale / count;
  const [left, top] = [view.x - view.width / 2 / view.scale, view.y - view.height / 2 / view.scale];
  const found = [];
  for (let row = Math.max(0, Math.floor(top * count)); row < count && row * side < (top * view.scale + view.height); row += 1) {
    for (let column = Math.max(0, Math.floor(left * count)); column < count && column * side < (left * view.scale + view.width); column += 1) {
      const href = template.replace("{z}", zoom).replace("{x}", column).replace("{y}", row);
      found.push(svg("image", { href, x: px(view.px(column / count)), y: px(view.py(row / count)), width: px(side + 0.5), height: px(side + 0.5) }));
    }
  }
  return svg("g", { class: "map-tiles" }, found);
}

/** Scale bar at the bottom left and north at the top right. */
export function furniture(view) {
  const metre = view.scale / metresPerUnit(view.y);
  const length = round125(SCALE_PX / metre);
  const wide = length * metre;
  const words = length >= 1000 ? `${number(length / 1000)}\u00a0km` : `${number(length)}\u00a0m`;
  const y = view.height - 18;
  return [
    svg("g", { class: "map-scale" },
      svg("path", { d: `M16 ${y - 5}v5h${px(wide)}v-5` }),
      svg("text", { x: px(16 + wide / 2), y: y - 6, "text-anchor": "middle" }, words)),
    svg("g", { class: "map-north", transform: `translate(${view.width - 26} 30)` },
      svg("path", { d: "M0 -13L6 6L0 2L-6 6z" }),
      svg("text", { y: 19, "text-anchor": "middle" }, t("map.north"))),
  ];
}

function grid(view, metre) {
  const step = round125(GRID_PX / metre) * metre;
  const first = (origin) => ((origin % step) + step) % step;
  const found = [];
  for (let x = first(view.px(0)); x < view.width; x += step) found.push(svg("path", { d: `M${px(x)} 0V${view.height}` }));
  for (let y = first(view.py(0)); y < view.height; y += step) found.push(svg("path", { d: `M0 ${px(y)}H${view.width}` }));
  return found;
}

function line(view, from, to) {
  return svg("path", { d: `M${px(view.px(from.x))} ${px(view.py(from.y))}L${px(view.px(to.x))} ${px(view.py(to.y))}` });
}

// A name that would lie across another is left out: it comes back nearer by.
function names(found, view, width) {
  const taken = [];
  return found.map(({ name, from, to }) => {
    let [a, b] = [{ x: view.px(from.x), y: view.py(from.y) }, { x: view.px(to.x), y: view.py(to.y) }];
    if (a.x > b.x) [a, b] = [b, a];
    const length = Math.hypot(b.x - a.x, b.y - a.y);
    if (length < name.length * 7) return null;
    const middle = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
    if (taken.some((other) => Math.hypot(other.x - middle.x, other.y - middle.y) < name.length * 7)) return null;
    taken.push(middle);
    const angle = (Math.atan2(b.y - a.y, b.x - a.x) * 180) / Math.PI;
    const place = `translate(${px(middle.x)} ${px(middle.y)}) rotate(${angle.toFixed(1)})`;
    return svg("text", { transform: place, y: px(width / 2 + 26), "text-anchor": "middle" }, placeName(name));
  });
}

/** A tenth of a pixel is fine enough, and keeps the drawing small. */
export const px = (value) => Math.round(value * 10) / 10;
