// The course of a state or a flag: one lane for each of its words, filled while it was so. An empty stretch is not known.

import { el, svg } from "./element.js";
import { clock, day, instantOf, offset, quantity } from "./format.js";

const HOUR = 3_600_000;
const WIDTH = 1000;
const TICKS = [[30 * HOUR, 6 * HOUR], [4 * 24 * HOUR, 24 * HOUR], [12 * 24 * HOUR, 48 * HOUR], [Infinity, 168 * HOUR]];

/** The lanes with their words and hours; `end` (milliseconds) is now, or where the span ends. Gives one element. */
export function timeline(series, end) {
  const start = series.from_ms;
  const values = series.kind === "flag" ? [true, false] : series.states;
  const spells = series.lines.flatMap((line) => spellsOf(line, series, end));
  const shown = series.kind === "flag" ? values : values.filter((value) => spells.some((one) => one.value === value));
  const x = (at) => (WIDTH * (at - start)) / Math.max(1, end - start);
  const lanes = shown.map((value) => {
    const blocks = spells.filter((one) => one.value === value).map((one) => svg("rect", { x: x(one.from), width: Math.max(1.5, x(one.to) - x(one.from)), height: 10 }));
    return el("div", { class: "lane" }, el("span", { class: "lane-name" }, quantity(value, "", series.property)),
      svg("svg", { class: "lane-track", viewBox: `0 0 ${WIDTH} 10`, preserveAspectRatio: "none" }, blocks));
  });
  const ticks = hours(start, end).map(({ at, words }) => {
    const element = el("span", {}, words);
    element.style.setProperty("inset-inline-start", `${(100 * (at - start)) / (end - start)}%`);
    return element;
  });
  return el("div", { class: "timeline", "aria-hidden": "true" }, lanes, el("div", { class: "lane lane-axis" }, el("span", {}), el("div", { class: "lane-hours" }, ticks)));
}

// How long each value held: until the next one, and the last until the end. Equal neighbours are one spell.
function spellsOf(line, { from_ms, before }, end) {
  const told = line.at_ms.map((at, index) => ({ from: Math.max(at, from_ms), value: line.value[index] }));
  if (before !== null) told.unshift({ from: from_ms, value: before });
  const spells = [];
  for (const one of told) {
    if (one.from > end) break;
    const last = spells.at(-1);
    if (last) last.to = one.from;
    if (last?.value !== one.value) spells.push({ ...one, to: end });
    else last.to = end;
  }
  return spells;
}

function hours(start, end) {
  const step = TICKS.find(([length]) => end - start <= length)[1];
  const found = [];
  for (let wall = Math.ceil((start + offset(start)) / step) * step; instantOf(wall) < end; wall += step) {
    const at = instantOf(wall);
    if ((end - at) / (end - start) < 0.04) continue; // it would hang over the edge
    found.push({ at, words: wall % (24 * HOUR) === 0 ? day(at) : clock(at) });
  }
  return found;
}
