// A map of things: panned and zoomed by pointer, touch, wheel and keyboard; what it shows also stands in a list.

import { el, fill, svg } from "./element.js";
import { placeName, quantity } from "./format.js";
import { icon } from "./icons.js";
import { furniture, ground, px, rows, tiles } from "./map_ground.js";
import { gather, mark } from "./map_marks.js";
import { metresPerUnit, project } from "./mercator.js";
import * as parts from "./parts.js";
import { t } from "./words.js";

const NEAREST_M_PER_PX = 0.1;
const REACH_PX = 26;
const STEP_PX = 80;
const ZOOM_STEP = 1.6;
const MARGIN_PX = 44;
const BUTTONS_PX = 40;

/**
 * One map. `compact`: a finger that moves up or down scrolls the page and not the map.
 * Gives {element, draw(things, tiles, {route, numbers}), end}. `route`: [longitude, latitude] in order; `numbers`: id → text.
 */
export function worldMap({ label, compact = false }) {
  const drawing = svg("svg", { "aria-hidden": "true", class: "map-drawing" });
  const card = el("div", { class: "map-card", hidden: true });
  const surface = el("div", { class: "map-surface", tabindex: 0, role: "application", "aria-label": `${label}. ${t("map.keys")}` }, drawing);
  const buttons = [["plus", "map.zoom_in", () => zoom(ZOOM_STEP)], ["minus", "map.zoom_out", () => zoom(1 / ZOOM_STEP)], ["fit", "map.fit", () => { fit(); soon(); }]]
    .map(([shape, words, act]) => el("button", { type: "button", class: "map-button", "aria-label": t(words), title: t(words), onclick: act }, icon(shape)));
  const element = el("div", { class: `map ${compact ? "map-compact" : ""}` },
    el("div", { class: "map-frame" }, surface, el("div", { class: "map-buttons" }, buttons), card),
    el("p", { class: "map-note note" }, t("map.schematic")));

  const view = { x: 0.5, y: 0.5, scale: 256, width: 0, height: 0, px: (x) => (x - view.x) * view.scale + view.width / 2, py: (y) => (y - view.y) * view.scale + view.height / 2 };
  let points = [];
  let found = [];
  let groups = [];
  let shown = { template: null, route: [], numbers: null };
  let selected = null;
  let fitted = false;
  let due = 0;

  function draw(things, template = null, { route = [], numbers = null } = {}) {
    points = things
      .filter((one) => one.longitude !== null && one.latitude !== null)
      .map((thing) => ({ ...project(thing.longitude, thing.latitude), thing }));
    found = rows(points);
    shown = { template, route: route.map(([longitude, latitude]) => project(longitude, latitude)), numbers };
    element.querySelector(".map-note").hidden = Boolean(template);
    if (!fitted && view.width) fit();
    if (selected) select(points.find((one) => one.thing.id === selected)?.thing ?? null);
    soon();
  }

  function fit() {
    if (!points.length || !view.width) return;
    const [xs, ys] = [points.map((one) => one.x), points.map((one) => one.y)];
    const [west, east, north, south] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    view.x = (west + east) / 2;
    view.y = (north + south) / 2;
    const least = 120 / metresPerUnit(view.y);
    const wide = (view.width - 2 * MARGIN_PX - BUTTONS_PX) / Math.max(east - west, least);
    const high = (view.height - 2 * MARGIN_PX) / Math.max(south - north, least);
    view.scale = Math.max(256, Math.min(wide, high, largest()));
    view.x += BUTTONS_PX / 2 / view.scale; // the buttons stand at the right
    fitted = true;
  }

  const largest = () => metresPerUnit(view.y) / NEAREST_M_PER_PX;

  function zoom(by, at = { x: view.width / 2, y: view.height / 2 }) {
    const scale = Math.max(256, Math.min(view.scale * by, largest()));
    const [dx, dy] = [at.x - view.width / 2, at.y - view.height / 2];
    view.x += dx / view.scale - dx / scale;
    view.y += dy / view.scale - dy / scale;
    view.scale = scale;
    soon();
  }

  function pan(dx, dy) {
    view.x = Math.max(0, Math.min(1, view.x - dx / view.scale));
    view.y = Math.max(0, Math.min(1, view.y - dy / view.scale));
    soon();
  }

  function soon() {
    due ||= requestAnimationFrame(() => {
      due = 0;
      paint();
    });
  }

  function paint() {
    if (!view.width) return;
    drawing.setAttribute("viewBox", `0 0 ${view.width} ${view.height}`);
    groups = gather(points, view, (thing) => Boolean(shown.numbers?.has(thing.id)));
    const numbered = (group) => (shown.numbers && group.things.length === 1 ? (shown.numbers.get(group.things[0].id) ?? null) : null);
    fill(drawing,
      shown.template ? tiles(shown.template, view) : ground(points, found, view),
      shown.route.length > 1 && svg("path", { class: "map-route", d: shown.route.map((one, index) => `${index ? "L" : "M"}${px(view.px(one.x))} ${px(view.py(one.y))}`).join("") }),
      svg("g", {}, groups.toSorted((a, b) => (a.front ?? 0) - (b.front ?? 0) || a.y - b.y).map((group) => mark(group, { selected: group.things.some((one) => one.id === selected), number: numbered(group), quiet: Boolean(shown.numbers?.size) && !group.front }))),
      svg("g", { class: "map-cross" }, svg("path", { d: `M${view.width / 2 - 10} ${view.height / 2}h20M${view.width / 2} ${view.height / 2 - 10}v20` })),
      furniture(view));
  }

  function select(thing) {
    selected = thing?.id ?? null;
    card.hidden = !thing;
    if (thing) fill(card, thingCard(thing, () => { select(null); soon(); }));
  }

  /** Open what stands nearest to a point; a gathering of things is looked at from nearer by. */
  function open(x, y, reach) {
    const near = groups.map((group) => ({ group, away: Math.hypot(group.x - x, group.y - y) })).sort((a, b) => a.away - b.away)[0];
    if (!near || near.away > reach) select(null);
    else if (near.group.things.length > 1 && view.scale < largest() * 0.99) {
      view.x += (near.group.x - view.width / 2) / view.scale;
      view.y += (near.group.y - view.height / 2) / view.scale;
      zoom(ZOOM_STEP ** 2);
    } else select(near.group.things[0]);
    soon();
  }

  const watched = new ResizeObserver(([{ contentRect }]) => {
    view.width = Math.round(contentRect.width);
    view.height = Math.round(contentRect.height);
    if (!fitted) fit();
    soon();
  });
  watched.observe(surface);
  listen(surface, { pan, zoom, open, fit: () => { fit(); soon(); }, view });
  return { element, draw, end: () => watched.disconnect() };
}

