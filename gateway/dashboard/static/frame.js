// The frame around every page: brand, ways, connection, switches, footer.

import { el, fill } from "./element.js";
import { clock, placeName, zoneName } from "./format.js";
import { difference } from "./gateway_time.js";
import { icon } from "./icons.js";
import { notice, plain } from "./parts.js";
import { here } from "./router.js";
import { choose, chosen, THEMES } from "./theme.js";
import { LANGUAGES, label, spoken, t } from "./words.js";

const WAYS = [["", "overview"], ["things", "things"], ["domains", "domains"], ["inbox", "inbox"], ["gateway", "gateway"]];
const THEME_ICONS = { system: "system", light: "light_theme", dark: "dark_theme" };
const CHARTS_AUTHOR = "https://www.tradingview.com/";
const MOST_COUNTED = 99; // beside a way; the overview tells all
const CLOCK_DIFFERS_MS = 120_000;

let city = "";
let gateway = "";
let domains = [];

/** The whole frame; `main` is where pages are put. */
export function frame(changeLanguage) {
  return el("div", { class: "shell" },
    el("a", { class: "skip", href: "#main" }, t("nav.skip")),
    el("header", { class: "head" },
      el("div", { class: "rail" }, brand(), ways(), switches(changeLanguage)),
      el("div", { class: "bar" }, brand(), el("p", { class: "live", id: "live", role: "status" })),
      el("div", { class: "lost", id: "lost", role: "status", hidden: true })),
    el("main", { class: "content", id: "main", tabindex: -1 }),
    el("footer", { class: "foot" }, switches(changeLanguage), footWords()),
    el("p", { id: "said", class: "said", role: "status", "aria-live": "polite" }),
    el("p", { id: "wrong-said", class: "unseen", role: "status", "aria-live": "polite" }));
}

function brand() {
  return el("a", { class: "brand", href: "/" }, icon("brand"),
    el("span", {}, el("strong", { class: "city" }, plain(placeName(city) || "Citygate")), el("span", { class: "gateway-name" }, city ? t("brand.of", { gateway }) : "")));
}

function ways() {
  const items = WAYS.map(([path, name]) =>
    el("li", {},
      el("a", { href: `/${path}`, "data-way": path }, icon(name), el("span", {}, t(`nav.${name}`)), el("span", { class: "count", hidden: true, "data-count": name })),
      path === "domains" && el("ul", { id: "domain-ways" }, domainWays())));
  return el("nav", { "aria-label": t("nav.label") }, el("ul", { class: "ways" }, items));
}

function domainWays() {
  return domains.map((one) => el("li", {}, el("a", { href: `/domains/${one}`, "data-way": `domains/${one}` }, label("domains", one))));
}

function switches(changeLanguage) {
  const languages = LANGUAGES.map((one) =>
    el("button", { type: "button", lang: one, "aria-pressed": one === spoken(), onclick: () => changeLanguage(one) }, t(`language.${one}`)));
  const themes = THEMES.map((one) =>
    el("button", { type: "button", "aria-pressed": one === chosen(), "data-theme-choice": one, title: t(`theme.${one}`), onclick: () => pickTheme(one) },
      icon(THEME_ICONS[one]), el("span", { class: "unseen" }, t(`theme.${one}`))));
  return el("div", { class: "switches" },
    el("div", { class: "switch", role: "group", "aria-label": t("language.label") }, languages),
    el("div", { class: "switch", role: "group", "aria-label": t("theme.label") }, themes));
}

function pickTheme(theme) {
  choose(theme);
  for (const one of document.querySelectorAll("[data-theme-choice]")) {
    one.setAttribute("aria-pressed", String(one.dataset.themeChoice === theme));
  }
}

function footWords() {
  return [
    el("p", {}, t("foot.zone", { zone: zoneName() })),
    el("p", {}, t("foot.readonly")),
    el("p", {}, t("foot.charts"), " ", el("a", { href: CHARTS_AUTHOR, rel: "noreferrer", target: "_blank" }, "TradingView Lightweight Charts™")),
  ];
}

/** Mark the way that leads to the page shown. */
export function showPlace(path) {
  const place = ["parking", "waste", "cycling", "green"].includes(path[0]) ? ["domains", path[0]] : path;
  const exact = place.slice(0, 2).join("/");
  for (const link of document.querySelectorAll("[data-way]")) {
    const way = link.dataset.way;
    const current = way === exact ? "page" : way === (place[0] ?? "") ? "true" : null;
    if (current) link.setAttribute("aria-current", current);
    else link.removeAttribute("aria-current");
  }
}

/** Whose city this is; the name comes from the gateway's files. */
export function nameCity(name, id) {
  if (name === city && id === gateway) return;
  [city, gateway] = [name, id];
  for (const place of document.querySelectorAll(".brand .city")) fill(place, plain(placeName(name)));
  for (const place of document.querySelectorAll(".brand .gateway-name")) fill(place, t("brand.of", { gateway: id }));
}

/** How the stream is: a shape, words, and the time of the last word. */
export function showConnection({ state, heard }) {
  const place = document.getElementById("live");
  if (!place) return;
  const tone = { live: "good", lost: "bad", connecting: "calm", paused: "calm" }[state];
  const shape = { live: "good", lost: "critical", connecting: "wait", paused: "wait" }[state];
  const off = Math.abs(difference()) > CLOCK_DIFFERS_MS && state === "live";
  place.dataset.tone = off ? "warn" : tone;
  document.body.dataset.connection = state;
  showLost(state, heard);
  fill(place, icon(off ? "warning" : shape),
    el("span", { class: "live-words" }, off ? t("connection.clock") : t(`connection.${state}`, { time: clock(heard, { second: "2-digit" }) })));
}

/** While the gateway is not reached: since when what is shown is old, and what to do. */
function showLost(state, heard) {
  const place = document.getElementById("lost");
  if (state === "lost" && place.hidden) fill(place, notice({ severity: "warning", what: t("connection.lost.what", { time: clock(heard, { second: "2-digit" }) }), mend: t("connection.lost.mend") }));
  place.hidden = state !== "lost" && (state === "live" || place.hidden);
}

/** Counts beside the ways, the domains there are, and what is wrong for screen readers, when it changes. */
export function showTroubles(overview) {
  count("overview", overview.wrong_total, overview.wrong.some((one) => one.severity === "critical") ? "bad" : "");
  const found = [...new Set(overview.pilots.flatMap((pilot) => pilot.domains))];
  if (found.join() !== domains.join()) {
    domains = found;
    const list = document.getElementById("domain-ways");
    if (list) fill(list, domainWays());
    showPlace(here().path);
  }
  const said = document.getElementById("wrong-said");
  const words = overview.wrong_total ? t("wrong.count", { count: overview.wrong_total }) : t("wrong.none");
  if (said && said.textContent !== words) fill(said, words);
}

function count(name, number, tone) {
  for (const place of document.querySelectorAll(`[data-count="${name}"]`)) {
    place.hidden = !number;
    place.dataset.tone = tone;
    fill(place, number > MOST_COUNTED ? `${MOST_COUNTED}+` : number, el("span", { class: "unseen" }, ` ${t("nav.wrong")}`));
  }
}
