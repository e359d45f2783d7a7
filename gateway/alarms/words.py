"""How a message reads: the one place where text for people is built. Names of devices are foreign text."""

from collections.abc import Iterator, Mapping, Sequence

from gateway.alarms.notice import Line, Notice
from gateway.events import plain

HEADINGS: Sequence[tuple[str, str]] = (
    ("raised", "WRONG"),
    ("unsteady", "UNSTEADY: comes and goes; told again once it stands still"),
    ("still", "STILL WRONG"),
    ("cleared", "OVER"),
    ("passed", "CAME AND WENT before it could be told"),
)
VERBS: Mapping[str, str] = {"unsteady": "unsteady: ", "still": "still: ", "cleared": "over: ", "passed": "over: "}
LONGEST_SUBJECT = 160
LONGEST_NAME = 120


def subject(notice: Notice) -> str:
    """One line: the worst first, and how many more."""
    where = notice.city or notice.gateway
    if notice.test:
        return f"{where}: test of Citygate's alarms, nothing is wrong"
    first = notice.lines[0]
    more = notice.count("raised", "unsteady", "still", "cleared", "passed") - first.count
    mark = "CRITICAL " if first.severity == "critical" and first.word in ("raised", "still") else ""
    head = f"{mark}{where}: {VERBS.get(first.word, '')}{_head(first)}"
    return _cut(head, LONGEST_SUBJECT) + (f" (+{more} more)" if more else "")


def text(notice: Notice) -> str:
    """The whole message, plain text."""
    return "\n".join(_parts(notice)) + "\n"


def _parts(notice: Notice) -> Iterator[str]:
    yield f"Citygate {notice.gateway}, {notice.city}"
    if notice.test:
        yield f"\nThis is a test of the route {notice.route}. Nothing is wrong."
        return
    if notice.again:
        yield "\nThis may have reached you before: the gateway could not note whether it did."
    for word, heading in HEADINGS:
        lines = [line for line in notice.lines if line.word == word]
        if lines:
            yield f"\n{heading}"
        for line in lines:
            yield from _told(line)
    if notice.more_lines:
        yield f"\nAnd {notice.more_lines:,} lines more: citygate alarms list"
    if notice.held_until:
        yield f"\nThis hour's messages are used up. What follows comes as one, after {_time(notice.held_until)}."
    stand = "alarm stands" if notice.standing == 1 else "alarms stand"
    yield f"\n{notice.standing:,} {stand} now. On the gateway, citygate alarms list shows all."


def _told(line: Line) -> Iterator[str]:
    critical = "critical, " if line.severity == "critical" and line.word in ("raised", "still") else ""
    yield f"- {_head(line)}"
    if line.count > len(line.subjects) or line.count > 1:
        rest = line.count - len(line.subjects) if line.word != "passed" else 0  # some of those came more than once
        yield "  " + ", ".join(map(_name, line.subjects)) + (f" and {rest:,} more" if rest else "")
    pilot = f", pilot {line.pilot}" if line.pilot else ""
    began = "it began" if line.word in ("cleared", "passed") else "since"
    yield f"  {critical}{began} {_time(line.since)}{pilot}"
    if line.mend and line.word in ("raised", "unsteady", "still"):
        yield f"  {line.mend}"
    if line.explains_count and line.word != "cleared":
        rest = line.explains_count - len(line.explains)
        names = ", ".join(map(_name, line.explains)) + (f" and {rest:,} more" if rest else "")
        yield f"  Not heard because of it: {line.explains_count:,} ({names})"


def _head(line: Line) -> str:
    what = plain(line.what)
    if line.count > 1 and line.word == "passed":
        return f"{line.count:,} times{f' in {line.pilot}' if line.pilot else ''}: {what}"
    if line.count > 1:
        return (
            f"{line.count:,} in {line.pilot}: {what}" if line.pilot else f"{line.count:,} {line.kind}, such as: {what}"
        )
    return f"{_name(line.subjects[0])}: {what}" if line.pilot else what


def _name(name: str) -> str:
    return _cut(plain(name), LONGEST_NAME)


def _cut(words: str, longest: int) -> str:
    return words if len(words) <= longest else words[: longest - 1] + "…"


def _time(rfc3339: str) -> str:
    """``2026-11-22T14:03:05Z`` for people."""
    return rfc3339.replace("T", " ").removesuffix("Z")[:16] + " UTC"
