// Figures, units and instants as people read them. Instants are milliseconds since 1970; the zone is the city's.

import { gatewayNow } from "./gateway_time.js";
import { locale, pick, property, t } from "./words.js";

const MINUTE = 60_000;
const QUARTER = 15 * MINUTE;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NO_BREAK = "\u00a0";

let zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const made = new Map();
const offsets = new Map();

/** The zone of all times: the city's; this browser's until one was learnt. */
export const zoneName = () => zone;

/** Tell times by this zone from now on. One that this browser does not know (or null) changes nothing. */
export function keepTimeOf(wanted) {
  try {
    zone = wanted ? Intl.DateTimeFormat("en", { timeZone: wanted }).resolvedOptions().timeZone : zone;
  } catch {
    return; // an older browser than the zone: it goes on with its own, and the foot of the page names it
  }
  made.clear();
  offsets.clear();
}

/** A number with so many decimals at most, by the language's habits. */
export function number(value, decimals = decimalsOf(value)) {
  return formatter("number", { maximumFractionDigits: decimals }).format(value).replace("-", "\u2212");
}

/** Decimals that tell something: three figures in all, none beyond a hundred. */
function decimalsOf(value) {
  const size = Math.abs(value);
  if (Number.isInteger(value) || size >= 100) return 0;
  return size >= 10 ? 1 : 2;
}

/** A value with its unit: `21.4 °C`, `yes`, `dry`. `name`, a property, finds the words of a state or flag. */
export function quantity(value, unit, name = "") {
  const { figure, sign } = quantityParts(value, unit, name);
  return sign ? `${figure}${NO_BREAK}${sign}` : figure;
}

/** The same as figure and unit apart, for a large figure with a small unit. */
export function quantityParts(value, unit, name = "") {
  if (value === null || value === undefined) return { figure: t("value.none"), sign: "" };
  if (typeof value === "number") return { figure: number(value), sign: unit ?? "" };
  const words = property(name)?.states ?? {};
  const word = String(value);
  if (Object.hasOwn(words, word)) return { figure: pick(words[word]), sign: "" };
  return { figure: typeof value === "boolean" ? t(value ? "value.yes" : "value.no") : word, sign: "" };
}

/** A slug out of the operator's files as a name: `saint-quentin` → `Saint-Quentin`, `lindenlaan` → `Lindenlaan`. What has spaces is a name. */
export function placeName(slug) {
  return /\s/.test(slug) ? slug : slug.replace(/(^|-)\p{Ll}/gu, (found) => found.toUpperCase());
}

/** A count of bytes: `12.4 MB`. */
export function bytes(count) {
  const steps = ["B", "kB", "MB", "GB", "TB"];
  const step = count > 0 ? Math.min(steps.length - 1, Math.floor(Math.log10(count) / 3)) : 0;
  const scaled = count / 1000 ** step;
  return `${number(scaled, step && scaled < 100 ? 1 : 0)}${NO_BREAK}${steps[step]}`;
}

/** How long ago, in one unit: `12 min ago`; what lies ahead by more than a minute is told as such. */
export function ago(at, now = gatewayNow()) {
  const past = now - at;
  if (past < -MINUTE) return t("time.ahead", { span: span(-past) });
  return past < 5_000 ? t("time.now") : t("time.ago", { span: span(past) });
}

/** A span of milliseconds in one unit: `12 min`. */
export function span(length) {
  const size = Math.max(0, length);
  if (size < MINUTE) return t("time.seconds", { n: Math.round(size / 1000) });
  if (size < 2 * HOUR) return t("time.minutes", { n: Math.round(size / MINUTE) });
  if (size < 2 * DAY) return t("time.hours", { n: Math.round(size / HOUR) });
  return t("time.days", { count: Math.round(size / DAY), n: number(Math.round(size / DAY)) });
}

/** An instant in full: `22 Nov 2026, 12:30:05`. */
export const instant = (at) => formatter("date", { dateStyle: "medium", timeStyle: "medium" }).format(at);

/** Day and minute: `Sun 22 Nov, 12:30`. */
export const moment = (at) =>
  formatter("date", { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }).format(at);

/** The time of day: `12:30`. */
export const clock = (at, options = {}) =>
  formatter("date", { hour: "2-digit", minute: "2-digit", ...options }).format(at);

/** The day: `Sun 22 Nov`. */
export const day = (at) => formatter("date", { weekday: "short", day: "numeric", month: "short" }).format(at);

/** Milliseconds that the zone's clocks were ahead of UTC at an instant. */
export function offset(at) {
  const quarter = Math.floor(at / QUARTER) * QUARTER; // clocks are changed at one
  if (!offsets.has(quarter)) {
    const options = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" };
    const parts = formatter("parts", options).formatToParts(quarter);
    const part = Object.fromEntries(parts.map(({ type, value }) => [type, Number(value)]));
    offsets.set(quarter, Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute) - quarter);
  }
  return offsets.get(quarter);
}

/** The instant at which the zone's clocks show `wall` (milliseconds, as if the zone were UTC); of two the later one. */
export const instantOf = (wall) => wall - offset(wall - offset(wall));

// Intl's formatters are slow to make and a page uses the same few thousands of times.
function formatter(kind, options) {
  const key = JSON.stringify([kind, locale(), options]);
  if (!made.has(key)) {
    const one =
      kind === "number"
        ? new Intl.NumberFormat(locale(), options)
        : new Intl.DateTimeFormat(kind === "parts" ? "en" : locale(), { timeZone: zone, hourCycle: "h23", ...options });
    made.set(key, one);
  }
  return made.get(key);
}
