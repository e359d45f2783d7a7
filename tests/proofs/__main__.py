"""``python -m tests.proofs``: measure promises, print the table, write it into the README. ``--only`` names them.

Exit code 0: every promise that was measured holds; 1: one does not; 2: the command line or the README is wrong.
"""

import argparse
import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from tests.proofs.promises import (
    FULL,
    PROMISES,
    SMALL,
    Result,
    Sizes,
    flip_and_count,
    hold_up_and_compare,
    hostile_and_count,
    kill_and_count,
    outage_and_count,
    poison_and_count,
    replay_and_count,
    unit_and_count,
)
from tests.proofs.table import standing_rows, table, today, write_into

MEASURES: Mapping[str, Callable[[Sizes], list[Result]]] = {
    "P3": lambda sizes: asyncio.run(flip_and_count(sizes)),
    "P1": kill_and_count,
    "P8": hold_up_and_compare,
    "P9": poison_and_count,
    "P10": outage_and_count,
    "P11": hostile_and_count,
    "P17": replay_and_count,
    "P18": unit_and_count,
}


def measure(sizes: Sizes, only: Sequence[str]) -> list[Result]:
    """Those wanted; what cannot be measured here (a server that is not installed) says so in its row."""
    results: list[Result] = []
    for promise, measured_by in MEASURES.items():
        if only and promise not in only:
            continue
        try:
            results += tell(measured_by(sizes))
        except pytest.skip.Exception as missing:
            results += tell([Result(promise, PROMISES[promise], f"not measured here: {missing}", None)])
    return results


def tell(results: list[Result]) -> list[Result]:
    """Say at once what was found: the whole takes minutes."""
    for result in results:
        print(f"{result.promise}: {result.found}", file=sys.stderr, flush=True)
    return results


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.proofs", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--small", action="store_true", help="the small seeded form, about a minute")
    parser.add_argument("--kills", type=int, help=f"kill -9 so often ({FULL.kills})")
    parser.add_argument("--flips", type=int, help=f"flip so many bits ({FULL.flips})")
    parser.add_argument("--messages", type=int, help=f"messages around the poison point ({FULL.messages})")
    parser.add_argument("--outage", type=int, help=f"messages that wait behind a revoked token ({FULL.outage:,})")
    parser.add_argument("--rounds", type=int, help=f"rounds of hostile codecs ({FULL.rounds})")
    parser.add_argument("--pairs", type=int, help=f"runs with and without a hung sink ({FULL.pairs})")
    parser.add_argument("--seed", type=int, help="of the kills' moments and the flips' places")
    parser.add_argument("--only", default="", help=f"of {', '.join(MEASURES)}, by comma; P1 brings P5 and P16 with it")
    parser.add_argument("--write", type=Path, metavar="README.md", help="put the table between the README's marks")
    options = parser.parse_args()
    sizes = SMALL if options.small else FULL
    given = {name: getattr(options, name) for name in Sizes._fields if getattr(options, name) is not None}
    sizes = sizes._replace(**given)
    only = [promise for promise in options.only.split(",") if promise]
    if unknown := set(only) - MEASURES.keys():
        parser.error(f"--only: {', '.join(sorted(unknown))}; known are {', '.join(MEASURES)}")
    results = measure(sizes, only)
    standing = standing_rows(options.write) if only and options.write else []
    text = table(results, at=today(), size=" --small" if options.small else "", standing=standing)
    print(text)
    if options.write:
        try:
            write_into(options.write, text)
        except (OSError, ValueError) as error:
            print(error, file=sys.stderr)
            return 2
    return 0 if all(result.holds is not False for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
