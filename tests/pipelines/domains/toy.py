"""A machine that does everything a machine may do: counts per quarter, words that change while an interval is open,
events, words of the whole day, silence, memory that never ends."""

from collections.abc import Iterator

import msgspec

from pipelines.domains import HOUR_NS, QUARTER_NS, Reading, Site
from pipelines.domains.local_time import day_bounds
from pipelines.model import Observation, Quality


class ToyState(msgspec.Struct):
    """``closed_ns``: every quarter before it is closed."""

    area: str
    closed_ns: int = 0
    count: int = 0
    weight: float = 0.0
    day_ns: int = 0
    day_end_ns: int = 0
    day_count: int = 0
    occupied: dict[str, bool] = {}
    since_ns: int = 0
    silent: bool = False


class Toy:
    """Of all bays of an area."""

    producer = "toy"
    version = 1
    features = frozenset({"parking-spot"})
    properties = frozenset({"occupied", "battery_v"})
    state = ToyState

    def key(self, reading: Reading, site: Site) -> str | None:
        """The area."""
        return site.place(reading.feature).area or None

    def begin(self, key: str, site: Site) -> ToyState:  # noqa: ARG002 - the seam
        """Nothing known."""
        return ToyState(key)

    def pass_time(self, state: ToyState, to_ns: int, site: Site) -> Iterator[Observation]:  # noqa: ARG002 - the seam
        """Close quarters and days; say silence."""
        if not state.since_ns:
            return
        feature = f"parking-spot/{state.area}"
        while state.closed_ns + QUARTER_NS <= to_ns:
            if state.count:
                yield Observation(
                    feature, "vehicle_count_interval", float(state.count), state.closed_ns, interval_ns=QUARTER_NS
                )
            state.count = 0
            state.closed_ns += QUARTER_NS
        if state.day_end_ns and state.day_end_ns <= to_ns:
            length_ns = state.day_end_ns - state.day_ns
            quality: Quality = "ok" if state.day_count > 2 else "missing"
            yield Observation(
                feature,
                "people_count_interval",
                float(state.day_count),
                state.day_ns,
                "gateway",
                quality,
                "",
                length_ns,
            )
            state.day_end_ns = 0
        if not state.silent and to_ns >= state.since_ns + 2 * HOUR_NS:
            state.silent = True
            yield Observation(feature, "leak", True, state.since_ns + 2 * HOUR_NS)

    def take(self, state: ToyState, reading: Reading, site: Site) -> Iterator[Observation]:
        """Count changes; say the day so far."""
        now_ns = reading.time_ns
        feature = f"parking-spot/{state.area}"
        if not state.since_ns:
            state.closed_ns = now_ns - now_ns % QUARTER_NS
        state.since_ns, state.silent = now_ns, False
        if reading.property == "battery_v":
            state.weight = 0.5 * state.weight + float(reading.value)
            yield Observation(feature, "battery_v", state.weight, now_ns)
            return
        if state.occupied.get(reading.feature) != reading.value:
            state.occupied[reading.feature] = bool(reading.value)
            state.count += 1
            if reading.value:
                yield Observation(reading.feature, "collected", True, now_ns)
            if not state.day_end_ns:
                state.day_ns, state.day_end_ns = day_bounds(now_ns, site.zone)
                state.day_count = 0
            state.day_count += 1
            length_ns = state.day_end_ns - state.day_ns
            if state.day_count > 1:
                yield Observation(
                    feature,
                    "people_count_interval",
                    float(state.day_count),
                    state.day_ns,
                    "gateway",
                    "estimated",
                    "gap",
                    length_ns,
                )


TOY = Toy()
