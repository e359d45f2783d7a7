// The first page: is all well, what is wrong and what to do, where things are, and how each pilot goes.

import { ask } from "../ask.js";
import { el, fill } from "../element.js";
import { number, placeName, quantity } from "../format.js";
import { icon } from "../icons.js";
import { worldMap } from "../map.js";
import * as parts from "../parts.js";
import { patch } from "../patch.js";
import { address } from "../router.js";
import { on } from "../stream.js";
import { thingsNow } from "../things_now.js";
import { label, pick, t } from "../words.js";

const SHOWN_TROUBLES = 6;

/** Show the overview and keep it live. */
export async function show(main, _place, until) {
  const [overview, things] = await Promise.all([ask("/api/overview", {}, until), thingsNow(until)]);
  const head = el("div", {});
  const drawn = new Map();
  const body = el("div", { class: "overview" });
  const map = worldMap({ label: t("map.label"), compact: true });
  const mapPanel = things.list().length
    ? parts.panel(t("overview.map"), { className: "map-panel", aside: el("a", { class: "note aside", href: "/things" }, t("overview.all_things")) }, map.element)
    : null;
  fill(main, head, body);
  const draw = (told) => {
    patch(head, el("div", {}, heading(told), parts.notices(told.notices)));
    patch(body, el("div", {}, wrong(told), mapPanel ? el("div", { class: "map-place", "data-key": "map", "data-kept": true }) : null, figures(told), pilots(told, drawn)));
    const place = body.querySelector(".map-place");
    if (place && mapPanel && !place.firstChild) place.append(mapPanel);
  };
  draw(overview);
  if (mapPanel) map.draw(things.list(), things.tiles());
  on("overview", draw, until);
  things.follow(() => mapPanel && map.draw(things.list(), things.tiles()), until);
  until.addEventListener("abort", map.end);
}

function heading(overview) {
  const { things } = overview;
  const all = Object.values(things).reduce((sum, one) => sum + one, 0);
  const well = overview.wrong_total === 0;
  const words = overview.state === "empty" ? t("overview.empty") : overview.state === "unheard" ? t("overview.unheard")
    : well ? t("overview.well") : t("wrong.count", { count: overview.wrong_total });
  const lead = all ? t("overview.lead", { count: all, n: number(all), ok: number(things.ok ?? 0), pilots: t("overview.pilots", { count: overview.pilots.length }) }) : t("overview.lead_empty");
  return parts.pageHead(words, lead);
}

function wrong(overview) {
  if (overview.wrong_total === 0) {
    return overview.state === "empty" ? null
      : parts.panel(t("overview.wrong"), { className: "wrong-panel", key: "wrong" }, el("p", { class: "well" }, icon("good"), t("wrong.none")));
  }
  const rest = overview.wrong.slice(SHOWN_TROUBLES);
  const hidden = overview.wrong_total - SHOWN_TROUBLES;
  return parts.panel(t("overview.wrong"), { className: "wrong-panel", key: "wrong" },
    parts.troubleList(overview.wrong.slice(0, SHOWN_TROUBLES)),
    rest.length > 0 && el("details", {}, el("summary", {}, t("overview.more_wrong", { count: hidden, n: hidden })), parts.troubleList(rest)));
}

function figures({ rates, things, state }) {
  if (state === "empty") return null;
  const silent = (things.silent ?? 0) + (things.never ?? 0);
  const shown = [
    parts.stat(t("rates.per_second"), parts.rate(rates.received_per_s), parts.rateOver(rates.over_s)),
    parts.stat(t("rates.received"), parts.figure(rates.received, ""), t("rates.since_start")),
    parts.stat(t("rates.understood"), parts.figure(share(rates.accepted + rates.duplicates, rates.accepted + rates.duplicates + rates.rejected), "%"), t("rates.rejected", { n: number(rates.rejected) })),
    parts.stat(t("rates.silent"), parts.figure(silent, ""), t("rates.silent_of", { n: number(Object.values(things).reduce((sum, one) => sum + one, 0)) })),
  ];
  return parts.panel(t("rates.title"), { className: "rates-panel", key: "rates" }, el("dl", { class: "stats" }, shown));
}

const share = (part, whole) => (whole ? Math.floor((1000 * part) / whole) / 10 : null);

