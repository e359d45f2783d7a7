// The newest message, step by step: what came, which bytes say what, what each reading became, what was written.
// What `citygate explain` says is in English, and marked as such for screen readers.

import { el } from "../element.js";
import { quantity } from "../format.js";
import * as parts from "../parts.js";
import { label, t } from "../words.js";

/** The panel "how its newest message was read". */
export function explained(last) {
  const columns = [[t("explain.reading")], [t("explain.read"), "right"], [t("explain.became")], [t("explain.observed"), "right"], [t("explain.quality")]];
  const rows = last.steps.map((one) => [
    el("code", {}, one.reading || t("value.none")),
    quantity(one.value === "" ? null : one.value, one.unit),
    one.property ? label("properties", one.property) : el("span", { class: "note", lang: "en" }, one.why),
    one.property ? quantity(one.observed, one.observed_unit, one.property) : "",
    one.property ? quality(one) : "",
  ]);
  return parts.panel(t("explain.title"), { key: "explain", className: "explain" },
    el("p", { class: "note" }, t("explain.lead", { number: last.number }), " ", parts.timeAgo(last.received_ms)),
    el("ol", { class: "steps" },
      step(t("explain.step_received"), el("dl", { class: "facts", lang: "en" }, last.facts.map(([what, found]) => el("div", {}, el("dt", {}, what), el("dd", {}, parts.plain(found)))))),
      last.payload_hex && step(t("explain.step_bytes"), payload(last), last.fault && el("p", { class: "fault" }, last.fault)),
      rows.length > 0 && step(t("explain.step_readings"), parts.table(t("explain.step_readings"), columns, rows, { className: "cards" })),
      step(t("explain.step_outcome"), outcome(last)),
      last.line_protocol && step(t("explain.step_written"), el("pre", { tabindex: 0, role: "region", "aria-label": t("explain.step_written") }, last.line_protocol))),
    el("details", { class: "raw" }, el("summary", {}, t("explain.body")), el("pre", { tabindex: 0, role: "region", "aria-label": t("explain.body") }, pretty(last.body))));
}

const step = (title, ...content) => el("li", { class: "step" }, el("div", {}, el("h3", {}, title), content));

function quality(one) {
  const [word, reason = ""] = one.quality.split(":");
  if (word === "ok" || word === "") return label("qualities", "ok");
  return el("span", {}, parts.qualityMark({ quality: word, reason }), one.why && el("span", { class: "note block" }, one.why));
}

function outcome(last) {
  return [
    el("p", { lang: "en" }, last.outcome),
    last.reason && el("p", {}, el("strong", {}, label("rejections", last.reason)), ` ${last.detail}`),
    last.mend.length > 0 && el("ul", { class: "mends" }, last.mend.map((one) => el("li", {}, one))),
  ];
}

// The bytes in one line, and each rule that read some of them in a row below: offset, bytes, rule, what it found.
function payload({ payload_hex, spans }) {
  const bytes = payload_hex.match(/../g) ?? [];
  const part = ({ offset, length }) => bytes.slice(offset, offset + length).join(" ");
  const named = spans.filter((one) => one.length > 0);
  const columns = [[t("explain.offset"), "right tight"], [t("explain.bytes")], [t("explain.rule")], [t("explain.found"), "right"]];
  const rows = named.map((one) => [
    String(one.offset), el("code", { class: "hex" }, part(one)), el("span", { lang: "en" }, one.rule),
    one.name ? [el("code", {}, one.name), " ", quantity(one.value, one.unit)] : "",
  ]);
  return [
    el("p", { class: "hex-line" }, el("code", { class: "hex" }, bytes.join(" ")), el("span", { class: "note" }, ` ${t("explain.byte_count", { count: bytes.length })}`)),
    rows.length > 0 && parts.table(t("explain.step_bytes"), columns, rows, { className: "cards" }),
  ];
}

function pretty(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body; // cut, or not JSON: as it came
  }
}
