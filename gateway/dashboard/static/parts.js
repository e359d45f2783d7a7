// Pieces that several pages are made of. Each is a function of what it shows, and gives one element.

import { el, fill } from "./element.js";
import { ago, instant, quantityParts, span } from "./format.js";
import { gatewayNow } from "./gateway_time.js";
import { icon } from "./icons.js";
import { address } from "./router.js";
import { label, pick, t } from "./words.js";

const TICK_MS = 5_000;
export const SEVERITY_TONE = { critical: "bad", warning: "warn", info: "info" };
export const STATE_TONE = { ok: "good", alarm: "bad", silent: "warn", never: "calm" };

/** An instant as `12 min ago`, kept true by `beginTicking`; the full instant is its title. A dash for null. */
export function timeAgo(at) {
  if (at === null || at === undefined) return el("span", {}, t("value.none"));
  return el("time", { datetime: iso(at), title: instant(at), "data-ago": at }, ago(at));
}

/** For how long something has lasted, kept true the same way. */
export function timeSince(at) {
  return el("time", { datetime: iso(at), title: instant(at), "data-since": at }, span(gatewayNow() - at));
}

/** Keep every `timeAgo` and `timeSince` on the page true. */
export function beginTicking() {
  setInterval(() => {
    for (const one of document.querySelectorAll("time[data-ago]")) fill(one, ago(Number(one.dataset.ago)));
    for (const one of document.querySelectorAll("time[data-since]")) fill(one, span(gatewayNow() - Number(one.dataset.since)));
  }, TICK_MS);
}

