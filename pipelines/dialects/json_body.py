"""A JSON body within the caps, decoded to a typed struct, or Rejected with what is wrong and where.

Laws
- No body raises: malformed JSON, invalid UTF-8 anywhere, wrong types and deep nesting are values.
- Nothing nested deeper than 32 levels and no object tree with more than 512 keys is kept. Fields that nobody reads are
  skipped, not judged: looking at every bracket of a 1.5 kB frame costs 1 µs, decoding it 2.
"""

import re
from typing import TypeVar

import msgspec

from pipelines.model import Rejected

MAX_DEPTH = 32
MAX_KEYS = 512
_SHORTEST_KEY = 5  # `"":0,`: no body below 2,560 bytes holds more than 512 keys

_NOT_STRUCTURE = bytes(set(range(256)) - set(b'{}[]"\\'))
# Possessive and closed by the end of the body too: linear on any bytes.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)

_QUOTE_CHARS = 60
_DETAIL_CHARS = 300
_TREE = msgspec.json.Decoder(dict[str, object])

T = TypeVar("T")


def quoted(text: object) -> str:
    """Foreign text for a detail: quoted, control characters escaped, cut after 60 characters."""
    shown = str(text)
    return repr(shown if len(shown) <= _QUOTE_CHARS else shown[: _QUOTE_CHARS - 1] + "…")


def read_json(decoder: msgspec.json.Decoder[T], body: bytes) -> T | Rejected:
    """Decode a body. Rejected as ``malformed``, or as ``too_deep`` where that is what is wrong with it."""
    try:
        return decoder.decode(body if body.isascii() else body.decode())  # the decoder skips unread text unchecked
    except UnicodeDecodeError as error:
        return Rejected("malformed", f"not UTF-8: byte {body[error.start]:#04x} at {error.start}")
    except msgspec.DecodeError as error:  # covers ValidationError
        return exceeds(body) or Rejected("malformed", str(error)[:_DETAIL_CHARS])
    except RecursionError:
        return exceeds(body) or Rejected("too_deep", "nested too deep to read")


def read_tree(raw: msgspec.Raw) -> dict[str, object] | Rejected | None:
    """Decode a free-form object, such as a network codec's output, within the caps; None for null or absent."""
    text = bytes(raw)
    if not text or text == b"null":
        return None
    too_large = exceeds(text)
    if too_large is not None:
        return too_large
    try:
        return _TREE.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return read_json(_TREE, text)  # says what is wrong


def exceeds(body: bytes) -> Rejected | None:
    """Why a tree is too large to keep, or None. Any tree of an ordinary message is told by two counts."""
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH and _depth_exceeds(body):
        return Rejected("too_deep", f"nested deeper than {MAX_DEPTH} levels")
    if len(body) >= MAX_KEYS * _SHORTEST_KEY and body.count(b":") > MAX_KEYS:
        keys = _STRING.sub(b"", body).count(b":")
        if keys > MAX_KEYS:
            return Rejected("too_deep", f"{keys} keys, at most {MAX_KEYS} are kept")
    return None


def _depth_exceeds(body: bytes) -> bool:
    """Whether brackets outside strings nest deeper than the cap.

    Works on the skeleton: only brackets, quotes and backslashes. A string without bracket or backslash shrinks to two
    quotes and vanishes; if a quote is left, some string holds a bracket, and strings are cut out the slow way.
    """
    skeleton = body.translate(None, _NOT_STRUCTURE).replace(b'""', b"")
    if b'"' in skeleton or b"\\" in skeleton:
        skeleton = _STRING.sub(b"", body).translate(None, _NOT_STRUCTURE + b'"\\')
    depth = 0
    for mark in skeleton:
        depth += 1 if mark in b"{[" else -1
        if depth > MAX_DEPTH:
            return True
    return False
