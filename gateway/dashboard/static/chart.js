// One property's course as a chart, by TradingView Lightweight Charts out of the installed package. Quality is told by
// line and shape: estimated values are a dashed line, suspect ones diamonds, what nobody knows is a gap. Beside each
// chart stands the same as a table, for who cannot see it.

import { el, fill } from "./element.js";
import { clock, day, instant, moment, offset, quantity } from "./format.js";
import * as parts from "./parts.js";
import { colour } from "./theme.js";
import { label, t } from "./words.js";

const LIBRARY = "/assets/vendor/lightweight-charts.js";
const TABLE_ROWS = 24;
const UNTRUE = new Set(["suspect", "retracted"]);

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
  const drawn = await charts();
  const surface = el("div", { class: "chart", "aria-hidden": "true" });
  fill(place, surface, legend(series), asTable(series));
  if (!series.lines.some((line) => line.at_ms.length)) {
    fill(place, el("p", { class: "note chart-empty" }, t("chart.empty")));
    return () => {};
  }
  const shift = offset(series.to_ms);
  const chart = drawn.createChart(surface, options(drawn, series, shift));
  const lines = [];
  for (const [index, line] of series.lines.entries()) lines.push(...addLine(drawn, chart, series, line, index, shift));
  chart.timeScale().setVisibleRange({ from: (series.from_ms + shift) / 1000, to: (series.to_ms + shift) / 1000 });
  chart.timeScale().fitContent();
  const dress = () => {
    chart.applyOptions(look());
    for (const one of lines) one.dress();
  };
  document.addEventListener("theme", dress);
  return () => {
    document.removeEventListener("theme", dress);
    chart.remove();
  };
}

// Times are drawn as if the zone were UTC, so that the marks of the axis fall on the zone's midnights. A change of
// the clocks within the span moves its older part by an hour on the axis; the time under the pointer is exact.
function options(drawn, series, shift) {
  const told = (time) => moment(time * 1000 - shift);
  const steps = series.kind === "state" || series.kind === "flag";
  const words = stepWords(series);
  return {
    ...look(),
    autoSize: true,
    handleScroll: { vertTouchDrag: false, mouseWheel: false },
    handleScale: { mouseWheel: false },
    localization: {
      timeFormatter: told,
      priceFormatter: (price) => (steps ? (words[Math.round(price)] ?? "") : quantity(price, series.unit)),
    },
    crosshair: { mode: drawn.CrosshairMode.Magnet, horzLine: { visible: false, labelVisible: false } },
    timeScale: {
      borderVisible: false, timeVisible: true, secondsVisible: false, fixLeftEdge: true, fixRightEdge: true,
      tickMarkFormatter: (time, kind) => (kind >= drawn.TickMarkType.Time ? clock(time * 1000 - shift) : day(time * 1000 - shift)),
    },
    rightPriceScale: { borderVisible: false, scaleMargins: { top: 0.14, bottom: 0.1 } },
  };
}

function look() {
  return {
    layout: { background: { color: "transparent" }, textColor: colour("soft"), fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 12, attributionLogo: false },
    grid: { vertLines: { visible: false }, horzLines: { color: colour("grid") } },
  };
}

function addLine(drawn, chart, series, line, index, shift) {
  const steps = series.kind === "state" || series.kind === "flag";
  const type = steps ? drawn.LineType.WithSteps : drawn.LineType.Simple;
  const shared = { priceLineVisible: false, lastValueVisible: false, crosshairMarkerRadius: 4, lineType: type };
  const tone = () => (index === 0 ? colour("chart") : colour("warn"));
  const known = points(series, line, shift);
  const found = [];
  const add = (kind, wear, data) => {
    const one = chart.addSeries(kind, { ...shared, ...wear() });
    one.setData(data);
    found.push({ one, dress: () => one.applyOptions(wear()) });
    return one;
  };
  if (line.low && line.high) {
    for (const edge of [line.low, line.high]) {
      add(drawn.LineSeries, () => ({ color: colour("chart-edge"), lineWidth: 1, crosshairMarkerVisible: false }), whole(line.at_ms, edge, shift));
    }
  }
  const estimated = known.map((point) => ({ ...point }));
  const wear = () => ({ color: tone(), lineColor: tone(), topColor: colour("chart-tint"), bottomColor: "transparent", lineWidth: 2 });
  const main = add(index === 0 && steps ? drawn.AreaSeries : drawn.LineSeries, wear, solid(known));
  const dashed = dashes(estimated);
  if (dashed.some((one) => "value" in one)) add(drawn.LineSeries, () => ({ color: tone(), lineWidth: 2, lineStyle: drawn.LineStyle.Dashed, crosshairMarkerVisible: false }), dashed);
  const doubtful = known.filter((one) => UNTRUE.has(one.quality) && "value" in one);
  if (doubtful.length) {
    const marks = drawn.createSeriesMarkers(main, []);
    const set = () => marks.setMarkers(doubtful.map((one) => ({ time: one.time, position: "inBar", shape: "square", color: colour("bad"), size: 0.8 })));
    set();
    found.push({ dress: set });
  }
  return found;
}

// One point a second at most, in order: what the library asks for. A null stays as a gap.
function points(series, line, shift) {
  const quality = new Map(line.marks.map((one) => [one.index, one.quality]));
  const found = [];
  if (series.before !== null && line.at_ms.length) found.push(point(series, series.from_ms, series.before, "ok", shift));
  for (const [index, at] of line.at_ms.entries()) found.push(point(series, at, line.value[index], quality.get(index) ?? "ok", shift));
  const last = found.at(-1);
  const steps = series.kind === "state" || series.kind === "flag";
  if (steps && last && "value" in last) found.push({ ...last, time: Math.floor((series.to_ms + shift) / 1000) });
  return inOrder(found);
}

function inOrder(found) {
  const kept = [];
  for (const one of found.toSorted((a, b) => a.time - b.time)) {
    if (kept.length && kept.at(-1).time === one.time) kept[kept.length - 1] = one;
    else kept.push(one);
  }
  return kept;
}

function point(series, at, value, quality, shift) {
  const time = Math.floor((at + shift) / 1000);
  if (value === null) return { time, quality };
  if (series.kind === "flag") return { time, quality, value: value ? 1 : 0 };
  if (series.kind === "state") return { time, quality, value: Math.max(0, series.states.indexOf(value)) };
  return { time, quality, value };
}

function solid(known) {
  return known.map((one) => (one.quality === "estimated" ? { time: one.time } : one));
}

// The dashed line also takes the trusted point before and after, so that it hangs on to something.
function dashes(known) {
  return known.map((one, index) => {
    const near = [known[index - 1], one, known[index + 1]].some((other) => other?.quality === "estimated");
    return near && "value" in one ? { time: one.time, value: one.value } : { time: one.time };
  });
}

function whole(times, values, shift) {
  return inOrder(times.map((at, index) => {
    const time = Math.floor((at + shift) / 1000);
    return values[index] === null ? { time } : { time, value: values[index] };
  }));
}

function stepWords(series) {
  if (series.kind === "flag") return [quantity(false, "", series.property), quantity(true, "", series.property)];
  return series.states.map((one) => quantity(one, "", series.property));
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
