// The page's own pictograms: strokes on a field of 24 by 24. They never stand alone; words are beside them.

import { svg } from "./element.js";

const PATHS = {
  brand: ["M3 20h18", "M5 20V9l5-4v15", "M10 20V11h5v9", "M15 20V7l4 3v10", "M7.5 12v.01M7.5 15v.01M12.5 14v.01M12.5 17v.01M17 13v.01M17 16v.01"],
  overview: ["M4 4h7v9H4z", "M13 4h7v5h-7z", "M13 11h7v9h-7z", "M4 15h7v5H4z"],
  things: ["M12 21s7-6.1 7-11.2A7 7 0 0 0 5 9.8c0 5.1 7 11.2 7 11.2z", "M12 12.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z"],
  domains: ["M12 3l9 5-9 5-9-5z", "M3 12.5l9 5 9-5", "M3 16.5l9 5 9-5"],
  inbox: ["M4 13l2.5-8h11L20 13v6H4z", "M4 13h4.5l1.5 3h4l1.5-3H20"],
  gateway: ["M4 13h16v6H4z", "M7.5 16h.01M11 16h.01", "M12 13V9", "M8.5 6.5a5 5 0 0 1 7 0", "M6 4a8.5 8.5 0 0 1 12 0"],
  parking: ["M5 3h14v18H5z", "M10 17V7h3a3 3 0 0 1 0 6h-3"],
  waste: ["M4 7h16", "M9 7V4h6v3", "M6 7l1 14h10l1-14", "M10 11v6M14 11v6"],
  cycling: ["M6 18.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z", "M18 18.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z", "M6 15l3.5-7h5L18 15", "M9 9.5l3.5 5.5 3-6M8 6h3M14 6h2.5"],
  green: ["M12 21v-8", "M12 16a6 6 0 1 1 4.5-10A5 5 0 0 1 15.5 16z", "M12 13l3-3M12 15l-3-3"],
  water: ["M12 3s6.5 7 6.5 11.5a6.5 6.5 0 0 1-13 0C5.5 10 12 3 12 3z", "M9 15a3 3 0 0 0 3 3"],
  energy: ["M13 2L5 13.5h6L10 22l9-12h-6.5z"],
  air: ["M3 9h11a3 3 0 1 0-3-3", "M3 13h15a3 3 0 1 1-3 3", "M3 17h7a2 2 0 1 1-2 2"],
  noise: ["M4 10v4h4l5 4V6l-5 4z", "M16 9a4 4 0 0 1 0 6", "M18.5 6.5a8 8 0 0 1 0 11"],
  weather: ["M8 18a4 4 0 0 1 0-8 5.5 5.5 0 0 1 10.5 2A3 3 0 0 1 18 18z", "M9 21v.01M13 21v.01M16 3v2M20.5 5L19 6.5"],
  agri: ["M12 21V9", "M12 12c-4 0-6-2-6-6 4 0 6 2 6 6z", "M12 15c3.5 0 6-2 6-5.5-3.5 0-6 2-6 5.5z", "M5 21h14"],
  safety: ["M12 3l8 3v6c0 5-3.5 8-8 9-4.5-1-8-4-8-9V6z", "M9 12l2 2 4-4"],
  mobility: ["M9 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z", "M4 21v-6a5 5 0 0 1 10 0v6", "M16 9a2 2 0 1 0 0-4", "M17 12a4 4 0 0 1 3.5 4v5"],
  light: ["M9 21h6", "M12 21V10", "M6 10h12l-2.5-6h-7z", "M9 13.5l-1 2M15 13.5l1 2"],
  good: ["M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z", "M8 12.5l2.7 2.7L16 9.5"],
  warning: ["M12 4L2.5 20h19z", "M12 10v4.5M12 17.3v.01"],
  critical: ["M8 3h8l5 5v8l-5 5H8l-5-5V8z", "M12 7.5v5.5M12 16.3v.01"],
  info: ["M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z", "M12 11v5.5M12 7.7v.01"],
  silent: ["M4 10v4h4l5 4V6l-5 4z", "M16.5 9.5l5 5M21.5 9.5l-5 5"],
  never: ["M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z", "M9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.7M12 16.8v.01"],
  ok: ["M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z", "M8 12.5l2.7 2.7L16 9.5"],
  alarm: ["M12 4L2.5 20h19z", "M12 10v4.5M12 17.3v.01"],
  network: ["M12 13V9", "M8.5 6.5a5 5 0 0 1 7 0", "M6 4a8.5 8.5 0 0 1 12 0", "M9 13h6l2 8H7z"],
  link: ["M12 13V9", "M8.5 6.5a5 5 0 0 1 7 0", "M6 4a8.5 8.5 0 0 1 12 0", "M9 13h6l2 8H7z"],
  battery: ["M3 8h15v8H3z", "M21 11v2"],
  search: ["M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13z", "M15.5 15.5L20.5 20.5"],
  plus: ["M12 5v14M5 12h14"],
  minus: ["M5 12h14"],
  fit: ["M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5"],
  copy: ["M9 9h11v11H9z", "M5 15H4V4h11v1"],
  system: ["M4 5h16v11H4z", "M9 20h6M12 16v4"],
  light_theme: ["M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8z", "M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4"],
  dark_theme: ["M20 14.5A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.5z"],
  back: ["M15 5l-7 7 7 7"],
  wait: ["M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z", "M12 7v5.5l3.5 2"],
};

/** A pictogram by name, hidden from screen readers; an unknown domain gets the pin. */
export function icon(name) {
  return svg(
    "svg",
    { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false", fill: "none", stroke: "currentColor", "stroke-width": 1.8, "stroke-linecap": "round", "stroke-linejoin": "round" },
    iconPaths(name),
  );
}

/** The strokes alone, to be put into a drawing of one's own. */
export const iconPaths = (name) => (PATHS[name] ?? PATHS.things).map((d) => svg("path", { d }));
