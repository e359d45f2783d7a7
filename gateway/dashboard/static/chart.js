// One property's course as a chart, by TradingView Lightweight Charts out of the installed package. Quality is told by
// line and shape: estimated values are a dashed line, doubtful ones squares, what nobody knows is a gap. Beside each
// chart stands the same as a table, for who cannot see it.

import { el, fill } from "./element.js";
import { clock, day, instant, moment, number, quantity } from "./format.js";
import { gatewayNow } from "./gateway_time.js";
import * as parts from "./parts.js";
import { colour } from "./theme.js";
import { timeline } from "./timeline.js";
import { wallTimes } from "./wall_times.js";
import { label, t } from "./words.js";

const LIBRARY = "/assets/vendor/lightweight-charts.js";
const TABLE_ROWS = 24;
const MOST_POINTS = 1_500;
const MANY_MARKS = 30; // more would hide the line
const GAP = 3; // so many times the usual pause between readings

let library = null;

/** The chart library, loaded when the first chart is drawn. */
function charts() {
  library ??= new Promise((resolve, reject) => {
    const script = el("script", { src: LIBRARY, onload: () => resolve(window.LightweightCharts), onerror: reject });
    document.head.append(script);
  });
  return library;
}

/** Draw a SeriesAnswer into `place`; gives a function that takes it away again. */
export async function drawChart(place, series) {
  if (!series.lines.some((line) => line.at_ms.length)) {
    fill(place, el("p", { class: "note chart-empty" }, t("chart.empty")));
    return () => {};
  }
  const end = Math.max(series.from_ms + 1, Math.min(series.to_ms, gatewayNow()));
  if (series.kind === "state" || series.kind === "flag") {
    fill(place, timeline(series, end), legend(series), asTable(series));
    return () => {};
  }
  const drawn = await charts();
  const surface = el("div", { class: "chart", "aria-hidden": "true" });
  fill(place, surface, legend(series), asTable(series));
  const lines = series.lines.map((line) => withGaps(pointsOf(line), Math.floor(series.from_ms / 1000), Math.floor(end / 1000)));
  const wall = wallTimes(lines.flatMap((points) => points.map((one) => one.at)));
  const chart = drawn.createChart(surface, options(drawn, wall));
  const dresses = series.lines.flatMap((line, index) => addLine(drawn, chart, line, { index, points: lines[index].map((one) => ({ ...one, time: wall.timeOf(one.at) })), unit: series.unit }));
  chart.timeScale().fitContent();
  const dress = () => {
    chart.applyOptions(look());
    for (const wear of dresses) wear();
  };
  document.addEventListener("theme", dress);
  return () => {
    document.removeEventListener("theme", dress);
    chart.remove();
  };
}

// Times are drawn as if the zone were UTC, so that the marks of the axis fall on the zone's midnights.
function options(drawn, wall) {
  const at = (time) => wall.instantOf(time) * 1000;
  return {
    ...look(),
    autoSize: true,
    handleScroll: { vertTouchDrag: false, mouseWheel: false },
    handleScale: { mouseWheel: false },
    localization: { timeFormatter: (time) => moment(at(time)) },
    crosshair: { mode: drawn.CrosshairMode.Magnet, horzLine: { visible: false, labelVisible: false } },
    timeScale: {
      borderVisible: false, timeVisible: true, secondsVisible: false, fixLeftEdge: true, fixRightEdge: true,
      tickMarkFormatter: (time, kind) => (kind >= drawn.TickMarkType.Time ? clock(at(time)) : day(at(time))),
    },
    rightPriceScale: { borderVisible: false, entireTextOnly: true, scaleMargins: { top: 0.14, bottom: 0.1 } },
  };
}

function look() {
  return {
    layout: { background: { color: "transparent" }, textColor: colour("soft"), fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 12, attributionLogo: false },
    grid: { vertLines: { visible: false }, horzLines: { color: colour("grid") } },
  };
}

/** Add one line with its band, dashes and marks; gives functions that put on the colours of the theme in force. */
function addLine(drawn, chart, line, { index, points, unit }) {
  const shared = { priceLineVisible: false, lastValueVisible: false, crosshairMarkerRadius: 4, autoscaleInfoProvider: roomy, priceFormat: scaleWords(line, unit) };
  const dresses = [];
  const add = (wear, data) => {
    const one = chart.addSeries(drawn.LineSeries, { ...shared, ...wear() });
    one.setData(data);
    dresses.push(() => one.applyOptions(wear()));
    return one;
  };
  const edge = () => ({ color: colour("chart-edge"), lineWidth: 1, crosshairMarkerVisible: false });
  for (const name of line.low && line.high ? ["low", "high"] : []) add(edge, points.map((one) => styled(one, one[name], one.solid || one.dashed)));
  const tone = () => colour(index === 0 ? "chart" : "warn");
  const main = add(() => ({ color: tone(), lineWidth: 2 }), points.map((one) => styled(one, one.value, one.solid)));
  if (points.some((one) => one.dashed)) {
    const wear = () => ({ color: tone(), lineWidth: 2, lineStyle: drawn.LineStyle.Dashed, crosshairMarkerVisible: false });
    add(wear, points.map((one) => styled(one, one.value, one.dashed)));
  }
  const doubtful = points.filter((one) => one.quality === "suspect" && one.value !== null);
  if (doubtful.length) {
    const marks = drawn.createSeriesMarkers(main, []);
    const mark = () => marks.setMarkers(doubtful.map((one) => ({ time: one.time, position: "inBar", shape: "square", color: colour("bad"), size: doubtful.length > MANY_MARKS ? 0.35 : 0.8 })));
    mark();
    dresses.push(mark);
  }
  return dresses;
}

