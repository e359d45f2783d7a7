// Watering: which trees (or parcels) need water today, how much, and whether their sensors can be believed.

import { el } from "../element.js";
import { day, number, placeName, quantity } from "../format.js";
import * as parts from "../parts.js";
import { property, pick, t } from "../words.js";

const ADVICE_BADGE = { water: ["water", "info"], wait: ["good", "good"], rained: ["weather", "good"], unknown: ["never", "calm"] };

/** Rounds first, then every plant, the driest at the top. */
export function draw({ day: advised, rounds, plants }) {
  const asked = plants.filter((one) => one.advice === "water");
  const sum = asked.reduce((litres, one) => litres + (one.litres ?? 0), 0);
  const when = advised ? t("green.for_day", { day: day(Date.parse(`${advised}T12:00:00`)) }) : "";
  return [
    parts.panel(t("green.today"), { note: when, key: "today" },
      el("dl", { class: "stats" },
        parts.stat(t("green.to_water"), parts.figure(asked.length, ""), t("green.of", { n: number(plants.length) })),
        parts.stat(t("green.litres"), parts.figure(Math.round(sum), "L")),
        rounds.some((one) => one.saved_l !== null) && parts.stat(t("green.saved"), parts.figure(Math.round(rounds.reduce((litres, one) => litres + (one.saved_l ?? 0), 0)), "L"), t("green.saved_note"))),
      rounds.length > 0 && areas(rounds)),
    plants.length > 0 && parts.panel(t("green.plants"), { note: t("green.plants_note"), key: "plants" }, list(plants)),
  ];
}

function areas(rounds) {
  const columns = [[t("green.area")], [t("green.to_water"), "right"], [t("green.litres"), "right"], [t("green.known"), "right"]];
  const rows = rounds.map((one) => [
    parts.plain(placeName(one.area) || t("value.none")), t("green.trees_of", { n: one.to_water, all: one.trees }),
    one.litres === null ? el("span", { class: "note" }, t("green.too_few")) : quantity(Math.round(one.litres), "L"),
    one.known_percent === null ? t("value.none") : quantity(Math.round(one.known_percent), "%"),
  ]);
  return parts.table(t("green.rounds"), columns, rows, { className: "cards areas", keys: rounds.map((one) => `${one.pilot}/${one.area}`) });
}

function list(plants) {
  const columns = [[t("things.name")], [t("green.advice")], [t("green.litres"), "right"], [t("green.soil")], [t("green.measured"), "tight"]];
  const rows = plants.map((one) => {
    const [shape, tone] = ADVICE_BADGE[one.advice ?? "unknown"] ?? ADVICE_BADGE.unknown;
    return [
      el("span", {}, parts.thingLink(one.thing, one.name), one.area && el("span", { class: "note block" }, parts.plain(placeName(one.area)))),
      el("span", {}, parts.badge(shape, tone, one.advice === null ? t("green.no_advice") : word("watering_advice", one.advice)),
        one.check && one.check !== "ok" && el("span", { class: "quality", "data-quality": "suspect" }, word("soil_sensor_check", one.check))),
      one.litres === null ? t("value.none") : quantity(Math.round(one.litres), "L"),
      soil(one),
      parts.timeAgo(one.measured_ms),
    ];
  });
  return parts.table(t("green.plants"), columns, rows, { className: "cards", keys: plants.map((one) => one.feature) });
}

function soil(one) {
  const figures = [
    one.water_state && word("soil_water_state", one.water_state),
    one.moisture_percent !== null && quantity(Math.round(one.moisture_percent * 10) / 10, "%"),
    one.tension_kpa !== null && quantity(Math.round(one.tension_kpa), "kPa"),
    one.depletion_mm !== null && t("green.lacks", { mm: quantity(Math.round(one.depletion_mm), "mm") }),
  ].filter(Boolean);
  return figures.join(" · ") || t("value.none");
}

const word = (name, state) => pick(property(name)?.states?.[state]) || state;
