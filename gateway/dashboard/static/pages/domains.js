// The domains that have devices; or, where the address names one, its view. Views are asked again while they are open.

import { ask } from "../ask.js";
import { el, fill } from "../element.js";
import { number } from "../format.js";
import { icon } from "../icons.js";
import * as parts from "../parts.js";
import { patch } from "../patch.js";
import { address } from "../router.js";
import { label, t } from "../words.js";

const AGAIN_MS = 15_000;
const VIEWS = { parking: "parking", waste: "waste", cycling: "counts", mobility: "counts", green: "green", agri: "green" };

const TITLES = {
  parking: "domain.parking.title", waste: "domain.waste.title", cycling: "domain.cycling.title", mobility: "domain.mobility.title",
  green: "domain.green.title", agri: "domain.green.title",
};

/** The list, or the domain that the address names (`/domains/waste`, `/waste`). */
export async function show(main, place, until) {
  const name = place.path[0] === "domains" ? place.path[1] : place.path[0];
  if (name) await showDomain(main, name, until);
  else await showAll(main, until);
}

async function showAll(main, until) {
  const { domains } = await ask("/api/domains", {}, until);
  const cards = domains.map((one) =>
    el("li", { class: "panel domain-card" },
      el("span", { class: "domain-mark" }, icon(one.domain)),
      el("div", {}, el("h2", {}, el("a", { href: address(["domains", one.domain]) }, label("domains", one.domain))),
        el("p", { class: "note" }, t("domains.things", { count: one.things, n: number(one.things) })),
        (one.alarms > 0 || one.silent > 0) && el("p", { class: "badges" },
          one.alarms > 0 && parts.badge("alarm", "bad", t("pilot.alarms", { count: one.alarms, n: one.alarms })),
          one.silent > 0 && parts.badge("silent", "warn", t("pilot.silent", { count: one.silent, n: one.silent })))),
      el("p", { class: "question" }, t(`domain.${VIEWS[one.domain] ?? "table"}.lead`))));
  fill(main, parts.pageHead(t("nav.domains"), t("domains.lead")),
    cards.length ? el("ul", { class: "domain-cards" }, cards)
      : parts.notice({ severity: "info", what: t("domains.none"), mend: t("domains.none_mend") }));
}

async function showDomain(main, name, until) {
  const path = `/api/domains/${encodeURIComponent(name)}`;
  const told = await ask(path, {}, until);
  const kind = VIEWS[name] ?? "table";
  const view = await import(`./${kind}.js`);
  const back = el("a", { class: "back", href: "/domains" }, icon("back"), t("nav.domains"));
  const title = kind === "table" ? label("domains", name) : t(TITLES[name]);
  const head = parts.pageHead(title, t(`domain.${kind}.lead`), { before: back });
  const body = el("div", { class: "stack" });
  fill(main, head, body);
  const drawing = view.begin?.(until) ?? null;
  const draw = (page) => patch(body, el("div", {}, parts.notices(page.notices), view.draw(page, drawing)));
  draw(told);
  drawing?.settle?.(body, told);
  const again = setInterval(async () => {
    if (document.hidden) return;
    const page = await ask(path, {}, until).catch(() => null); // offline: the connection's own line tells of it
    if (!page || until.aborted) return;
    draw(page);
    drawing?.settle?.(body, page);
  }, AGAIN_MS);
  until.addEventListener("abort", () => clearInterval(again));
}