// What the library wants of a point: its colour is that of the stretch to the next point.
const styled = ({ time }, value, seen) => (value === null ? { time } : seen ? { time, value } : { time, value, color: "transparent" });

// A line that never changes lies in the middle of a scale, not of a thousandth of one.
function roomy(original) {
  const found = original();
  if (!found?.priceRange) return found;
  const { minValue, maxValue } = found.priceRange;
  return maxValue > minValue ? found : { ...found, priceRange: { minValue: minValue - 1, maxValue: maxValue + 1 } };
}

// As many decimals as tell the marks of the scale apart.
function scaleWords(line, unit) {
  const known = line.value.filter((value) => value !== null);
  const range = Math.max(...known) - Math.min(...known);
  const decimals = range > 8 || !(range > 0) ? 0 : range > 0.8 ? 1 : 2;
  return { type: "custom", minMove: 10 ** -decimals, formatter: (value) => [number(value, decimals), unit].filter(Boolean).join("\u00a0") };
}

// One point a second at most, in order: what the library asks for.
function pointsOf(line) {
  const quality = new Map(line.marks.map((one) => [one.index, one.quality]));
  const found = new Map();
  for (const [index, at_ms] of line.at_ms.entries()) {
    const at = Math.floor(at_ms / 1000);
    found.set(at, { at, value: line.value[index], low: line.low?.[index] ?? null, high: line.high?.[index] ?? null, quality: quality.get(index) ?? "ok" });
  }
  return [...found.values()].sort((a, b) => a.at - b.at);
}

// The library places points side by side, whatever lies between, and draws its line across what is not known. So gaps
// are filled with empty points, and each point says whether the stretch to the next one is known (solid), estimated
// (dashed) or neither.
function withGaps(points, from, to) {
  const usual = median(points.slice(1).map((one, index) => one.at - points[index].at)) || 60;
  const step = Math.max(usual, (to - from) / MOST_POINTS);
  const found = empties(from, points[0].at, step);
  for (const [index, one] of points.entries()) {
    const next = points[index + 1];
    const gap = !next || one.value === null || next.value === null || next.at - one.at > GAP * usual;
    const estimated = one.quality === "estimated" || next?.quality === "estimated";
    found.push({ ...one, solid: !gap && !estimated, dashed: !gap && estimated });
    if (gap) found.push(...empties(one.at + step, next?.at ?? to, step));
  }
  return found;
}

function empties(from, to, step) {
  const found = [];
  for (let at = from; at < to - step / 2; at += step) found.push({ at: Math.floor(at), value: null, low: null, high: null, quality: "ok" });
  return found;
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function legend(series) {
  const counts = new Map();
  for (const { quality, reason } of series.lines.flatMap((line) => line.marks)) {
    const key = `${quality}|${reason}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const told = [...counts].map(([key, count]) => {
    const [quality, reason] = key.split("|");
    return el("li", {}, parts.qualityMark({ quality, reason }), el("span", { class: "note" }, ` × ${count}`));
  });
  const hourly = series.lines.some((line) => line.per === "hour");
  const notes = [
    hourly && t("chart.hourly"),
    series.cut && t("chart.cut"),
    series.lines.length > 1 && t("chart.lines", { names: series.lines.map((line) => line.device).join(", ") }),
  ].filter(Boolean);
  if (!told.length && !notes.length) return null;
  return el("ul", { class: "chart-legend" }, told, notes.map((one) => el("li", { class: "note" }, one)));
}

function asTable(series) {
  const found = series.lines.flatMap((line) => {
    const marked = new Map(line.marks.map((one) => [one.index, one]));
    return line.at_ms.map((at, index) => ({ at, value: line.value[index], mark: marked.get(index) }));
  });
  const newest = found.sort((a, b) => b.at - a.at).slice(0, TABLE_ROWS);
  const caption = t("chart.table", { count: newest.length, property: label("properties", series.property) });
  const rows = newest.map(({ at, value, mark }) => [
    instant(at), quantity(value, series.unit, series.property), mark ? parts.qualityMark(mark) : label("qualities", "ok"),
  ]);
  const columns = [[t("chart.time"), "tight"], [t("chart.value"), "right"], [t("chart.quality")]];
  return el("details", { class: "chart-table" }, el("summary", {}, t("chart.as_table")),
    parts.table(caption, columns, rows, { captionSeen: true }));
}
