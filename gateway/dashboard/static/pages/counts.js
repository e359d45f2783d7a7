// Counts of bicycles, people and vehicles: today against the usual day, the last four weeks, the daily average.

import { el, svg } from "../element.js";
import { clock, day, number, placeName, quantity } from "../format.js";
import * as parts from "../parts.js";
import { t } from "../words.js";

const BAR_WIDTH = 10;
const HEIGHT = 96;

/** The counters, the busiest of today first. */
export function draw({ sites }) {
  return sites.length ? el("ul", { class: "count-sites" }, sites.map(site)) : null;
}

function site(one) {
  const unit = t(`counts.${one.counts}`);
  const until = one.counted_until_ms === null ? "" : t("counts.until", { time: clock(one.counted_until_ms) });
  return el("li", { class: "panel count-site", "data-key": one.feature },
    el("div", { class: "panel-head" }, el("h2", {}, parts.thingLink(one.thing, one.name)), el("p", { class: "note" }, [one.area && parts.plain(placeName(one.area))])),
    el("dl", { class: "stats" },
      parts.stat(t("counts.today"), parts.figure(whole(one.today), unit), [until, change(one.today, one.yesterday_so_far)]),
      parts.stat(t("counts.yesterday"), parts.figure(whole(one.yesterday), unit)),
      parts.stat(t("counts.week"), parts.figure(whole(one.last_7_days), unit), change(one.last_7_days, one.seven_before, "counts.week")),
      parts.stat(t("counts.average"), parts.figure(whole(one.daily_average), one.daily_average === null ? "" : unit), t(one.daily_average === null ? "counts.average_learning" : "counts.average_note"))),
    el("div", { class: "count-charts" }, hoursChart(one), daysChart(one)));
}

const whole = (value) => (value === null ? null : Math.round(value));

function change(now, before, key = "counts.yesterday") {
  if (now === null || !before) return null;
  const percent = Math.round((100 * (now - before)) / before);
  const words = percent === 0 ? `${key}.same` : percent > 0 ? `${key}.more` : `${key}.less`;
  return el("span", { class: "block" }, t(words, { percent: quantity(Math.abs(percent), "%") }));
}

function hoursChart(one) {
  const most = Math.max(1, ...one.hours.flatMap((hour) => [hour.today ?? 0, hour.usual ?? 0]));
  const y = (value) => HEIGHT - (HEIGHT * value) / most;
  const bars = one.hours.map(({ hour, today }) => today !== null && svg("rect", { class: "count-bar", x: hour * BAR_WIDTH + 1.5, y: y(today), width: BAR_WIDTH - 3, height: HEIGHT - y(today) }));
  const usual = one.hours.filter((hour) => hour.usual !== null).map((hour) => `${hour.hour * BAR_WIDTH + BAR_WIDTH / 2} ${y(hour.usual)}`);
  const labels = [0, 6, 12, 18, 24].map((hour) => [hour / 24, t("counts.hour", { n: hour })]);
  const columns = [[t("counts.hour_head")], [t("counts.today"), "right"], [t("counts.yesterday"), "right"], [t("counts.usual"), "right"]];
  const rows = one.hours.map((hour) => [t("counts.hour", { n: hour.hour }), told(hour.today), told(hour.yesterday), told(hour.usual)]);
  return plot(t("counts.hours_title"), { most, width: 24 * BAR_WIDTH, labels, legend: [["bar", t("counts.today")], ["line", t("counts.usual")]] },
    [...bars, usual.length > 1 && svg("polyline", { class: "count-usual", points: usual.join(" ") })],
    parts.table(t("counts.hours_title"), columns, rows, { captionSeen: true }));
}

function daysChart({ days }) {
  const most = Math.max(1, ...days.map((one) => one.count ?? 0));
  const width = Math.max(1, days.length) * BAR_WIDTH;
  const bars = days.map(({ count, quality }, index) => count !== null && svg("rect", {
    class: "count-bar", "data-quality": quality, x: index * BAR_WIDTH + 1.5, y: HEIGHT - (HEIGHT * count) / most, width: BAR_WIDTH - 3, height: (HEIGHT * count) / most,
  }));
  const at = (text) => day(Date.parse(`${text}T12:00:00`));
  const labels = days.length ? [[0, at(days[0].day)], [1, at(days.at(-1).day)]] : [];
  const columns = [[t("counts.day_head")], [t("counts.count"), "right"], [t("chart.quality")]];
  const rows = days.toReversed().map((one) => [at(one.day), told(one.count), parts.qualityMark({ quality: one.quality, reason: "" }) ?? ""]);
  const estimated = days.some((one) => one.quality === "estimated");
  return plot(t("counts.days_title"), { most, width, labels, legend: estimated ? [["bar", t("counts.counted")], ["estimated", t("counts.estimated")]] : [] }, bars,
    parts.table(t("counts.days_title"), columns, rows, { captionSeen: true }));
}

const told = (value) => (value === null ? t("value.none") : number(Math.round(value)));

// Bars on a field that stretches to the width of the page; the words stand beside it as text, so that they do not.
function plot(title, { most, width, labels, legend }, shapes, asTable) {
  const drawing = svg("svg", { class: "count-plot", viewBox: `0 0 ${width} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("path", { class: "count-grid", d: `M0 0.5H${width}M0 ${HEIGHT / 2}H${width}` }), shapes);
  const axis = labels.map(([share, words]) => {
    const element = el("span", {}, words);
    element.style.setProperty("inset-inline-start", `${100 * share}%`);
    element.dataset.edge = share === 0 ? "start" : share === 1 ? "end" : "";
    return element;
  });
  return el("figure", { class: "count-chart" },
    el("figcaption", {}, el("h3", {}, title), legend.length > 0 && el("ul", { class: "count-legend" }, legend.map(([kind, words]) => el("li", { "data-kind": kind }, words)))),
    el("p", { class: "note count-most" }, t("counts.most", { n: number(Math.round(most)) })), drawing,
    el("div", { class: "count-axis", "aria-hidden": "true" }, axis),
    el("details", {}, el("summary", {}, t("chart.as_table")), asTable));
}
