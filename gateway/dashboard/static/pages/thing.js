// One thing: how it is, what is wrong, every property's course, how its newest message was read, what is written down.

import { ask } from "../ask.js";
import { drawChart } from "../chart.js";
import { el, fill } from "../element.js";
import { day, instant, number, placeName, quantity, span } from "../format.js";
import { icon } from "../icons.js";
import * as parts from "../parts.js";
import { patch } from "../patch.js";
import { address, amend } from "../router.js";
import { on } from "../stream.js";
import { label, pick, t } from "../words.js";
import { explained } from "./explained.js";

const UPKEEP = new Set(["radio", "battery", "silence", "tamper"]); // producers that speak of the device, not of the city
const SPANS_H = [24, 168, 744];
const AGAIN_MS = 2_000;
const CHART_AGAIN_MS = 60_000;

/** The page of the thing whose id stands in the address. */
export async function show(main, place, until) {
  const id = place.path[1];
  const told = await ask("/api/thing", { id }, until);
  let hours = SPANS_H.includes(Number(place.query.span)) ? Number(place.query.span) : SPANS_H[0];
  const now = el("div", { class: "stack" });
  const charts = el("div", { class: "charts" });
  const below = el("div", { class: "stack" });
  const choose = (wanted) => {
    hours = wanted;
    amend(place.path, { span: wanted === SPANS_H[0] ? "" : wanted });
    for (const one of chooser.querySelectorAll("button")) one.setAttribute("aria-pressed", String(Number(one.value) === hours));
    courses.draw(hours);
  };
  const chooser = el("div", { class: "switch spans", role: "group", "aria-label": t("thing.span") },
    SPANS_H.map((one) => el("button", { type: "button", value: one, "aria-pressed": one === hours, onclick: () => choose(one) }, t(`span.${one}`))));
  const courses = chartsOf(charts, told, until);
  fill(main, now, told.properties.length > 0 && parts.panel(t("thing.courses"), { className: "courses", aside: chooser }, charts), below);
  const draw = (page) => {
    patch(now, el("div", {}, head(page), parts.notices(page.notices), state(page)));
    patch(below, el("div", {}, page.last && explained(page.last), page.link && linkPanel(page.link), records(page)));
  };
  draw(told);
  courses.draw(hours);
  keepFresh(id, draw, until);
}

// The stream tells that it changed; what its page shows is asked for then, at most every two seconds.
function keepFresh(id, draw, until) {
  let due = 0;
  on("things", ({ things, all }) => {
    if (due || !(all || things.some((one) => one.id === id))) return;
    due = setTimeout(async () => {
      due = 0;
      const page = await ask("/api/thing", { id }, until).catch(() => null); // the connection's own line tells of it
      if (page && !until.aborted) draw(page);
    }, AGAIN_MS);
  }, until);
}

function head({ thing, pilot_title }) {
  const back = el("a", { class: "back", href: "/things" }, icon("back"), t("nav.things"));
  const lead = [label("feature_types", thing.feature_type), " · ", el("a", { href: address(["domains", thing.domain]) }, label("domains", thing.domain)),
    thing.area && [" · ", parts.plain(placeName(thing.area))], " · ", parts.plain(pilot_title || thing.pilot)];
  return el("header", { class: "page-head" }, back,
    el("div", { class: "page-title" }, el("h1", { tabindex: -1 }, parts.plain(thing.name || thing.id)), parts.stateBadge(thing)),
    el("p", { class: "lead" }, lead));
}

function state(page) {
  const { thing, troubles, properties } = page;
  const shown = properties.filter((one) => !one.event);
  const groups = grouped(shown, (one) => one.derived_by);
  return el("div", { class: "stack", "data-key": "state" },
    troubles.length > 0 && parts.panel(t("thing.wrong"), { key: "wrong" }, parts.troubleList(troubles)),
    parts.panel(t("thing.now"), { key: "now", note: thing.last_heard_ms === null ? t("things.never_heard") : "" },
      thing.last_heard_ms !== null && el("p", { class: "note heard" }, t("thing.heard"), " ", parts.timeAgo(thing.last_heard_ms)),
      shown.length === 0 && el("p", { class: "note" }, t("thing.no_values")),
      groups.map(([name, members], index) => {
        const values = el("dl", { class: "stats now-stats" }, members.map(nowStat));
        return index === 0 ? values : el("details", { "data-key": name }, el("summary", {}, t(`thing.group.${name}`)), values);
      })));
}

/** What it says itself first; then what is worked out of it; then how it does as a device. Empty groups are left out. */
function grouped(all, producer) {
  const name = (one) => (producer(one) === "" ? "measured" : UPKEEP.has(producer(one)) ? "upkeep" : "derived");
  const groups = ["measured", "derived", "upkeep"].map((group) => [group, all.filter((one) => name(one) === group)]);
  return groups.filter(([, members]) => members.length > 0);
}

function nowStat({ reading, why }) {
  return parts.stat(label("properties", reading.property),
    typeof reading.value === "number" ? parts.figure(reading.value, reading.unit) : el("span", { class: "figure word" }, quantity(reading.value, reading.unit, reading.property)),
    [parts.timeAgo(reading.at_ms), period(reading.interval_s), reading.quality !== "ok" && el("span", { class: "block" }, parts.qualityMark(reading), " ", why && pick(why))],
    reading.property + reading.interval_s);
}

const period = (interval_s) => (interval_s ? `, ${t("thing.covers", { span: span(interval_s * 1000) })}` : "");

