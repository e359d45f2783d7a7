// The machine room: what comes in, what goes out and how far behind, what is kept, whether everything moves.

import { ask } from "../ask.js";
import { el, fill } from "../element.js";
import { bytes, number, quantity, span } from "../format.js";
import { icon } from "../icons.js";
import * as parts from "../parts.js";
import { patch } from "../patch.js";
import { on } from "../stream.js";
import { t, words } from "../words.js";
import { eventList, followEvents } from "./events.js";

const BEHIND_S = 60;

/** The gateway's page, live. */
export async function show(main, _place, until) {
  const [told, events] = await Promise.all([ask("/api/gateway", {}, until), ask("/api/events", {}, until)]);
  const body = el("div", { class: "machine" });
  fill(main, parts.pageHead(t("nav.gateway"), t("gateway.lead")), body, el("div", { class: "stack", id: "events" }));
  const draw = (page) => patch(body, el("div", {}, wrong(page), facts(page), sources(page), sinks(page), logs(page), loops(page)));
  draw(told);
  on("gateway", draw, until);
  const place = main.querySelector("#events");
  fill(place, parts.panel(t("events.title"), { note: t("events.lead"), aside: el("a", { class: "note aside", href: "/events" }, t("events.all")) }, eventList(events.events.slice(0, 8))));
  followEvents(place, events.events, 8, until);
}

function wrong(page) {
  return page.wrong.length > 0 && parts.panel(t("overview.wrong"), { key: "wrong", className: "wide" }, parts.troubleList(page.wrong));
}

function facts(page) {
  const { rates } = page;
  return parts.panel(t("gateway.now"), { key: "now", className: "wide", note: t("gateway.version", { gateway: page.gateway, version: page.version, python: page.python }) },
    el("dl", { class: "stats" },
      parts.stat(t("rates.per_second"), parts.rate(rates.received_per_s), parts.rateOver(rates.over_s)),
      parts.stat(t("gateway.waiting"), parts.figure(rates.waiting, ""), t("gateway.waiting_note")),
      parts.stat(t("gateway.uptime"), el("span", { class: "figure word" }, span(page.uptime_s * 1000))),
      parts.stat(t("gateway.memory"), el("span", { class: "figure word" }, bytes(page.rss_bytes))),
      parts.stat(t("gateway.clock"), el("span", { class: "figure word" }, t(`clock.${page.clock}`)), page.clock === "unset" ? t("clock.unset_note") : null),
      parts.stat(t("gateway.pages"), parts.figure(page.pages_open, ""))));
}

function sources({ sources: all }) {
  const rows = all.map((one) => [
    el("span", {}, el("strong", {}, parts.plain(one.name)), " ", el("span", { class: "note" }, one.kind)),
    one.trouble ? parts.badge("warning", parts.SEVERITY_TONE[one.trouble.severity], t("gateway.source_lost")) : parts.badge("good", "good", t("gateway.source_up")),
    Object.entries(one.counts).map(([word, count]) => `${number(count)} ${counted(word)}`).join(" · ") || t("gateway.nothing_yet"),
  ]);
  const columns = [[t("gateway.source")], [t("things.state")], [t("gateway.counts")]];
  return parts.panel(t("gateway.sources"), { key: "sources", note: t("gateway.sources_note") },
    rows.length ? parts.table(t("gateway.sources"), columns, rows, { className: "cards" }) : el("p", {}, t("gateway.no_sources")));
}

const counted = (word) => words(`count.${word}`) ?? word.replaceAll("_", " ");

function sinks({ sinks: all }) {
  return parts.panel(t("gateway.sinks"), { key: "sinks", note: t("gateway.sinks_note") },
    all.length ? el("ul", { class: "sinks" }, all.map(sink)) : el("p", {}, t("gateway.no_sinks")));
}

function sink(one) {
  const failing = one.failing_since_ms !== null;
  return el("li", { class: "sink", "data-key": one.id },
    el("div", { class: "sink-head" }, el("h3", {}, parts.plain(one.id)), one.kind !== one.id && el("span", { class: "note" }, one.kind),
      failing ? parts.badge("critical", "bad", t("gateway.sink_failing")) : one.behind_s > BEHIND_S ? parts.badge("wait", "warn", t("gateway.sink_behind")) : parts.badge("good", "good", t("gateway.sink_up"))),
    el("dl", { class: "stats sink-stats" },
      parts.stat(t("gateway.pending"), parts.figure(one.pending, ""), one.behind_s > 1 ? t("gateway.pending_since", { span: span(one.behind_s * 1000) }) : t("gateway.pending_note")),
      parts.stat(t("gateway.delivered"), parts.figure(one.delivered, ""), t("rates.since_start")),
      one.quarantined > 0 && parts.stat(t("gateway.quarantined"), parts.figure(one.quarantined, "")),
      one.expired > 0 && parts.stat(t("gateway.expired"), parts.figure(one.expired, ""))),
    failing && parts.notice({ severity: "critical", what: one.error || t("gateway.sink_failing"), mend: one.mend }),
    failing && el("p", { class: "note" }, t("trouble.since"), " ", parts.timeSince(one.failing_since_ms)));
}

function logs({ logs: all }) {
  const items = all.map((one) => {
    const used = one.quota_bytes ? (100 * one.size_bytes) / one.quota_bytes : 0;
    return el("li", { class: "log", "data-key": one.name },
      el("h3", {}, t(`log.${one.name}`)), el("p", { class: "note" }, t(`log.${one.name}_note`)),
      parts.bar(used, used >= 95 ? "bad" : used >= 80 ? "warn" : "accent"),
      el("p", {}, t("log.size", { size: bytes(one.size_bytes), quota: bytes(one.quota_bytes), percent: quantity(Math.round(used * 10) / 10, "%") })),
      el("p", { class: "note" }, t("log.numbers", { oldest: number(one.oldest), newest: number(one.durable) })));
  });
  return parts.panel(t("gateway.journal"), { key: "logs", note: t("gateway.journal_note") }, el("ul", { class: "logs" }, items));
}

function loops({ loops: all, analytics }) {
  const items = Object.entries(all).map(([name, moves]) =>
    el("li", { "data-key": name }, el("span", { class: "loop", "data-tone": moves ? "good" : "bad" }, icon(moves ? "good" : "critical")), " ", el("span", {}, words(`loop.${name}`) ?? name),
      " ", el("span", { class: "note" }, t(moves ? "gateway.moves" : "gateway.stuck"))));
  return parts.panel(t("gateway.loops"), { key: "loops", note: t("gateway.loops_note") }, el("ul", { class: "loops" }, items),
    analytics && el("dl", { class: "stats analytics" },
      parts.stat(t("gateway.analytics_lag"), parts.figure(analytics.lag, ""), t("gateway.analytics_lag_note")),
      parts.stat(t("gateway.derived"), parts.figure(analytics.derived, ""), t("rates.since_start")),
      analytics.rebuilding > 0 && parts.stat(t("gateway.rebuilding"), parts.figure(analytics.rebuilding, ""))));
}
