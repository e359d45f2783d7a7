// Words in the reader's language. Law: no visible text stands in a module; it stands in words.*.json under a key, or
// comes from the gateway: labels of its slugs from /api/words, sentences as {en, nl}.

import { recall, remember as keep } from "./remembered.js";

export const LANGUAGES = ["en", "nl"];

let table = {};
let labels = {};
let language = "en";
let plurals = new Intl.PluralRules("en");

/** The language chosen before, else the browser's, else English. */
export function preferred() {
  const chosen = recall("language");
  if (LANGUAGES.includes(chosen)) return chosen;
  const spoken = navigator.languages.map((one) => one.slice(0, 2));
  return spoken.find((one) => LANGUAGES.includes(one)) ?? "en";
}

/** Read a language's words and speak it from now on; `remember` when somebody chose it. Raises TypeError offline. */
export async function speak(wanted, { remember = false } = {}) {
  const answer = await fetch(new URL(`./words.${wanted}.json`, import.meta.url));
  table = await answer.json();
  language = wanted;
  plurals = new Intl.PluralRules(wanted);
  document.documentElement.lang = wanted;
  if (remember) keep("language", wanted);
}

/** The language in force: `en` or `nl`. */
export const spoken = () => language;

/** The habits for dates and numbers: days before months, 24 hours. */
export const locale = () => (language === "nl" ? "nl-NL" : "en-GB");

/** The words of a key; undefined where there is none: for slugs that the gateway may add. */
export const words = (key) => table[key];

/** The words of a key, `{name}` replaced. With `count`, the plural's form: such keys end in `.one` and `.other`. */
export function t(key, values = {}) {
  const name = "count" in values && !(key in table) ? `${key}.${plurals.select(values.count)}` : key;
  const words = table[name];
  if (words === undefined) {
    console.error(`no words for ${name}`);
    return name;
  }
  return words.replace(/\{(\w+)\}/g, (whole, word) => (word in values ? String(values[word]) : whole));
}

/** A sentence that came in both languages, in the one in force; any other text as it is. */
export const pick = (text) => (text && typeof text === "object" ? (text[language] ?? text.en ?? "") : (text ?? ""));

/** Take the gateway's labels, the answer of /api/words. */
export function learn(words) {
  labels = words;
}

/** The label of a slug: `label("domains", "waste")`. A slug that has none is shown as it is. */
export function label(kind, slug) {
  const found = Object.hasOwn(labels[kind] ?? {}, slug) ? labels[kind][slug] : null;
  return found ? pick(found) : slug;
}

/** What the gateway says of a property: unit, kind, words of its states; undefined for one it does not know. */
export const property = (name) => (Object.hasOwn(labels.properties ?? {}, name) ? labels.properties[name] : undefined);
