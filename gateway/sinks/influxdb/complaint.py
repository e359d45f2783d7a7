r"""What an InfluxDB says when it refuses content. Pure: an answer's text in, what it tells about the batch out.

Seen word for word on 1.6.7 and 2.7.12, read in the documents of 3 (see ``deploy/influxdb/README.md``):

    1    400  {"error": "partial write: field type conflict: input field \"t\" on measurement \"air\" is type float,
                         already exists as type integer dropped=2"}                                  the rest is kept
    1    400  {"error": "partial write: unable to parse 'air x=NaN': invalid number dropped=0"}      the rest is kept
    1    400  {"error": "partial write: points beyond retention policy dropped=2"}                   the rest is kept
    2    400  {"code": "invalid", "message": "unable to parse 'air x=NaN': invalid number"}          nothing is kept
    2    422  {"code": "unprocessable entity", "message": "… dropped=1"}                             the rest is kept
    3    400  {"error": "partial write of line protocol occurred", "data": [{"line_number": 2, …}]}  the rest is kept
"""

import re

import msgspec

WORDS_KEPT = 500
_DROPPED = re.compile(r"dropped[= ](\d+)")
_CONFLICT = re.compile(r'input field "((?:[^"\\]|\\.)*)" on measurement "((?:[^"\\]|\\.)*)"')
_UNPARSABLE = re.compile(r"unable to parse '(.*?)': ", re.DOTALL)


class Complaint(msgspec.Struct, frozen=True):
    """A refusal of content. Everything beyond ``words`` is a hint that shortens the search, never a proof.

    ``kept``: everything but the culprits is written. ``dropped``: how many lines are not (0: unknown).
    ``line_numbers`` count from 1. ``conflict`` is (measurement, field). ``too_old``: outside the retention.
    """

    words: str
    kept: bool = False
    dropped: int = 0
    line_numbers: tuple[int, ...] = ()
    quoted: tuple[str, ...] = ()
    conflict: tuple[str, str] | None = None
    too_old: bool = False


class _Line(msgspec.Struct):
    line_number: int = 0
    error_message: str = ""


class _Body(msgspec.Struct):
    error: str = ""
    message: str = ""
    data: list[_Line] | _Line | None = None


_decode = msgspec.json.Decoder(_Body).decode


def read_complaint(status: int, body: bytes) -> Complaint | None:
    """The complaint in a 400 or 422; None when the text is nothing that an InfluxDB says about content."""
    try:
        said = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    words = said.error or said.message
    if not words or words == "unexpected EOF" or "gzip" in words:
        return None  # the body was damaged on its way: not the fault of any line
    lines = [said.data] if isinstance(said.data, _Line) else said.data or []
    details = "; ".join(line.error_message for line in lines[:3] if line.error_message)
    conflict = _CONFLICT.search(words)
    dropped = _DROPPED.search(words)
    unparsable = tuple(match[1] for match in _UNPARSABLE.finditer(words))
    return Complaint(
        words=f"{words}: {details}"[:WORDS_KEPT] if details else words[:WORDS_KEPT],
        kept="partial write" in words or (status == 422 and dropped is not None),  # noqa: PLR2004 - the table above
        dropped=int(dropped[1]) if dropped and not unparsable else 0,  # unparsable lines are not in the number
        line_numbers=tuple(line.line_number for line in lines if line.line_number > 0),
        quoted=unparsable,
        conflict=(conflict[2], conflict[1]) if conflict else None,
        too_old="retention policy" in words,
    )