// Each second the gateway tells all pilots; of forty perhaps one has changed. `drawn`: what each card was made of.
function pilots(overview, drawn) {
  const before = new Map(drawn);
  drawn.clear();
  const card = (pilot) => {
    const made = JSON.stringify(pilot);
    drawn.set(pilot.id, made);
    return before.get(pilot.id) === made ? el("li", { "data-key": pilot.id, "data-same": "" }) : pilotCard(pilot);
  };
  if (!overview.pilots.length) return null;
  return el("section", { class: "pilots", "data-key": "pilots", "aria-labelledby": "pilots-head" },
    el("h2", { id: "pilots-head" }, t("overview.pilots_head")),
    el("ul", { class: "pilot-cards" }, overview.pilots.map(card)));
}

function pilotCard(pilot) {
  const domain = pilot.domains[0] ?? "things";
  const wrongs = [
    pilot.alarms > 0 && parts.badge("alarm", "bad", t("pilot.alarms", { count: pilot.alarms, n: pilot.alarms })),
    pilot.silent > 0 && parts.badge("silent", "warn", t("pilot.silent", { count: pilot.silent, n: pilot.silent })),
    pilot.never_heard > 0 && parts.badge("never", "calm", t("pilot.never", { count: pilot.never_heard, n: pilot.never_heard })),
  ].filter(Boolean);
  return el("li", { class: "panel pilot-card", "data-key": pilot.id },
    el("div", { class: "pilot-head" },
      el("span", { class: "domain-mark", "data-domain": domain }, icon(domain)),
      el("div", {},
        el("h3", {}, el("a", { href: pilot.domains.length === 1 ? address(["domains", domain]) : address(["things"], { pilot: pilot.id }) }, parts.plain(pilot.title))),
        el("p", { class: "note" }, [pilot.domains.map((one) => label("domains", one)).join(", "), phase(pilot)].filter(Boolean).join(" · ")))),
    pilot.question && el("p", { class: "question" }, parts.plain(pilot.question)),
    pilot.headlines.length > 0 && el("dl", { class: "headlines" }, pilot.headlines.slice(0, 4).map(headline)),
    el("div", { class: "pilot-foot" },
      parts.bar(pilot.coverage_percent ?? 0, coverageTone(pilot)),
      el("p", { class: "note" }, t("pilot.heard", { heard: number(pilot.heard_last_day), all: number(pilot.devices) })),
      wrongs.length > 0 && el("p", { class: "badges" }, wrongs)),
    pilot.worst.length > 0 && el("ul", { class: "worst" }, pilot.worst.slice(0, 3).map(worst)));
}

function headline(one) {
  const below = [one.subject && parts.plain(placeName(one.subject)), one.subject && one.at_ms && " · ", one.at_ms && parts.timeAgo(one.at_ms)];
  const value = one.code === "best_street" && one.value !== null ? placeName(one.value) : one.value;
  const unit = one.of === null ? one.unit : t("pilot.of", { n: number(one.of) });
  return el("div", { class: "headline" },
    el("dt", {}, label("headlines", one.code)),
    el("dd", {}, typeof value === "number" ? parts.figure(rounded(value, one.unit), unit) : el("span", { class: "figure word" }, one.word ? pick(one.word) : quantity(value, one.unit)),
      el("span", { class: "note" }, below)));
}

/** Counts (without a unit) are whole, whatever calibration makes of them. */
const rounded = (value, unit) => (unit === "" && value >= 10 ? Math.round(value) : value);

function worst(one) {
  const why = one.why === "silent" || one.why === "never" ? label("thing_states", one.why) : label("troubles", one.why);
  return el("li", {}, parts.thingLink(one.thing, one.name), el("span", { class: "note" }, " ", why,
    one.since_ms && [" · ", parts.timeAgo(one.since_ms)]));
}

function phase(pilot) {
  if (pilot.phase === "before") return t("pilot.before", { day: pilot.started });
  if (pilot.phase === "over") return t("pilot.over", { day: pilot.ends });
  return pilot.days ? t("pilot.day_of", { day: number(pilot.day), days: number(pilot.days) }) : t("pilot.day", { day: number(pilot.day) });
}

function coverageTone(pilot) {
  const percent = pilot.coverage_percent ?? 0;
  return percent >= 95 ? "good" : percent >= 75 ? "warn" : "bad";
}
