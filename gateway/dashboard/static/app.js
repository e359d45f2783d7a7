// The page begins here: words, frame, router, stream; then one module per page, loaded when it is first asked for.

import { ask, AskError } from "./ask.js";
import { el, fill } from "./element.js";
import { frame, nameCity, showConnection, showPlace, showTroubles } from "./frame.js";
import { keepTimeOf } from "./format.js";
import { heardAt } from "./gateway_time.js";
import { notice, beginCopying, beginTicking, pageHead } from "./parts.js";
import { follow, here } from "./router.js";
import { begin, connection, on } from "./stream.js";
import { follow as followTheme } from "./theme.js";
import { learn, preferred, speak, t } from "./words.js";

const PAGES = {
  "": "overview", things: "things", domains: "domains", inbox: "inbox", gateway: "gateway", events: "events",
  parking: "domains", waste: "domains", cycling: "domains", green: "domains",
};
const AGAIN_MS = 5_000;

let leaving = new AbortController();

async function start() {
  followTheme();
  await speak(preferred());
  await learnWords();
  build();
  follow(show);
  beginTicking();
  beginCopying();
  on("state", showConnection);
  on("reload", async () => {
    await learnWords();
    build();
    await show({ moved: false });
  });
  on("overview", (told) => {
    heardAt(told.at_ms);
    heardOverview(told);
  });
  begin();
  await show();
}

// The labels of the gateway's slugs, and the city's zone, which may change with the operator's files.
async function learnWords() {
  const words = await ask("/api/words").catch(() => null);
  if (!words) return;
  learn(words);
  keepTimeOf(words.zone);
}

function build() {
  fill(document.getElementById("app"), frame(changeLanguage));
  showConnection(connection());
}

async function changeLanguage(language) {
  await speak(language, { remember: true });
  build();
  await show();
}

function heardOverview(overview) {
  nameCity(overview.city, overview.gateway);
  showTroubles(overview);
}

/** Show the place that the address names; the focus goes along where the reader `moved`. What was begun before ends. */
async function show({ moved = true } = {}) {
  leaving.abort();
  leaving = new AbortController();
  const until = leaving.signal;
  const place = here();
  const main = document.getElementById("main");
  const first = main.childElementCount === 0;
  delete document.body.dataset.failed;
  showPlace(place.path);
  try {
    const name = PAGES[place.path[0] ?? ""];
    const page = name ? await module(name) : null;
    if (until.aborted) return;
    if (page) await page.show(main, place, until);
    else fill(main, pageHead(t("missing.title"), t("missing.lead")), el("p", {}, el("a", { href: "/" }, t("nav.overview"))));
  } catch (error) {
    if (until.aborted) return;
    if (!(error instanceof AskError)) throw error;
    fail(main, error, until);
  }
  main.setAttribute("aria-busy", "false");
  const heading = main.querySelector("h1");
  document.title = [heading?.textContent, "Citygate"].filter(Boolean).join(" · ");
  if (moved && !first) heading?.focus({ preventScroll: true });
}

async function module(name) {
  try {
    return await import(`./pages/${name}.js`);
  } catch (error) {
    // A browser remembers that a module could not be had; only a new page asks again.
    if (error instanceof TypeError) throw new AskError(0, t("error.unreachable.what"), t("error.unreachable.mend"));
    throw error;
  }
}

function fail(main, error, until) {
  const told = { severity: error.status === 404 ? "info" : "critical", what: error.what, mend: error.mend };
  fill(main, pageHead(t(error.status === 404 ? "missing.title" : "error.title")), notice(told),
    error.status === 401 && tokenForm());
  document.body.dataset.failed = error.status;
  if (error.status === 404 || error.status === 401) return;
  const again = setTimeout(tryAgain, AGAIN_MS);
  until.addEventListener("abort", () => clearTimeout(again));
}

// Anew from the ground where the gateway answers again; an error page that reloads itself while it does not would flicker.
async function tryAgain() {
  if (await ask("/api/words").catch(() => null)) location.reload();
  else await show({ moved: false });
}

// The listener takes `?token=` once and puts it into a cookie that scripts cannot read.
function tokenForm() {
  const field = el("input", { id: "token", name: "token", type: "password", autocomplete: "off", required: true });
  const enter = (event) => {
    event.preventDefault();
    location.assign(`/?token=${encodeURIComponent(field.value)}`);
  };
  return el("form", { class: "token-form", onsubmit: enter },
    el("label", { for: "token" }, t("token.label")), field, el("button", { class: "button", type: "submit" }, t("token.enter")));
}

start();
