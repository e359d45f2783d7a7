// Waste collection: which containers to empty now, in which order, and which will be full when.

import { el } from "../element.js";
import { day, number, placeName, quantity } from "../format.js";
import { gatewayNow } from "../gateway_time.js";
import { worldMap } from "../map.js";
import * as parts from "../parts.js";
import { label, t } from "../words.js";

const HOUR_MS = 3_600_000;

/** The map outlives each drawing of the page. */
export function begin(until) {
  const maps = new Map();
  until.addEventListener("abort", () => maps.forEach((map) => map.end()));
  return {
    settle(body, { rounds }) {
      for (const round of rounds) {
        const place = [...body.querySelectorAll("[data-round]")].find((one) => one.dataset.round === round.pilot);
        if (!place) continue;
        if (!maps.has(round.pilot)) maps.set(round.pilot, worldMap({ label: t("waste.map", { pilot: round.title }), compact: true }));
        const map = maps.get(round.pilot);
        if (!place.firstChild) place.append(map.element);
        drawTour(map, round);
      }
    },
  };
}

function drawTour(map, round) {
  const byFeature = new Map(round.containers.map((one) => [one.feature, one]));
  const stops = round.stops.map((stop) => byFeature.get(stop.feature)).filter((one) => one && one.longitude !== null);
  const things = round.containers.map((one) => ({
    id: one.thing, name: one.name, area: one.area, pilot: round.pilot, domain: "waste", longitude: one.longitude, latitude: one.latitude,
    state: one.alarms.length ? "alarm" : "ok", alarms: one.alarms,
    main: one.level_percent === null ? null : { value: one.level_percent, unit: "%", property: "fill_level_percent", at_ms: one.level_at_ms },
  }));
  map.draw(things, null, {
    route: stops.map((one) => [one.longitude, one.latitude]),
    numbers: new Map(stops.map((one, index) => [one.thing, index + 1])),
  });
}

/** One section per pilot: the tour, the map, all containers. */
export function draw({ rounds }) {
  return rounds.map((round) =>
    el("section", { class: "stack", "data-key": round.pilot, "aria-label": round.title },
      el("div", { class: "tour" }, tour(round),
        round.containers.some((one) => one.longitude !== null) &&
          el("div", { class: "panel map-panel", "data-key": "map" }, el("div", { "data-round": round.pilot, "data-kept": true }))),
      parts.panel(t("waste.all"), { note: t("waste.all_note"), key: "all" }, containers(round))));
}

function tour(round) {
  const byFeature = new Map(round.containers.map((one) => [one.feature, one]));
  const stops = round.stops.map(({ feature, way_km }, index) => {
    const one = byFeature.get(feature);
    return el("li", { "data-key": feature },
      el("span", { class: "stop-number", "aria-hidden": "true" }, index + 1),
      el("div", {}, el("strong", {}, one ? parts.thingLink(one.thing, one.name) : parts.plain(feature)),
        el("p", { class: "note" }, [one?.area && parts.plain(placeName(one.area)), one?.area && " · ", one && level(one), index > 0 && way_km > 0 && ` · ${t("waste.way", { km: km(way_km) })}`])),
      one && gauge(one));
  });
  const saved = round.fixed_km - round.km;
  return parts.panel(t("waste.tour"), { className: "tour-list", key: "tour", note: round.title },
    el("p", { class: "lead" }, round.stops.length ? t("waste.due", { count: round.stops.length, n: round.stops.length, all: round.containers.length }) : t("waste.nothing_due")),
    el("p", { class: "note" }, t("waste.rule", { percent: quantity(round.full_percent, "%"), hours: number(round.until_h) })),
    stops.length > 0 && el("ol", { class: "stops" }, stops),
    stops.length > 1 && el("dl", { class: "stats tour-stats" },
      parts.stat(t("waste.km"), parts.figure(Math.round(round.km * 10) / 10, "km"), t("waste.km_fixed", { km: km(round.fixed_km) })),
      saved > 0 && parts.stat(t("waste.saved"), parts.figure(Math.round((100 * saved) / round.fixed_km), "%"), t("waste.co2", { kg: quantity(Math.round((round.fixed_co2_kg - round.co2_kg) * 10) / 10, "kg") }))),
    round.unplaced.length > 0 && el("p", { class: "note" }, t("waste.unplaced", { count: round.unplaced.length, n: round.unplaced.length })),
    stops.length > 1 && el("p", { class: "note" }, t("waste.map_note"), " ", t("waste.distance_note")));
}

const km = (value) => quantity(Math.round(value * 10) / 10, "km");

const level = (one) => (one.level_percent === null ? t("waste.level_unknown") : t("waste.level", { percent: quantity(Math.round(one.level_percent), "%") }));

function gauge(one) {
  const percent = one.level_percent ?? 0;
  return el("span", { class: "gauge" }, parts.bar(percent, percent >= 80 ? "bad" : percent >= 60 ? "warn" : "accent"));
}

function containers({ containers: all }) {
  const columns = [[t("things.name")], [t("waste.column_level")], [t("waste.column_full")], [t("waste.column_rate"), "right"], [t("waste.column_collected"), "tight"]];
  const rows = all.map((one) => [
    el("span", {}, parts.thingLink(one.thing, one.name), one.area && el("span", { class: "note block" }, parts.plain(placeName(one.area)))),
    el("span", { class: "level" }, gauge(one), el("span", {}, one.level_percent === null ? t("value.none") : quantity(Math.round(one.level_percent), "%")),
      el("span", { class: "note" }, parts.timeAgo(one.level_at_ms)),
      one.alarms.map((alarm) => parts.badge("alarm", "bad", label("troubles", alarm))), parts.qualityMark(one)),
    full(one),
    one.rate_percent_day === null ? t("value.none") : quantity(Math.round(one.rate_percent_day * 10) / 10, "%/d"),
    one.collected_ms === null ? t("value.none") : parts.timeAgo(one.collected_ms),
  ]);
  return parts.table(t("waste.all"), columns, rows, { className: "cards", keys: all.map((one) => one.feature) });
}

// Of a forecast the middle is told as a day, the spread beside it: eight of ten lie between.
function full(one) {
  if (one.full_in_h === null) return el("span", { class: "note" }, t("waste.full_unknown"));
  const at = (hours) => day(gatewayNow() + hours * HOUR_MS);
  const spread = one.sooner_h === null || one.later_h === null ? "" : at(one.sooner_h) === at(one.later_h) ? "" : t("waste.between", { from: at(one.sooner_h), to: at(one.later_h) });
  return el("span", {}, one.full_in_h <= 0 ? t("waste.full_now") : at(one.full_in_h), spread && el("span", { class: "note block" }, spread));
}
