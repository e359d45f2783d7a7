// All things: a map and a list of the same, sought by name, domain, pilot and state. The filters stand in the address.

import { el, fill } from "../element.js";
import { number, placeName, quantity } from "../format.js";
import { icon } from "../icons.js";
import { worldMap } from "../map.js";
import * as parts from "../parts.js";
import { patch } from "../patch.js";
import { amend } from "../router.js";
import { thingsNow } from "../things_now.js";
import { label, t } from "../words.js";
import * as one from "./thing.js";

const SHOWN = 100;
const STATES = ["alarm", "silent", "never", "ok"];
const WORST_FIRST = Object.fromEntries(STATES.map((state, index) => [state, index]));

/** The list, or the one thing that the address names. */
export async function show(main, place, until) {
  if (place.path.length > 1) {
    await one.show(main, place, until);
    return;
  }
  const things = await thingsNow(until);
  const wanted = { q: "", domain: "", pilot: "", state: "", ...place.query };
  const map = worldMap({ label: t("map.label") });
  const list = el("div", { class: "things-list" });
  const count = el("p", { class: "note", role: "status" });
  let shown = SHOWN;

  const draw = () => {
    const found = sought(things.list(), wanted);
    fill(count, t("things.count", { count: found.length, n: number(found.length), all: number(things.total()) }));
    patch(list, el("div", {}, found.length ? thingTable(found.slice(0, shown)) : el("p", { class: "note" }, t("things.none")),
      found.length > shown && el("button", { type: "button", class: "button", "data-key": "more", onclick: () => { shown += SHOWN; draw(); } }, t("things.more"))));
    map.draw(found, things.tiles());
  };
  const change = (name, value) => {
    wanted[name] = value;
    shown = SHOWN;
    amend(["things"], wanted);
    draw();
  };

  if (things.list().length === 0) {
    fill(main, parts.pageHead(t("nav.things"), t("things.lead")), parts.notices(things.notices()));
    map.end();
    return;
  }
  fill(main, parts.pageHead(t("nav.things"), t("things.lead")), parts.notices(things.notices()), filters(things.list(), wanted, change), count,
    el("div", { class: "things" },
      el("section", { class: "panel map-panel", "aria-label": t("things.map") }, map.element),
      el("section", { class: "panel", "aria-label": t("things.list") }, list)));
  draw();
  things.follow(draw, until);
  until.addEventListener("abort", map.end);
}

function filters(all, wanted, change) {
  const search = el("input", {
    class: "field", type: "search", id: "q", placeholder: t("things.search"), value: wanted.q, autocomplete: "off",
    oninput: (event) => change("q", event.target.value),
  });
  const choice = (name, words, values, of) => {
    const options = values.map((value) => el("option", { value, selected: value === wanted[name] }, of(value)));
    return el("select", { class: "field", "aria-label": words, onchange: (event) => change(name, event.target.value) },
      el("option", { value: "" }, words), options);
  };
  const distinct = (name) => [...new Set(all.map((thing) => thing[name]))].sort();
  return el("form", { class: "filters", role: "search", onsubmit: (event) => event.preventDefault() },
    el("label", { class: "search", for: "q" }, el("span", { class: "unseen" }, t("things.search")), icon("search"), search),
    choice("domain", t("things.all_domains"), distinct("domain"), (value) => label("domains", value)),
    choice("pilot", t("things.all_pilots"), distinct("pilot"), (value) => value),
    choice("state", t("things.all_states"), STATES, (value) => label("thing_states", value)));
}

/** Things that match, those that need somebody first. */
export function sought(all, { q, domain, pilot, state }) {
  const words = q.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const matches = (thing) => {
    const text = `${thing.name} ${thing.id} ${thing.area} ${thing.feature} ${label("feature_types", thing.feature_type)}`.toLocaleLowerCase();
    return (!domain || thing.domain === domain) && (!pilot || thing.pilot === pilot) && (!state || thing.state === state)
      && words.every((word) => text.includes(word));
  };
  return all.filter(matches).sort((a, b) => WORST_FIRST[a.state] - WORST_FIRST[b.state]);
}

function thingTable(things) {
  const columns = [[t("things.name")], [t("things.state")], [t("things.value")], [t("things.heard"), "tight"], [t("things.battery"), "right tight"]];
  const rows = things.map((thing) => [
    el("span", { class: "thing-name" }, icon(thing.domain), el("span", {}, parts.thingLink(thing.id, thing.name),
      el("span", { class: "note block" }, [label("feature_types", thing.feature_type), thing.area && " · ", thing.area && parts.plain(placeName(thing.area))]))),
    parts.stateBadge(thing),
    thing.main && el("span", {}, quantity(thing.main.value, thing.main.unit, thing.main.property), " ",
      typeof thing.main.value !== "boolean" && el("span", { class: "note" }, label("properties", thing.main.property)), " ", parts.qualityMark(thing.main)),
    thing.last_heard_ms === null ? el("span", { class: "note" }, t("things.never_heard")) : parts.timeAgo(thing.last_heard_ms),
    thing.battery_percent === null ? "" : quantity(Math.round(thing.battery_percent), "%"),
  ]);
  return parts.table(t("things.list"), columns, rows, { className: "cards things-table", keys: things.map((thing) => thing.id) });
}
