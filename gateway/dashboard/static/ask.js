// Asking the gateway. What it refuses becomes an AskError that says what is wrong and what to do, in both languages.

import { heardAt } from "./gateway_time.js";
import { pick, t } from "./words.js";

const PATIENCE_MS = 20_000;

/** The gateway did not answer as asked. `status` 0: it did not answer at all. */
export class AskError extends Error {
  constructor(status, what, mend) {
    super(what);
    this.status = status;
    this.what = what;
    this.mend = mend;
  }
}

/** What an address answers. Raises AskError, and AbortError when `until` ends first. */
export async function ask(path, query = {}, until = undefined) {
  const told = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const target = told.length ? `${path}?${new URLSearchParams(told)}` : path;
  const signals = [AbortSignal.timeout(PATIENCE_MS), ...(until ? [until] : [])];
  let answer;
  try {
    answer = await fetch(target, { headers: { Accept: "application/json" }, signal: AbortSignal.any(signals) });
  } catch (error) {
    if (until?.aborted) throw error;
    throw new AskError(0, t("error.unreachable.what"), t("error.unreachable.mend"));
  }
  if (answer.ok) {
    const told = await answer.json();
    if (told.at_ms) heardAt(told.at_ms);
    return told;
  }
  throw await refusal(answer);
}

async function refusal(answer) {
  if (answer.status === 401 || answer.status === 403) {
    return new AskError(answer.status, t("error.token.what"), t("error.token.mend"));
  }
  try {
    const told = await answer.json();
    return new AskError(answer.status, pick(told.what), pick(told.mend));
  } catch {
    return new AskError(answer.status, t("error.other.what", { status: answer.status }), t("error.other.mend"));
  }
}
