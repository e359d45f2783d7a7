// Parking guidance: which street to try now, how many bays are free there, and how likely one still is on arrival.

import { el } from "../element.js";
import { clock, moment, number, placeName, quantity } from "../format.js";
import { gatewayNow } from "../gateway_time.js";
import { icon } from "../icons.js";
import * as parts from "../parts.js";
import { address } from "../router.js";
import { t } from "../words.js";

const QUARTER_MS = 900_000;
const SAME_DAY_MS = 12 * 3_600_000; // an older quarter is told with its day

/** The streets, the best to try first. */
export function draw({ streets }) {
  if (!streets.length) return null;
  return [el("ul", { class: "streets" }, streets.map(street)), signs(streets)];
}

function street(one) {
  const lost = one.free + one.occupied === 0;
  // Advice and chances are of bays that anybody may take; so is the large figure, and reserved ones are told apart.
  const reserved = one.bays.filter((bay) => RESERVED.has(bay.category));
  const open = reserved.length < one.bays.length ? one.bays.filter((bay) => !RESERVED.has(bay.category)) : one.bays;
  const free = freeOf(open);
  const also = open === one.bays ? 0 : freeOf(reserved);
  const below = [
    t(open === one.bays ? "parking.of" : "parking.of_open", { all: number(open.length) }),
    !lost && also > 0 && t("parking.reserved", { count: also, n: also }),
    !lost && one.unknown > 0 && t("parking.unknown_count", { count: one.unknown, n: one.unknown }),
  ].filter(Boolean).join(" · ");
  return el("li", { class: "panel street", "data-key": one.feature, "data-full": free === 0 && !lost ? "" : null, "data-lost": lost ? "" : null },
    el("div", { class: "street-head" },
      el("h2", {}, parts.plain(placeName(one.name))),
      one.rank === 1 && !lost && parts.badge("good", "good", t("parking.best")),
      one.overstays > 0 && parts.badge("wait", "warn", t("parking.overstays", { count: one.overstays, n: one.overstays }))),
    el("div", { class: "street-free" },
      el("p", { class: "huge" }, lost ? t("value.none") : number(free)),
      el("div", {},
        el("p", { class: "huge-words" }, lost ? t("parking.unknown") : t("parking.free", { count: free })),
        el("p", { class: "note" }, below))),
    lost && parts.notice({ severity: "warning", what: t("parking.silent.what"), mend: t("parking.silent.mend") }),
    el("ul", { class: "bays", "aria-label": t("parking.bays") }, one.bays.map(bay)),
    el("p", { class: "note" }, occupancy(one)),
    one.chances.length > 0 && chances(one));
}

const RESERVED = new Set(["disabled", "loading", "charging", "resident"]);
const freeOf = (bays) => bays.filter((bay) => bay.state === "free").length;

// What the shapes mean; of the signs only those that are on the page.
function signs(streets) {
  const bays = streets.flatMap((one) => one.bays);
  const kinds = ["free", "occupied", "unknown"].map((state) => [{ "data-state": state }, "", t(`parking.state.${state}`)]);
  if (bays.some((one) => one.overstay)) kinds.push([{ "data-state": "occupied", "data-overstay": "" }, icon("wait"), t("parking.overstay")]);
  for (const name of Object.keys(SIGNS).filter((sign) => bays.some((one) => one.category === sign))) kinds.push([{ "data-state": "free" }, SIGNS[name], category(name)]);
  return el("ul", { class: "bay-signs", "data-key": "signs" }, kinds.map(([data, sign, words]) => el("li", {}, el("span", { class: "bay", "aria-hidden": "true", ...data }, sign), words)));
}

function occupancy(one) {
  if (one.occupancy_percent === null) return t("parking.occupancy_unknown");
  const at = one.occupancy_at_ms;
  const from = gatewayNow() - at < SAME_DAY_MS ? clock(at) : moment(at);
  return t("parking.occupancy", { percent: quantity(Math.round(one.occupancy_percent), "%"), from, to: clock(at + QUARTER_MS) });
}

function bay(one) {
  const words = [
    one.name, t(`parking.state.${one.state}`),
    one.overstay ? t("parking.overstay") : "",
    one.category === "ordinary" || !one.category ? "" : category(one.category),
  ].filter(Boolean).join(", ");
  return el("li", {}, el("a", { class: "bay", href: address(["things", one.thing]), "data-state": one.state, "data-overstay": one.overstay ? "" : null, "aria-label": words, title: words },
    one.overstay ? icon("wait") : SIGNS[one.category] ?? ""));
}

const SIGNS = { disabled: "♿︎", loading: "↧", charging: "ϟ", blue: "P", resident: "R" };
const category = (name) => (name in SIGNS ? t(`parking.category.${name}`) : name);

function chances({ chances: all }) {
  return el("div", { class: "chances" }, el("p", { class: "note" }, t("parking.chances"), " ", parts.timeAgo(all[0].at_ms)),
    el("dl", {}, all.map(({ minutes, percent }) => el("div", {},
      el("dt", {}, t("parking.in_minutes", { n: minutes })),
      el("dd", {}, parts.bar(percent), el("span", {}, quantity(Math.round(percent), "%")))))));
}
