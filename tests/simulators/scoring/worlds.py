"""Small worlds for scorers: truths as listed, and a store as the gateway would have written it."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from gateway.sinks.store.writer import Writer
from pipelines.model import Derived, Observation, Revision
from simulators.scoring import Rehearsal, Score
from simulators.scoring.estimates import Estimates
from simulators.scoring.instants import DAY_NS
from simulators.scoring.truths import Truths
from simulators.signals import Truth
from tests.simulated_site import at

BEGIN = at("2026-06-01T00:00")
UTC = ZoneInfo("UTC")
END = Truth(BEGIN + 40 * DAY_NS, "nothing", "end_of_the_world", value=True)


def written(file: Path, said: Iterable[Observation]) -> None:
    writer = Writer(file)
    writer.write([Revision(1, Derived("analytics", 1, "pilot", "city", tuple(said)), first=True)])
    writer.close()


def world(
    folder: Path,
    truths: Iterable[Truth],
    said: Iterable[Observation],
    details: Mapping[str, Mapping[str, float | str]] | None = None,
    *,
    end: Truth = END,
) -> Rehearsal:
    file = folder / "store.sqlite"
    file.unlink(missing_ok=True)
    written(file, said)
    known = Truths([Truth(BEGIN, "nothing", "begin_of_the_world", value=True), *truths, end])
    return Rehearsal(known, Estimates(file, until_ns=known.end_ns), UTC, details or {})


def value(scores: Iterable[Score], measure: str) -> float | None:
    (found,) = [one for one in scores if one.measure.startswith(measure)]
    return found.value
