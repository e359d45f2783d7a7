function decodeUplink(input) {
  const buffer = Buffer.from(input.bytes);
  return { data: { power: buffer.readUInt16BE(0), at: input.recvTime.toISOString() }, errors: [], warnings: [] };
}
function encodeDownlink(input) {
  return { bytes: [input.data.interval >> 8, input.data.interval & 0xff] };
}
