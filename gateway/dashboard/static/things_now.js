// All things as they are now: asked once, then kept true by the stream.

import { ask } from "./ask.js";
import { on } from "./stream.js";

const DRAW_EVERY_MS = 1_000;

/** Ask for all things. `list()` and `notices()` are as of now; `follow(then, until)` calls back when some changed. */
export async function thingsNow(until) {
  let answer = await ask("/api/things", {}, until);
  let byId = new Map(answer.things.map((one) => [one.id, one]));

  async function again() {
    answer = await ask("/api/things", {}, until);
    byId = new Map(answer.things.map((one) => [one.id, one]));
  }

  function follow(then, signal) {
    let due = 0;
    const soon = () => {
      due ||= setTimeout(() => {
        due = 0;
        if (!signal.aborted) then();
      }, DRAW_EVERY_MS);
    };
    on("things", async (told) => {
      if (told.all) await again().catch(() => {}); // offline: the connection's own line tells of it
      for (const one of told.things) byId.set(one.id, one);
      soon();
    }, signal);
  }

  return {
    list: () => [...byId.values()],
    total: () => answer.total,
    tiles: () => answer.tiles,
    notices: () => answer.notices,
    follow,
  };
}
