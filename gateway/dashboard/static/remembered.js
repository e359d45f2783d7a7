// What this browser remembers of its reader's choices. A browser that keeps nothing loses the choice, and nothing else.

/** The value kept under this name; null where there is none. */
export function recall(name) {
  try {
    return localStorage.getItem(`citygate.${name}`);
  } catch {
    return null;
  }
}

/** Keep a value. */
export function remember(name, value) {
  try {
    localStorage.setItem(`citygate.${name}`, value);
  } catch {
    // Storage is off or full: the choice holds until the page is left.
  }
}
