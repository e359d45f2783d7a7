"""Truth against estimate: what the gateway's analytics said, held against what the simulated city knows.

    truth.ndjson.zst ─▶ truths ──┐
                                 ├─▶ one file a domain ─▶ Score, Score, … ─▶ table
    store.sqlite ────▶ estimates ┘      by measures

Laws
- The gateway is read by its files alone, as any other program could: its store, by the tables that
  ``gateway/sinks/store/README.md`` describes.
- A measure is a pure function, with a hand-made case of a known score in its test; a worse estimate must score worse.
- What was not estimated counts too: beside an error stands the share of the truth that it was worked out from.
- A measure of which nothing was estimated keeps its row, with "no data"; one that the city does not ask has a dash.
- Nothing after the last truth is scored: there nobody knows.
"""

from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from simulators.scoring.estimates import Estimates
from simulators.scoring.truths import Truths


class Score(msgspec.Struct, frozen=True):
    """One figure. ``value`` None: there was nothing to judge. ``count``: of what it was worked out from.

    ``asked``: whether the truth holds anything of it; if so, None means that nothing was estimated.
    ``target``: what is aimed at in the columns clean, with faults, assumptions broken; empty where nothing is.
    """

    domain: str
    measure: str
    value: float | None
    unit: str
    count: int
    target: str = ""
    asked: bool = True


class Rehearsal(msgspec.Struct, frozen=True):
    """What is scored: the truth, the estimates; the zone of the city's days, and what its files say of each feature."""

    truths: Truths
    estimates: Estimates
    zone: ZoneInfo
    details: Mapping[str, Mapping[str, Any]]


Scorer = Callable[[Rehearsal], list[Score]]
