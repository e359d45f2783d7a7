// Any domain without a view of its own: its newest values. What is known of one thing stands together, at any width.

import { el } from "../element.js";
import { placeName, quantity } from "../format.js";
import * as parts from "../parts.js";
import { label, t } from "../words.js";

const TONES = { info: "info", warning: "warn", critical: "bad" };

/** One card for each feature. */
export function draw({ columns, rows }) {
  if (!rows.length) return null;
  return el("ul", { class: "value-cards" }, rows.map((row) => card(row, columns)));
}

function card(row, columns) {
  const cells = row.cells.map((reading, index) => ({ reading, column: columns[index] })).filter(({ reading }) => reading !== null);
  const [measured, derived] = [false, true].map((made) => cells.filter(({ column }) => column.derived === made));
  return el("li", { class: "panel value-card", "data-key": row.feature, "data-tone": row.severity ? TONES[row.severity] : null, "data-wrong": row.severity ? "" : null },
    el("div", { class: "panel-head" },
      el("h2", {}, row.thing === null ? parts.plain(row.name) : parts.thingLink(row.thing, row.name)),
      el("p", { class: "note" }, [label("feature_types", row.feature.split("/")[0]), row.area && " · ", row.area && parts.plain(placeName(row.area))]),
      row.severity && parts.badge(row.severity === "info" ? "info" : row.severity, TONES[row.severity], t(`severity.${row.severity}`))),
    measured.length > 0 && el("dl", { class: "values" }, measured.map(value)),
    derived.length > 0 && el("h3", { class: "derived-head" }, t("table.derived")),
    derived.length > 0 && el("dl", { class: "values" }, derived.map(value)),
    cells.length === 0 && el("p", { class: "note" }, t("table.no_values")));
}

function value({ reading, column }) {
  return el("div", { "data-key": `${column.property} ${reading.interval_s}` },
    el("dt", {}, label("properties", reading.property)),
    el("dd", {}, el("strong", {}, quantity(reading.value, reading.unit, reading.property)),
      el("span", { class: "note" }, parts.timeAgo(reading.at_ms)), parts.qualityMark(reading)));
}