/** One chart a property, drawn when it comes into sight and again each minute. */
function chartsOf(place, { thing, properties }, until) {
  // Of a property that is measured and worked out (hourly means) the chart shows what is measured.
  const measuredLast = properties.toSorted((a, b) => (a.derived_by === "") - (b.derived_by === ""));
  const byName = new Map(measuredLast.map((one) => [`${one.reading.feature} ${one.reading.property}`, one]));
  const seen = properties.filter((one) => byName.get(`${one.reading.feature} ${one.reading.property}`) === one);
  const holders = seen.map(({ reading, derived_by }) => {
    const drawing = el("div", { class: "chart-place" });
    const element = el("figure", { class: "course" },
      el("figcaption", {}, el("h3", {}, label("properties", reading.property)),
        el("span", { class: "note" }, [reading.unit, derived_by && `${t("thing.derived")} ${label("producers", derived_by)}`].filter(Boolean).join(" · "))), drawing);
    return { element, drawing, reading, derived_by, remove: () => {}, drawn: 0 };
  });
  fill(place, grouped(holders, (one) => one.derived_by).map(([name, members], index) => {
    const courses = el("div", { class: "courses-grid" }, members.map((one) => one.element));
    return index === 0 ? courses : el("details", {}, el("summary", {}, t(`thing.group.${name}`)), courses);
  }));
  let hours = SPANS_H[0];
  const draw = async (one) => {
    const turn = ++one.drawn;
    const { feature, property } = one.reading;
    try {
      const device = one.derived_by === "" ? thing.id : one.derived_by;
      const series = await ask("/api/series", { feature, property, hours, device }, until);
      if (turn !== one.drawn || until.aborted) return;
      const open = one.drawing.querySelector("details")?.open ?? false;
      one.remove();
      one.remove = await drawChart(one.drawing, series);
      if (open && one.drawing.querySelector("details")) one.drawing.querySelector("details").open = true;
    } catch (error) {
      if (!until.aborted) fill(one.drawing, el("p", { class: "note chart-empty" }, error.what ?? t("chart.failed")));
    }
  };
  const sight = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const one = holders.find((holder) => holder.element === target);
      one.seen = isIntersecting;
      if (isIntersecting && one.shown !== hours) {
        one.shown = hours;
        draw(one);
      }
    }
  }, { rootMargin: "200px" });
  for (const one of holders) sight.observe(one.element);
  const again = setInterval(() => holders.filter((one) => one.seen && !document.hidden).forEach(draw), CHART_AGAIN_MS);
  until.addEventListener("abort", () => {
    clearInterval(again);
    sight.disconnect();
    for (const one of holders) one.remove();
  });
  return {
    draw(wanted) {
      hours = wanted;
      for (const one of holders.filter((holder) => holder.seen && holder.shown !== hours)) {
        one.shown = hours;
        draw(one);
      }
    },
  };
}

function linkPanel({ at_ms, f_cnt, f_port, heard_by }) {
  const facts = [f_cnt !== null && t("link.f_cnt", { n: number(f_cnt) }), f_port !== null && t("link.f_port", { n: f_port })].filter(Boolean).join(" · ");
  const columns = [[t("link.gateway")], [t("link.rssi"), "right tight"], [t("link.snr"), "right tight"]];
  const rows = heard_by.map((one) => [el("code", {}, one.gateway), quantity(one.rssi_dbm, "dBm"), quantity(one.snr_db, "dB")]);
  return parts.panel(t("link.title"), { key: "link", note: facts },
    el("p", { class: "note" }, t("link.lead"), " ", parts.timeAgo(at_ms)),
    rows.length > 0 && parts.table(t("link.caption"), columns, rows));
}

function records({ records: all, profile, first_heard_ms, thing }) {
  const newest = all[0];
  const facts = [
    [t("record.id"), el("code", {}, thing.id)],
    [t("record.feature"), el("code", {}, thing.feature)],
    [t("record.profile"), el("code", {}, profile.name)],
    [t("record.reads"), t(`reads.${profile.reads}`)],
    profile.interval_s && [t("record.interval"), span(profile.interval_s * 1000)],
    [t("record.privacy"), t("record.privacy_class", { name: profile.privacy_class })],
    first_heard_ms !== null && [t("record.first_heard"), instant(first_heard_ms)],
    thing.longitude !== null && [t("record.place"), `${number(thing.latitude, 5)}, ${number(thing.longitude, 5)}`],
    ...Object.entries(newest?.details ?? {}).map(([name, value]) => [el("code", {}, name), quantity(value, "")]),
    ...Object.entries(newest?.calibration ?? {}).map(([name, [factor, shift]]) => [t("record.calibration", { property: label("properties", name) }), `× ${number(factor, 4)} + ${number(shift, 3)}`]),
  ].filter(Boolean);
  return parts.panel(t("record.title"), { key: "record", note: t("record.note") },
    el("dl", { class: "facts" }, facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)))),
    all.length > 1 && el("details", {}, el("summary", {}, t("record.earlier", { count: all.length - 1, n: all.length - 1 })),
      el("ul", { class: "earlier" }, all.slice(1).map((one) => el("li", {}, t("record.span", { from: one.from_ms === null ? "…" : day(one.from_ms), to: one.to_ms === null ? "…" : day(one.to_ms) }), ": ", el("code", {}, `${one.profile} · ${one.feature}`))))));
}
