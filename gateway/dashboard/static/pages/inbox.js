// Devices that speak and are not written down, each with the command that takes it in; and messages not understood.

import { ask } from "../ask.js";
import { el, fill } from "../element.js";
import { number, quantity } from "../format.js";
import * as parts from "../parts.js";
import { patch } from "../patch.js";
import { address } from "../router.js";
import { label, t } from "../words.js";

const AGAIN_MS = 10_000;

/** The inbox, asked again while it is open. */
export async function show(main, _place, until) {
  const told = await ask("/api/inbox", {}, until);
  const body = el("div", { class: "stack" });
  fill(main, parts.pageHead(t("nav.inbox"), t("inbox.lead")), body);
  const draw = (inbox) => patch(body, el("div", {}, parts.notices(inbox.notices), unknown(inbox), failures(inbox), kept(inbox)));
  draw(told);
  const again = setInterval(async () => {
    if (document.hidden) return;
    const inbox = await ask("/api/inbox", {}, until).catch(() => null); // offline: the connection's own line tells of it
    if (inbox && !until.aborted) draw(inbox);
  }, AGAIN_MS);
  until.addEventListener("abort", () => clearInterval(again));
}

function unknown({ unknown: all, unknown_total }) {
  return parts.panel(t("inbox.unknown"), { key: "unknown", note: all.length < unknown_total ? t("inbox.shown", { shown: all.length, all: number(unknown_total) }) : "" },
    all.length ? el("ul", { class: "strangers" }, all.map(stranger)) : el("p", { class: "well" }, t("inbox.none")));
}

function stranger(one) {
  return el("li", { class: "stranger", "data-key": one.device },
    el("h3", {}, el("code", {}, parts.plain(one.device))),
    el("p", { class: "note" }, t("inbox.messages", { count: one.messages, n: number(one.messages) }), " · ", t("inbox.last"), " ", parts.timeAgo(one.last_heard_ms), " · ", t("inbox.source", { source: one.source })),
    one.claims.length > 0 ? el("ul", { class: "claims" }, one.claims.slice(0, 3).map(claim)) : el("p", {}, t("inbox.no_claim")),
    el("p", { class: "note" }, t("inbox.command")),
    parts.command(one.command));
}

function claim(one) {
  const says = one.says.slice(0, 5).map(([name, value, unit]) => `${label("properties", name)} ${quantity(value, unit, name)}`).join(" · ");
  return el("li", {},
    el("p", {}, parts.badge(one.word === "likely" ? "good" : "never", one.word === "likely" ? "good" : "calm", t(`inbox.${one.word}`)), " ", el("code", {}, one.profile), " ",
      el("span", { class: "note" }, t("inbox.read", { read: one.read, all: one.looked_at }))),
    says && el("p", { class: "note" }, t("inbox.says"), " ", says));
}

function failures({ failures: all, failures_total }) {
  if (!all.length) return null;
  return parts.panel(t("inbox.failures"), { key: "failures", note: all.length < failures_total ? t("inbox.shown", { shown: all.length, all: number(failures_total) }) : t("inbox.failures_note") },
    el("ul", { class: "strangers" }, all.map((one) => el("li", { class: "stranger", "data-key": `${one.device} ${one.reason}` },
      el("h3", {}, one.known ? el("a", { href: address(["things", one.device]) }, parts.plain(one.device)) : el("code", {}, parts.plain(one.device || t("inbox.no_device")))),
      el("p", {}, el("strong", {}, label("rejections", one.reason)), " ", el("span", { class: "note" }, one.detail)),
      el("p", { class: "note" }, t("inbox.messages", { count: one.messages, n: number(one.messages) }), " · ", t("inbox.last"), " ", parts.timeAgo(one.last_heard_ms)),
      parts.command(one.explain)))));
}

function kept({ held, given_up }) {
  const rows = Object.entries(held).map(([reason, count]) => [label("rejections", reason), number(count), number(given_up[reason] ?? 0)]);
  if (!rows.length) return null;
  const columns = [[t("inbox.reason")], [t("inbox.held"), "right"], [t("inbox.given_up"), "right"]];
  return parts.panel(t("inbox.kept"), { key: "kept", note: t("inbox.kept_note") }, parts.table(t("inbox.kept"), columns, rows));
}
