"""``python -m simulators score LABEL=DIR …``: what the gateway made of a simulated city, against what was true.

Each DIR is a rehearsal: ``truth.ndjson.zst`` (or .parquet), ``state/store.sqlite``, ``pilots/`` and ``devices/``. The
scores of several stand side by side.
"""

import argparse
import sys
import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from simulators.city_clock import now_ns
from simulators.scenario import World
from simulators.scoring import (
    Rehearsal,
    Score,
    Scorer,
    counters_year,
    counting,
    lora_gateways,
    parking,
    silence,
    supplies,
    surroundings,
    waste,
)
from simulators.scoring.estimates import Estimates, StoreError
from simulators.scoring.table import markdown, write_into
from simulators.scoring.truths import Truths

SCORERS: tuple[Scorer, ...] = (
    parking.score,
    waste.score,
    counting.score,
    surroundings.score,
    supplies.score,
    silence.score,
    lora_gateways.score,
)
"""In the order of the table. To score another domain, add a file in ``scoring/`` and a row."""

TRUTHS = ("truth.ndjson.zst", "truth.ndjson.gz", "truth.ndjson", "truth.parquet")


def score(folder: Path) -> list[Score]:
    """Every figure of a rehearsal's folder. Raises OSError, StoreError, msgspec.DecodeError."""
    file = next((folder / name for name in TRUTHS if (folder / name).is_file()), None)
    if file is None:
        raise FileNotFoundError(f"{folder}: holds no truth. It is written by: citygate simulate … --truth FILE")
    truths = Truths.read(file)
    zone = ZoneInfo(next((str(pilot["timezone"]) for pilot in _tables(folder / "pilots")), "Europe/Brussels"))
    devices = [device for table in _tables(folder / "devices") for device in table.get("device", ())]
    details = {str(device["feature"]): device.get("details", {}) for device in devices}
    estimates = Estimates(folder / "state" / "store.sqlite", until_ns=truths.end_ns)
    rehearsal = Rehearsal(truths, estimates, zone, details)
    return [figure for scorer in SCORERS for figure in scorer(rehearsal)]


def _tables(folder: Path) -> Sequence[Mapping[str, Any]]:
    return [tomllib.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.toml"))]


def parser() -> argparse.ArgumentParser:
    """The command line of the program."""
    made = argparse.ArgumentParser(
        prog="python -m simulators score", description=(__doc__ or "").partition(": ")[2].splitlines()[0]
    )
    made.add_argument("rehearsals", nargs="+", metavar="LABEL=DIR", help="a column's head, and a rehearsal's folder")
    made.add_argument("--json", action="store_true", help="print the scores as JSON")
    made.add_argument("--write", type=Path, metavar="FILE", help="put the table between the marks of this page")
    made.add_argument("--said", default="", metavar="WORDS", help="the command that made the rehearsals, for the page")
    made.add_argument(
        "--year", action="append", default=[], metavar="LABEL=WORLD:SHARE",
        help="also a year of counters in that world, of which such a share is lost",
    )  # fmt: skip
    return made


def main(argv: list[str]) -> int:
    """The command. Exit code 0: done; 1: a file failed; 2: the command line is wrong."""
    made = parser()
    options = made.parse_args(argv)
    folders = dict(given.partition("=")[::2] for given in options.rehearsals)
    if not all(folders.values()):
        made.error("each rehearsal is LABEL=DIR")
    try:
        columns = {label: score(Path(folder)) for label, folder in folders.items()}
        for given in options.year:
            label, world, share = year_of(given)
            columns[label] += counters_year.score(world, share)
        if options.write:
            write_into(options.write, page(columns, options.said))
    except (OSError, StoreError, ValueError, msgspec.DecodeError) as error:
        print(error, file=sys.stderr)
        return 1
    if options.json:
        print(msgspec.json.encode(columns).decode())
    else:
        print(markdown(columns), end="")
    return 0


def year_of(given: str) -> tuple[str, World, float]:
    """``LABEL=WORLD:SHARE`` taken apart. Raises ValueError."""
    label, _, rest = given.partition("=")
    world, _, share = rest.partition(":")
    if world == "as-modelled":
        return label, "as-modelled", float(share)
    if world == "breaks-assumptions":
        return label, "breaks-assumptions", float(share)
    raise ValueError(f"--year {given}: no such world. Write LABEL=as-modelled:0.2")


def page(columns: Mapping[str, Sequence[Score]], said: str) -> str:
    """The table as a page shows it, with the command that made it and the day."""
    head = (
        f"\nWritten by `{said}` on {datetime.fromtimestamp(now_ns() / 1e9, UTC):%Y-%m-%d}; in brackets: of how many.\n"
        if said
        else ""
    )
    return f"{head}\n{markdown(columns)}"