function iso(at) {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/** The head of a page: one h1, which takes the focus after a change of page, and a line that explains. */
export function pageHead(title, lead = "", { before = null, aside = null } = {}) {
  return el("header", { class: "page-head" },
    before,
    el("div", { class: "page-title" }, el("h1", { tabindex: -1 }, title), aside),
    lead && el("p", { class: "lead" }, lead));
}

/** A section with a heading of its own. */
export function panel(title, { note = "", className = "", aside = null, key = "" } = {}, ...children) {
  return el("section", { class: `panel ${className}`, "data-key": key || null },
    el("div", { class: "panel-head" }, el("h2", {}, title), note && el("p", { class: "note" }, note), aside),
    ...children);
}

/** A word with a shape and a colour: `badge("alarm", "bad", "Fire")`. */
export const badge = (shape, tone, words) =>
  el("span", { class: "badge", "data-tone": tone }, icon(shape), el("span", {}, words));

/** How a thing is, in one word; an alarm is told by its name. */
export function stateBadge(thing) {
  const words = thing.state === "alarm" && thing.alarms.length ? label("troubles", thing.alarms[0]) : label("thing_states", thing.state);
  return badge(thing.state, STATE_TONE[thing.state] ?? "calm", words);
}

/** A large figure with its small unit. */
export function figure(value, unit, name = "") {
  const { figure: told, sign } = quantityParts(value, unit, name);
  return el("span", { class: "figure" }, told, sign && el("span", { class: "sign" }, `\u00a0${sign}`));
}

/** Why a value is not to be trusted as it stands, by shape and words; nothing for one that is. */
export function qualityMark(reading) {
  if (!reading || reading.quality === "ok") return null;
  const reason = reading.reason ? `: ${label("reasons", reading.reason)}` : "";
  return el("span", { class: "quality", "data-quality": reading.quality }, label("qualities", reading.quality) + reason);
}

/** One figure with its label and when it was so. */
export function stat(name, shown, below = null, key = "") {
  return el("div", { class: "stat", "data-key": key || null }, el("dt", {}, name), el("dd", {}, shown, below && el("span", { class: "note" }, below)));
}

/** What is wrong, since when, and what to do. */
export function troubleItem(trouble) {
  const tone = SEVERITY_TONE[trouble.severity] ?? "info";
  const title = label("troubles", trouble.kind);
  const told = pick(trouble.what);
  const subject = trouble.link
    ? el("a", { href: ownLink(trouble.link) }, plain(trouble.subject))
    : el("span", {}, plain(trouble.subject));
  return el("li", { class: "trouble", "data-tone": tone, "data-key": `${trouble.kind} ${trouble.subject}` },
    icon(trouble.severity === "critical" ? "critical" : "warning"),
    el("div", {},
      el("p", { class: "trouble-title" },
        el("span", { class: "unseen" }, `${t(`severity.${trouble.severity}`)}: `),
        el("strong", {}, title), " ", subject),
      told.startsWith(title) ? null : el("p", {}, told), // it would say the same again
      el("p", { class: "mend" }, el("span", { class: "mend-word" }, t("trouble.mend")), " ", pick(trouble.mend)),
      el("p", { class: "note" }, t("trouble.since"), " ", timeSince(trouble.since_ms))));
}

/** How much comes in, in the unit that makes it a figure: a small town sends less than one message a second. */
export function rate(per_s) {
  if (per_s >= 1) return figure(Math.round(per_s * 10) / 10, t("unit.per_second"));
  return figure(Math.round(per_s * 60), t("unit.per_minute"));
}

/** What a rate is the mean of: a minute; less soon after a page was opened; all since the start when it is just opened. */
export function rateOver(over_s) {
  if (over_s > 65) return t("rates.mean_since_start");
  return over_s > 55 ? t("rates.mean_of_minute") : t("rates.mean_of_last", { span: span(over_s * 1000) });
}

/** Troubles as a list. */
export const troubleList = (troubles) => el("ul", { class: "troubles" }, troubles.map(troubleItem));

/** Why a page is not as it could be, and what to do. */
export function notice({ code = "", severity, what, mend }) {
  const tone = SEVERITY_TONE[severity] ?? "info";
  return el("div", { class: "notice", "data-tone": tone, "data-key": code || null },
    icon(severity === "info" ? "info" : severity),
    el("div", {}, el("p", {}, el("strong", {}, pick(what))), el("p", {}, pick(mend))));
}

export const notices = (list) => (list.length ? el("div", { class: "notices" }, list.map(notice)) : null);

/** A link to a thing by its name. */
export const thingLink = (id, name) => el("a", { href: address(["things", id]) }, plain(name || id));

/** A share as a bar; its words stand beside it, so the bar itself is hidden from screen readers. */
export function bar(percent, tone = "accent") {
  const inner = el("span", { class: "bar-fill", "data-tone": tone });
  inner.style.setProperty("inline-size", `${Math.max(0, Math.min(100, percent ?? 0))}%`);
  return el("span", { class: "bar-track", "aria-hidden": "true" }, inner);
}

/** A table: columns are [words, {class}], rows arrays of cells; the first cell of a row is its header. */
export function table(caption, columns, rows, { className = "", captionSeen = false, keys = [] } = {}) {
  const heads = columns.map(([words, kind = ""]) => el("th", { scope: "col", class: kind }, words));
  const body = rows.map((cells, index) =>
    el("tr", { "data-key": keys[index] ?? null }, cells.map((cell, place) => place
      ? el("td", { class: columns[place][1] ?? "", "data-label": columns[place][0] }, cell)
      : el("th", { scope: "row", class: columns[0][1] ?? "" }, cell))));
  return el("table", { class: `table ${className}` },
    el("caption", { class: captionSeen ? "" : "unseen" }, caption),
    el("thead", {}, el("tr", {}, heads)), el("tbody", {}, body));
}

/** A command to be typed in a terminal, with a button that copies it. */
export function command(text) {
  const button = el("button", { type: "button", class: "icon-button", "data-copy": text, "aria-label": t("copy.label", { text }) }, icon("copy"));
  return el("div", { class: "command" }, el("code", {}, text), button);
}

/** Let every `command` button copy; one listener for the whole page. */
export function beginCopying() {
  document.addEventListener("click", async (event) => {
    const button = event.target instanceof Element ? event.target.closest("button[data-copy]") : null;
    if (!button) return;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      announce(t("copy.done"));
    } catch {
      const range = document.createRange(); // without permission: select it, so that the keyboard can
      range.selectNodeContents(button.previousElementSibling);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      announce(t("copy.selected"));
    }
  });
}

/** Tell screen readers, without moving the focus; also seen for a moment. */
export function announce(text) {
  const place = document.getElementById("said");
  if (!place) return;
  fill(place, text);
  place.classList.add("shown");
  setTimeout(() => place.classList.remove("shown"), 2_500);
}

/** A name from outside in one direction of writing of its own, so that marks that turn the writing stay inside it. */
export const plain = (text) => el("bdi", {}, text);

/** A link that the gateway gave, if it leads to a page of ours; else none. */
export function ownLink(link) {
  return typeof link === "string" && link.startsWith("/") && !link.startsWith("//") ? link : null;
}