function thingCard(thing, close) {
  return [
    el("div", { class: "map-card-head" }, el("strong", {}, parts.thingLink(thing.id, thing.name)),
      el("button", { type: "button", class: "icon-button", "aria-label": t("map.close"), onclick: close }, el("span", { "aria-hidden": "true" }, "×"))),
    el("p", {}, parts.stateBadge(thing)),
    thing.main && el("p", { class: "map-card-main" }, quantity(thing.main.value, thing.main.unit, thing.main.property), " ", el("span", { class: "note" }, parts.timeAgo(thing.main.at_ms))),
    thing.area && el("p", { class: "note" }, parts.plain(placeName(thing.area))),
  ];
}

function listen(surface, { pan, zoom, open, fit, view }) {
  const pointers = new Map();
  let moved = 0;
  const place = (event) => {
    const box = surface.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const spread = () => {
    const [a, b] = [...pointers.values()];
    return { away: Math.hypot(a.x - b.x, a.y - b.y), x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
  };
  surface.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    surface.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, place(event));
    moved = 0;
  });
  surface.addEventListener("pointermove", (event) => {
    const last = pointers.get(event.pointerId);
    if (!last) return;
    const now = place(event);
    const before = pointers.size === 2 ? spread() : null;
    pointers.set(event.pointerId, now);
    moved += Math.hypot(now.x - last.x, now.y - last.y);
    if (!before) pan(now.x - last.x, now.y - last.y);
    else {
      const after = spread();
      pan(after.x - before.x, after.y - before.y);
      zoom(after.away / Math.max(1, before.away), after);
    }
  });
  const release = (event) => {
    const last = pointers.get(event.pointerId);
    pointers.delete(event.pointerId);
    if (last && moved < 6 && event.type === "pointerup") open(last.x, last.y, REACH_PX);
  };
  surface.addEventListener("pointerup", release);
  surface.addEventListener("pointercancel", release);
  surface.addEventListener("wheel", (event) => {
    // A page that is being scrolled must not stop at the map: it zooms once it was clicked, or with Ctrl.
    if (!event.ctrlKey && document.activeElement !== surface) return;
    event.preventDefault();
    zoom(2 ** (-event.deltaY / 300), place(event));
  }, { passive: false });
  const keys = {
    ArrowLeft: () => pan(STEP_PX, 0), ArrowRight: () => pan(-STEP_PX, 0), ArrowUp: () => pan(0, STEP_PX), ArrowDown: () => pan(0, -STEP_PX),
    "+": () => zoom(ZOOM_STEP), "=": () => zoom(ZOOM_STEP), "-": () => zoom(1 / ZOOM_STEP), 0: fit,
    Enter: () => open(view.width / 2, view.height / 2, Infinity),
  };
  surface.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
}
