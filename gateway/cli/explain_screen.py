"""A report of ``citygate explain`` on the screen: facts, bytes by rule, readings, outcome, what sinks send."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gateway.cli.screen import console
from gateway.explain.report import UNITS, Report, Row
from pipelines.layout.trace import Span

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

COLOURS = ("cyan", "green", "yellow", "magenta", "bright_blue", "bright_red")
QUALITY = {"ok": "green", "suspect": "yellow", "retracted": "red"}
LABEL = 14
SHOWN_BODY = 1_500


def print_report(report: Report, *, whole: bool = False) -> None:
    """Everything on standard output. ``whole``: also the body as received."""
    from rich.text import Text  # noqa: PLC0415 - commands that print nothing stay light

    out = console()
    for what, found in report.facts:
        out.print(Text.assemble((f"{what:<{LABEL}}", "bold"), found), soft_wrap=True)
    if whole or not report.payload_hex:
        cut = "" if whole or len(report.body) <= SHOWN_BODY else " …"
        out.print(Text.assemble((f"{'body':<{LABEL}}", "bold"), report.body[: None if whole else SHOWN_BODY] + cut))
    if report.payload_hex:
        _print_bytes(out, report)
    if report.rows:
        _print_rows(out, report.rows)
    _print_outcome(out, report)
    if report.line_protocol:
        out.print(Text("\nline protocol", style="bold"))
        out.print(report.line_protocol, soft_wrap=True)
    for topic, body in report.open_topics:
        out.print(Text.assemble(("\nopen topic  ", "bold"), topic))
        out.print(body, soft_wrap=True)


def _print_bytes(out: "Console", report: Report) -> None:
    from rich.text import Text  # noqa: PLC0415 - see above

    out.print(Text.assemble((f"{'bytes':<{LABEL}}", "bold"), _hex(report)))
    if report.spans:
        out.print()
        out.print(_spans(report))
    if report.fault:
        out.print(Text.assemble(("  ✗ ", "bold red"), report.fault))


def _spans(report: Report) -> "Table":
    """Every span on a line; fields that share a number share its bytes."""
    from rich.table import Table  # noqa: PLC0415 - see above
    from rich.text import Text  # noqa: PLC0415 - see above

    groups = _by_place(report.spans)
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for header in ("byte", "hex", "rule", "reading", "raw", "value"):
        table.add_column(header, justify="right" if header in ("byte", "raw", "value") else "left", overflow="fold")
    for number, span in enumerate(report.spans):
        style = COLOURS[groups.index((span.offset, span.length)) % len(COLOURS)] if span.name else "dim"
        same = number and (report.spans[number - 1].offset, report.spans[number - 1].length) == (
            span.offset,
            span.length,
        )
        shown = "" if same else _cut(report.payload_hex, span)
        raw = "" if span.raw is None else f"{span.raw:g}" if isinstance(span.raw, float) else str(span.raw)
        place = "" if same else str(span.offset)
        cells = (place, shown, span.rule, _named(span), raw, _value(span))
        table.add_row(*(Text(cell, style=style) for cell in cells))
    return table


def _hex(report: Report) -> "Text":
    """The whole frame: each rule's bytes in one colour, a space between rules; what was not read underlined red."""
    from rich.text import Text  # noqa: PLC0415 - see above

    groups = _by_place(report.spans)
    if not groups:
        return Text(" ".join(report.payload_hex[at : at + 2] for at in range(0, len(report.payload_hex), 2)))
    text, at = Text(), 0
    names = {(span.offset, span.length) for span in report.spans if span.name}
    for number, (offset, length) in enumerate(groups):
        if offset < at or not length:
            continue  # a field with a place of its own, read twice
        if offset > at:
            text.append(report.payload_hex[2 * at : 2 * offset] + " ", style="dim")
        style = COLOURS[number % len(COLOURS)] if (offset, length) in names else "dim"
        text.append(report.payload_hex[2 * offset : 2 * (offset + length)], style=style)
        text.append(" ")
        at = offset + length
    if rest := report.payload_hex[2 * at :]:
        text.append(rest, style="bold red underline" if report.fault else "dim")
    return text


def _by_place(spans: Sequence[Span]) -> list[tuple[int, int]]:
    """Each stretch of bytes once, in order of place; fields that share a number share its stretch."""
    return sorted({(span.offset, span.length) for span in spans})


def _cut(payload_hex: str, span: Span) -> str:
    return payload_hex[2 * span.offset : 2 * (span.offset + span.length)]


def _named(span: Span) -> str:
    return span.name + (f" ({span.age_s:g} s earlier)" if span.age_s else "")


def _value(span: Span) -> str:
    if span.value is None:
        return "missing" if span.name and span.raw is not None else ""
    return f"{shown(span.value)} {UNITS.get(span.unit, span.unit)}".rstrip()


def shown(value: object) -> str:
    """A value as people read it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _print_rows(out: "Console", rows: Sequence[Row]) -> None:
    from rich.table import Table  # noqa: PLC0415 - see above
    from rich.text import Text  # noqa: PLC0415 - see above

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for header in ("reading", "value", "property", "value", "quality", "why"):
        table.add_column(header, justify="right" if header == "value" else "left", overflow="fold")
    for row in rows:
        reading = f"{shown(row.value)} {row.unit}".rstrip()
        observed = "" if row.observed is None else f"{shown(row.observed)} {row.observed_unit}".rstrip()
        because = "  ".join(part for part in (row.time, row.why) if part)
        style = QUALITY.get(row.quality.partition(":")[0], "")
        table.add_row(
            Text(row.reading[:40]),
            Text(reading[:40]),
            Text(row.property, style="" if row.property else "dim"),
            Text(observed),
            Text(row.quality, style=style),
            Text(because, style="dim" if not row.quality else ""),
        )
    out.print()
    out.print(table)


def _print_outcome(out: "Console", report: Report) -> None:
    from rich.text import Text  # noqa: PLC0415 - see above

    style = "bold green" if report.outcome.startswith("accepted") else "bold yellow"
    if report.reason:
        style = "bold red"
    out.print()
    out.print(Text.assemble((f"{'outcome':<{LABEL}}", "bold"), (report.outcome, style)), soft_wrap=True)
    if report.reason:
        out.print(Text.assemble((f"{report.reason:<{LABEL}}", "red"), f" {report.detail}"), soft_wrap=True)
    for line in report.mend:
        first, *commands = line.splitlines()
        out.print(Text(f"→ {first}", style="cyan"))
        for command in commands:
            out.print(Text(f"    {command}", style="cyan"), soft_wrap=True)
    if report.differs:
        out.print(
            Text(f"→ {report.differs} citygate replay --dry-run shows it, citygate replay does it.", style="cyan")
        )
