// The live stream of the gateway, /api/stream. It is closed while nobody looks (a phone in a pocket, a hidden tab) and
// opened again with a fresh look at everything. `state` events tell how the connection is.

import { heardAt } from "./gateway_time.js";

const RETRY_MS = [1_000, 2_000, 5_000, 10_000];
const SILENT_MS = 40_000; // it sends something each 15 s at least
const HIDDEN_MS = 30_000;
const NAMES = ["hello", "overview", "things", "gateway", "event", "reload"];

const listeners = new Map();
let source = null;
let state = "connecting";
let since = Date.now();
let heard = Date.now();
let failures = 0;
let waiting = 0;
let hiding = 0;
let known = null;

/** Call `then` with each message of a name (or with each `state`) until the signal ends. */
export function on(name, then, until) {
  if (!listeners.has(name)) listeners.set(name, new Set());
  const wrapped = (told) => then(told);
  listeners.get(name).add(wrapped);
  until?.addEventListener("abort", () => listeners.get(name).delete(wrapped));
}

/** `connecting`, `live`, `lost` or `paused`; since when; when something was last heard. */
export const connection = () => ({ state, since, heard });

/** Open the stream and keep it open. */
export function begin() {
  open();
  document.addEventListener("visibilitychange", () => {
    clearTimeout(hiding);
    if (document.hidden) hiding = setTimeout(pause, HIDDEN_MS);
    else if (state === "paused") open();
  });
  addEventListener("pagehide", close);
  addEventListener("online", () => state === "lost" && open());
  setInterval(() => source && Date.now() - heard > SILENT_MS && lost(), 5_000);
}

function open() {
  close();
  heard = Date.now();
  if (state !== "lost") become("connecting");
  source = new EventSource("/api/stream");
  for (const name of NAMES) source.addEventListener(name, (event) => hear(name, JSON.parse(event.data)));
  source.onopen = () => {
    heard = Date.now();
  };
  source.onerror = lost;
}

function hear(name, told) {
  heard = Date.now();
  failures = 0;
  if (name === "hello") heardAt(told.at_ms);
  if (state !== "live") become("live");
  if (name === "hello") greet(told);
  tell(name, told);
}

// The gateway may have been restarted with another version of this page, or read its files anew meanwhile.
function greet({ version, files }) {
  if (known && known.version !== version) location.reload();
  if (known && known.files !== files) tell("reload", { files });
  known = { version, files };
}

function lost() {
  close();
  if (state !== "lost") become("lost");
  clearTimeout(waiting);
  waiting = setTimeout(open, RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]);
}

function pause() {
  close();
  clearTimeout(waiting);
  become("paused");
}

function close() {
  source?.close();
  source = null;
}

function become(next) {
  state = next;
  since = Date.now();
  tell("state", connection());
}

function tell(name, told) {
  for (const then of [...(listeners.get(name) ?? [])]) then(told);
}
