// What the gateway noted, newest first: one named event a line.

import { ask } from "../ask.js";
import { el, fill } from "../element.js";
import { icon } from "../icons.js";
import * as parts from "../parts.js";
import { patch } from "../patch.js";
import { on } from "../stream.js";
import { label, t } from "../words.js";

const KEPT = 100;
const TONES = { info: "info", warning: "warn", error: "bad" };
const SHAPES = { info: "info", warning: "warning", error: "critical" };

/** The page of the events. */
export async function show(main, _place, until) {
  const { events } = await ask("/api/events", {}, until);
  const place = el("div", {});
  fill(main, parts.pageHead(t("events.title"), t("events.lead"), { before: el("a", { class: "back", href: "/gateway" }, icon("back"), t("nav.gateway")) }), place);
  fill(place, el("section", { class: "panel", "aria-label": t("events.title") }, eventList(events)));
  followEvents(place, events, KEPT, until);
}

/** Keep the list inside `place` true to the stream. */
export function followEvents(place, events, most, until) {
  let kept = events;
  on("event", (one) => {
    if (kept.some((other) => other.number === one.number)) return;
    kept = [one, ...kept].slice(0, KEPT);
    const list = place.querySelector(".events");
    if (list) patch(list.parentElement, swapped(list.parentElement, eventList(kept.slice(0, most))));
  }, until);
}

// The same parent with another list, as `patch` wants it.
function swapped(parent, list) {
  const wanted = parent.cloneNode(true);
  wanted.querySelector(".events").replaceWith(list);
  return wanted;
}

/** Events as a list. */
export function eventList(events) {
  if (!events.length) return el("p", { class: "note events" }, t("events.none"));
  return el("ul", { class: "events" }, events.map((one) =>
    el("li", { class: "event", "data-key": one.number, "data-tone": TONES[one.level] },
      icon(SHAPES[one.level] ?? "info"),
      el("div", {}, el("p", {}, el("strong", {}, label("events", one.name)), " ", el("span", { class: "note" }, parts.timeAgo(one.at_ms)),
        el("span", { class: "unseen" }, ` ${t(`level.${one.level}`)}`)),
        el("p", { class: "note" }, el("code", {}, fields(one.fields)))))));
}

const fields = (told) => Object.entries(told).map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`).join("  ");
