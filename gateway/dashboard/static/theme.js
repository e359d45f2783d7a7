// Light, dark, or as the system has it. The choice is remembered; whoever draws on a canvas listens for `theme`.

import { recall, remember } from "./remembered.js";

export const THEMES = ["system", "light", "dark"];
const dark = matchMedia("(prefers-color-scheme: dark)");

/** The choice in force. */
export const chosen = () => (THEMES.includes(recall("theme")) ? recall("theme") : "system");

/** Choose, remember, and show. */
export function choose(theme) {
  remember("theme", theme);
  show();
}

/** Put the theme in force on the page, now and whenever the system's changes. */
export function follow() {
  show();
  dark.addEventListener("change", show);
}

function show() {
  const choice = chosen();
  document.documentElement.dataset.theme = choice === "system" ? (dark.matches ? "dark" : "light") : choice;
  document.dispatchEvent(new CustomEvent("theme"));
}

/** A colour of tokens.css as it is now, for what CSS cannot reach. */
export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
