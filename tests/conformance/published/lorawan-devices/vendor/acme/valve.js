// Copyright 2026 the people of Citygate, for their own tests. SPDX-License-Identifier: Apache-2.0
function decodeUplink(input) {
  if (input.fPort !== 2) return { errors: ["unknown port"] };
  state = input.bytes[0] ? "On" : "Off"; // a sloppy global, as many published codecs have
  var temperature = (input.bytes[3] << 24 >> 16 | input.bytes[4]) / 10;
  return { data: { valve: state, NO: input.bytes[1], batV: (input.bytes[2] + 102) / 100, air: { temperature: temperature } } };
}
function normalizeUplink(input) {
  return { data: { air: { temperature: input.data.air.temperature } } };
}
function encodeDownlink(input) {
  return { bytes: [input.data.valve === "On" ? 1 : 0], fPort: 2 };
}
function decodeDownlink(input) {
  return { data: { valve: input.bytes[0] ? "On" : "Off" } };
}
