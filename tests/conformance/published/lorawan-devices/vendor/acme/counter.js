var frames = 0;
function decodeUplink(input) {
  while (input.bytes[0] > 200) {} // hangs on what nobody thought of
  frames += 1;
  return { data: { temperature: input.bytes[0], frames: frames } };
}
