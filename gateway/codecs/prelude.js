// Runs in every context before the codec: the few things that TS013 codecs expect, and our way to call them.
// Everything we need ourselves is captured here, so that a codec which redefines it deceives only itself.
(function () {
  "use strict";
  const stringify = JSON.stringify;
  const parse = JSON.parse;
  const isArray = Array.isArray;
  const RealDate = Date;
  const build = Reflect.construct;
  const codeAt = Function.prototype.call.bind(String.prototype.charCodeAt);
  const fromCode = String.fromCharCode;
  let now = 0; // ms: the uplink's time. Same bytes, same time, same result.
  let seed = 1;

  function define(name, value) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
  }

  function UplinkDate(...parts) {
    if (!new.target) return new RealDate(now).toString();
    return build(RealDate, parts.length ? parts : [now], new.target);
  }
  UplinkDate.prototype = RealDate.prototype;
  UplinkDate.prototype.constructor = UplinkDate;
  UplinkDate.now = () => now;
  UplinkDate.parse = RealDate.parse;
  UplinkDate.UTC = RealDate.UTC;
  define("Date", UplinkDate);

  Math.random = () => {
    // mulberry32, seeded by the uplink's time
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  delete globalThis.performance;

  const silence = {};
  for (const word of ["assert", "debug", "dir", "error", "group", "groupEnd", "info", "log", "table", "time",
    "timeEnd", "trace", "warn"]) silence[word] = () => undefined;
  define("console", silence);

  const SIXTY_FOUR = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

  function utf8Bytes(text) {
    return Array.from(unescape(encodeURIComponent(text)), (c) => codeAt(c, 0));
  }

  function base64Bytes(text) {
    const bytes = [];
    let bits = 0, held = 0;
    for (const c of text.replace(/-/g, "+").replace(/_/g, "/")) {
      const six = SIXTY_FOUR.indexOf(c);
      if (six < 0) continue;
      held = (held << 6) | six;
      bits += 6;
      if (bits >= 8) {
        bits -= 8;
        bytes.push((held >> bits) & 0xff);
      }
    }
    return bytes;
  }

  function bytesOf(text, encoding) {
    switch (String(encoding || "utf8").toLowerCase()) {
      case "hex": return (text.match(/^([0-9a-fA-F]{2})*/)[0].match(/../g) || []).map((pair) => Number("0x" + pair));
      case "base64": case "base64url": return base64Bytes(text);
      case "ascii": case "latin1": case "binary": return Array.from(text, (c) => codeAt(c, 0) & 0xff);
      default: return utf8Bytes(text);
    }
  }

  function textOf(bytes, encoding) {
    let text = "";
    switch (String(encoding || "utf8").toLowerCase()) {
      case "hex":
        for (const byte of bytes) text += (byte < 16 ? "0" : "") + byte.toString(16);
        return text;
      case "base64":
        for (let n = 0; n < bytes.length; n += 3) {
          const three = (bytes[n] << 16) | (bytes[n + 1] << 8) | bytes[n + 2];
          text += SIXTY_FOUR[(three >> 18) & 63] + SIXTY_FOUR[(three >> 12) & 63];
          text += n + 1 < bytes.length ? SIXTY_FOUR[(three >> 6) & 63] : "=";
          text += n + 2 < bytes.length ? SIXTY_FOUR[three & 63] : "=";
        }
        return text;
      case "ascii":
        for (const byte of bytes) text += fromCode(byte & 0x7f);
        return text;
      case "latin1": case "binary":
        for (const byte of bytes) text += fromCode(byte);
        return text;
      default:
        for (const byte of bytes) text += fromCode(byte);
        try {
          return decodeURIComponent(escape(text));
        } catch (error) {
          return text.replace(/[\x80-\xff]/g, "\ufffd");
        }
    }
  }

  class Buffer extends Uint8Array {
    static from(source, encoding, length) {
      if (typeof source === "string") return Buffer.over(bytesOf(source, encoding));
      if (source instanceof ArrayBuffer) return new Buffer(source, encoding, length);
      if (source && source.type === "Buffer" && isArray(source.data)) return Buffer.over(source.data);
      return Buffer.over(Array.from(source));
    }
    static over(values) {
      const buffer = new Buffer(values.length);
      buffer.set(values);
      return buffer;
    }
    static alloc(size, fill) {
      const buffer = new Buffer(size);
      return fill === undefined ? buffer : buffer.fill(typeof fill === "string" ? codeAt(fill, 0) : fill);
    }
    static allocUnsafe(size) {
      return new Buffer(size);
    }
    static isBuffer(value) {
      return value instanceof Buffer;
    }
    static byteLength(value, encoding) {
      return typeof value === "string" ? bytesOf(value, encoding).length : value.byteLength;
    }
    static concat(list, length) {
      const all = [];
      for (const one of list) all.push(...one);
      const buffer = Buffer.alloc(length === undefined ? all.length : length);
      buffer.set(all.slice(0, buffer.length));
      return buffer;
    }
    static get [Symbol.species]() {
      return Buffer;
    }
    slice(start, end) {
      return this.subarray(start, end);
    }
    toString(encoding, start, end) {
      return textOf(this.subarray(start || 0, end === undefined ? this.length : end), encoding);
    }
    toJSON() {
      return { type: "Buffer", data: Array.from(this) };
    }
    equals(other) {
      return this.length === other.length && this.every((byte, n) => byte === other[n]);
    }
    copy(target, at, start, end) {
      const part = this.subarray(start || 0, end === undefined ? this.length : end);
      const room = target.length - (at || 0);
      target.set(part.subarray(0, room), at || 0);
      return Math.min(part.length, room);
    }
    write(text, at, length, encoding) {
      const bytes = bytesOf(text, typeof at === "string" ? at : encoding);
      const start = typeof at === "number" ? at : 0;
      const count = Math.min(bytes.length, this.length - start, typeof length === "number" ? length : Infinity);
      this.set(bytes.slice(0, count), start);
      return count;
    }
    readUIntBE(at, size) {
      this.inside(at, size);
      let value = 0;
      for (let n = 0; n < size; n++) value = value * 256 + this[at + n];
      return value;
    }
    readUIntLE(at, size) {
      this.inside(at, size);
      let value = 0;
      for (let n = size - 1; n >= 0; n--) value = value * 256 + this[at + n];
      return value;
    }
    readIntBE(at, size) {
      return signed(this.readUIntBE(at, size), size);
    }
    readIntLE(at, size) {
      return signed(this.readUIntLE(at, size), size);
    }
    writeUIntBE(value, at, size) {
      this.inside(at, size);
      for (let n = size - 1, rest = value; n >= 0; n--, rest = Math.floor(rest / 256)) this[at + n] = rest;
      return at + size;
    }
    writeUIntLE(value, at, size) {
      this.inside(at, size);
      for (let n = 0, rest = value; n < size; n++, rest = Math.floor(rest / 256)) this[at + n] = rest;
      return at + size;
    }
    inside(at, size) {
      if (!(at >= 0 && at + size <= this.length)) throw new RangeError("index out of range");
    }
  }

  function signed(value, size) {
    return value >= 2 ** (8 * size - 1) ? value - 2 ** (8 * size) : value;
  }

  const view = (buffer) => new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  const KINDS = { UInt8: 1, Int8: 1, UInt16: 2, Int16: 2, UInt32: 4, Int32: 4, Float: 4, Double: 8, BigUInt64: 8, BigInt64: 8 };
  const IN_VIEW = { UInt8: "Uint8", UInt16: "Uint16", UInt32: "Uint32", Float: "Float32", Double: "Float64", BigUInt64: "BigUint64" };
  for (const kind of Object.keys(KINDS)) {
    const name = IN_VIEW[kind] || kind;
    for (const order of KINDS[kind] === 1 ? [""] : ["LE", "BE"]) {
      const read = function (at) {
        this.inside(at || 0, KINDS[kind]);
        return view(this)["get" + name](at || 0, order === "LE");
      };
      const write = function (value, at) {
        this.inside(at || 0, KINDS[kind]);
        view(this)["set" + name](at || 0, value, order === "LE");
        return (at || 0) + KINDS[kind];
      };
      Object.defineProperty(Buffer.prototype, "read" + kind + order, { value: read });
      Object.defineProperty(Buffer.prototype, "write" + kind + order, { value: write });
      if (kind.includes("UInt")) {
        Object.defineProperty(Buffer.prototype, "read" + kind.replace("UInt", "Uint") + order, { value: read });
        Object.defineProperty(Buffer.prototype, "write" + kind.replace("UInt", "Uint") + order, { value: write });
      }
    }
  }
  define("Buffer", Buffer);

  function listOf(text) {
    const bytes = [];
    for (let n = 0; n < text.length; n++) bytes[n] = codeAt(text, n);
    return bytes;
  }

  function whole(output) {
    if (output === null || typeof output !== "object" || isArray(output)) throw new TypeError("the codec must return an object");
    return output;
  }

  // codec: what the codec defines, found by name after it was loaded. Answers are JSON texts: [output, normalised].
  return function caller(codec) {
    function decoded(name, text, port, extra) {
      const bytes = listOf(text);
      const fPort = port < 0 ? undefined : port;
      const input = { bytes, fPort, recvTime: new RealDate(now), variables: extra };
      if (codec[name]) return whole(codec[name](input));
      if (name === "decodeUplink" && codec.Decode) return { data: whole(codec.Decode(fPort, bytes, extra)) };
      if (name === "decodeUplink" && codec.Decoder) return { data: whole(codec.Decoder(bytes, fPort)) };
      throw new TypeError("the codec defines no " + name);
    }

    function encoded(text) {
      const input = parse(text);
      if (codec.encodeDownlink) return whole(codec.encodeDownlink(input));
      if (codec.Encode) return { bytes: codec.Encode(input.fPort, input.data, input.variables), fPort: input.fPort };
      if (codec.Encoder) return { bytes: codec.Encoder(input.data, input.fPort), fPort: input.fPort };
      throw new TypeError("the codec defines no encodeDownlink");
    }

    // A fault in normalizeUplink does not take the decoded values away.
    function normalised(output, fPort) {
      if (!codec.normalizeUplink || !output.data || (output.errors && output.errors.length)) return null;
      try {
        return codec.normalizeUplink({ data: output.data, fPort, recvTime: new RealDate(now) });
      } catch (error) {
        return null;
      }
    }

    return function call(name, text, port, time, extra) {
      now = time;
      seed = time | 0;
      switch (name) {
        case "decodeUplink": {
          const output = decoded(name, text, port, extra ? parse(extra) : {});
          return stringify([output, normalised(output, port)]);
        }
        case "decodeDownlink": return stringify([decoded(name, text, port, {}), null]);
        case "encodeDownlink": return stringify([encoded(text), null]);
        case "normalizeUplink":
          if (!codec.normalizeUplink) throw new TypeError("the codec defines no normalizeUplink");
          return stringify([whole(codec.normalizeUplink(parse(text))), null]);
      }
      throw new TypeError("no such function");
    };
  };
})()
