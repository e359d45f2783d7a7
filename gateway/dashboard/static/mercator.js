// Web Mercator (EPSG:3857) on a unit square: x from west to east, y from north to south. Tiles use the same.

const EARTH_M = 40_075_016.686; // circumference at the equator, WGS 84

/** Degrees to the unit square. */
export function project(longitude, latitude) {
  const sine = Math.sin((latitude * Math.PI) / 180);
  return { x: (longitude + 180) / 360, y: 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI) };
}

/** Metres of one unit of the square at a height of it: Mercator stretches towards the poles. */
export function metresPerUnit(y) {
  return EARTH_M / Math.cosh(Math.PI * (1 - 2 * y));
}

/** The round number (1, 2, 5 times a power of ten) that is at most `size`. */
export function round125(size) {
  const power = 10 ** Math.floor(Math.log10(size));
  const lead = size / power;
  return (lead >= 5 ? 5 : lead >= 2 ? 2 : 1) * power;
}
