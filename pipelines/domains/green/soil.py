"""One tree or parcel: means of a local day, what its root zone lacks, and in one word how wet it is."""

from collections.abc import Iterable

import msgspec

from pipelines.domains import NEVER_NS, Reading, Site
from pipelines.domains.green.details import SoilDetails
from pipelines.domains.green.formulas import WORDS, depletion, water_content_at, word_for_depletion, word_for_tension
from pipelines.domains.local_time import day_bounds
from pipelines.domains.register import MIN_CAPTURE
from pipelines.domains.said import coverage, missing, of_interval
from pipelines.model import Observation

MOISTURE, TENSION, TEMPERATURE = "soil_moisture_percent", "soil_tension_kpa", "soil_temperature_c"

PARTS = 4
"""A day is known by its quarters: soil is slow, and a sensor that reports every six hours knows it."""


class Mean(msgspec.Struct, array_like=True):
    """Readings of one property in the running day. ``heard``: a bit for each part of the day that had one."""

    total: float = 0.0
    count: int = 0
    last: float = 0.0
    heard: int = 0

    def take(self, value: float, part: int) -> None:
        """One reading in a part of the day."""
        self.total += value
        self.count += 1
        self.last = value
        self.heard |= 1 << part

    @property
    def share(self) -> float:
        """Of the day's parts, those that were heard."""
        return self.heard.bit_count() / PARTS


class SoilState(msgspec.Struct, array_like=True):
    """The running day; ``end_ns`` 0 when none runs."""

    feature: str
    begin_ns: int = 0
    end_ns: int = 0
    means: dict[str, Mean] = {}


class SoilWater:
    """Key: the tree or parcel. Says a day when it is over."""

    producer = "soil-water"
    version = 1
    sure_only = True
    features = frozenset({"tree", "parcel"})
    properties = frozenset({MOISTURE, TENSION, TEMPERATURE})
    state = SoilState

    def key(self, reading: Reading, site: Site) -> str | None:
        """The tree or parcel."""
        del site
        return reading.feature

    def begin(self, key: str, site: Site) -> SoilState:
        """No day runs."""
        return SoilState(key)

    def due_ns(self, state: SoilState, site: Site) -> int:
        """The day's end."""
        return state.end_ns if state.end_ns > 0 else NEVER_NS

    def pass_time(self, state: SoilState, to_ns: int, site: Site) -> Iterable[Observation]:
        """Says the day when it is over."""
        if not 0 < state.end_ns <= to_ns:
            return ()
        said = _say(state, site.place(state.feature).details_as(SoilDetails))
        state.end_ns, state.means = 0, {}
        return said

    def take(self, state: SoilState, reading: Reading, site: Site) -> Iterable[Observation]:
        """Goes into its day."""
        if isinstance(reading.value, float):
            if not state.end_ns:
                state.begin_ns, state.end_ns = day_bounds(reading.time_ns, site.zone)
            mean = state.means.get(reading.property)
            if mean is None:
                mean = state.means[reading.property] = Mean()
            mean.take(reading.value, (reading.time_ns - state.begin_ns) * PARTS // (state.end_ns - state.begin_ns))
        return ()


def _say(state: SoilState, details: SoilDetails) -> list[Observation]:
    begin_ns, end_ns = state.begin_ns, state.end_ns
    shares = [mean.share for mean in state.means.values()]
    said = [coverage(state.feature, min(shares), begin_ns, end_ns)]
    for name, mean in state.means.items():
        if mean.share >= MIN_CAPTURE:
            said.append(of_interval(state.feature, name, round(mean.total / mean.count, 3), begin_ns, end_ns))
        else:
            said.append(missing(state.feature, name, begin_ns, end_ns))
    moisture, tension = state.means.get(MOISTURE), state.means.get(TENSION)
    if moisture is None and tension is None:
        return said
    if max(mean.share for mean in (moisture, tension) if mean is not None) < MIN_CAPTURE:
        said.append(missing(state.feature, "soil_depletion_mm", begin_ns, end_ns))
        said.append(missing(state.feature, "soil_water_state", begin_ns, end_ns, ""))
        return said
    last = [None if mean is None else mean.last for mean in (moisture, tension)]
    lacks_mm, word = lacking_mm(details, *last), word_for(details, *last)
    said.append(of_interval(state.feature, "soil_depletion_mm", round(lacks_mm, 2), begin_ns, end_ns))
    said.append(of_interval(state.feature, "soil_water_state", word, begin_ns, end_ns))
    return said


def lacking_mm(details: SoilDetails, moisture_percent: float | None, tension_kpa: float | None) -> float:
    """What the root zone lacks to field capacity; a tension by the retention curve. The drier of the two counts."""
    contents = []
    if moisture_percent is not None:
        contents.append(moisture_percent / 100)
    if tension_kpa is not None:
        contents.append(water_content_at(details.texture, tension_kpa, details.full, details.empty))
    return depletion(details.full, min(contents), details.root_depth_m) if contents else 0.0


def word_for(details: SoilDetails, moisture_percent: float | None, tension_kpa: float | None) -> str:
    """How wet it is; the drier of the two counts."""
    words = []
    if moisture_percent is not None:
        content = moisture_percent / 100
        lacks_mm = depletion(details.full, content, details.root_depth_m)
        available_mm, share = details.available_mm, details.depletion_share
        words.append(word_for_depletion(content, details.full, available_mm, lacks_mm, share))
    if tension_kpa is not None:
        words.append(word_for_tension(tension_kpa, details.trigger))
    return max(words, key=WORDS.index)
