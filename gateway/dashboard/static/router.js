// Which page stands in the address: `/things/bay-12?span=168` → { path: ["things", "bay-12"], query: {span: "168"} }.

/** The place that the address names now; the overview is the empty path. */
export function here() {
  const parts = location.pathname.split("/").filter(Boolean).map(decoded);
  return { path: parts, query: Object.fromEntries(new URLSearchParams(location.search)) };
}

/** The address of a place; parts may hold any characters. Empty values of the query are left out. */
export function address(parts, query = {}) {
  const told = Object.entries(query).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const asked = told.length ? `?${new URLSearchParams(told)}` : "";
  return `/${parts.map(encodeURIComponent).join("/")}${asked}`;
}

/** Change the address without a new page: filters survive a reload and can be sent to a colleague. */
export function amend(parts, query) {
  history.replaceState(history.state, "", address(parts, query));
}

/** Follow links of the page without loading it anew, and the browser's way back; `arrive` shows the place. */
export function follow(arrive) {
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!link || !plain || event.defaultPrevented) return;
    const target = new URL(link.getAttribute("href"), location.href);
    if (target.origin !== location.origin || target.pathname.startsWith("/api/") || link.target) return;
    if (target.hash) return;
    event.preventDefault();
    if (target.href !== location.href) history.pushState(null, "", target);
    scrollTo(0, 0);
    arrive();
  });
  addEventListener("popstate", () => arrive());
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // a lone percent sign typed by hand
  }
}
