"""Tables of README.md that are made from the code: every event, every metric."""

import asyncio
import re
import tempfile
from pathlib import Path

from gateway import events
from gateway.config import load_config
from gateway.events import Event
from gateway.health.exposition import Reading
from gateway.run import open_gateway

SMALLEST = """
[gateway]
id = "gw-1"
city = "delft"
[http]
enabled = true
dashboard = false
[sources.file]
kind = "file"
path = "none.ndjson"
dialect = "tts-v3"
"""


def events_table() -> str:
    """Every event: level, name, fields, and what it means, by its docstring."""
    rows = ["| level | event | fields | meaning |", "| --- | --- | --- | --- |"]
    for name, kind in vars(events).items():
        if isinstance(kind, type) and issubclass(kind, Event) and kind is not Event:
            fields = " ".join(f"`{field}`" for field in kind.__struct_fields__)
            meaning = re.sub(r"\s+", " ", kind.__doc__ or "").replace("``", "`").replace("|", "\\|").strip()
            rows.append(f"| {kind.level.lower()} | `{name}` | {fields} | {meaning} |")
    return "\n".join(rows) + "\n"


def metrics_table() -> str:
    """Every metric of our own: name, type, labels, and what it tells, as a gateway that was just opened tells them."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_metrics_table(Path(folder)))


async def _metrics_table(folder: Path) -> str:
    for name in ("devices", "pilots"):
        (folder / name).mkdir()
    (folder / "citygate.toml").write_text(SMALLEST, encoding="utf-8")
    gateway = open_gateway(load_config(folder / "citygate.toml"))
    rows = ["| metric | type | labels | what it tells |", "| --- | --- | --- | --- |"]
    for metric in Reading(gateway).collect():
        if metric.name.startswith("citygate_"):
            suffix = {"counter": "_total", "info": "_info"}.get(metric.type, "")
            labels = " ".join(f"`{label}`" for label in metric._labelnames)  # type: ignore[attr-defined]  # noqa: SLF001 - a family without samples tells its labels nowhere else
            rows.append(f"| `{metric.name}{suffix}` | {metric.type} | {labels} | {metric.documentation} |")
    await gateway.logs.close()
    return "\n".join(rows) + "\n"
