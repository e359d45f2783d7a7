"""Radio: how a LoRaWAN device was heard in each local day.

Delivered share (PDR) = frames received / frames sent, sent by the frame counter within a session. A counter that falls
by more than 100, or to 2 or less, has begun anew (a join, an exchange of the battery): a share by the highest and the
lowest number alone would be wrong there (one real trace holds 498 uplinks with f_cnt 1 to 442). One that falls a
little is a frame that was late, already counted as sent.

ESP, the power of the signal itself, is RSSI + SNR - 10 log10(1 + 10^(SNR/10)).
"""

import math
from collections.abc import Iterable

import msgspec

from pipelines.domains import LINK, NEVER_NS, Reading, Site
from pipelines.domains.devices import EVERY_FEATURE
from pipelines.domains.local_time import day_bounds
from pipelines.domains.said import of_interval
from pipelines.model import Observation

NEW_SESSION_FALL, NEW_SESSION_BELOW = 100, 2
STEPS_A_DB = 2
"""Medians are made of counts in steps of half a decibel: some thirty numbers, however many frames there are."""


class Day(msgspec.Struct):
    """One device's day so far; ``last_f_cnt`` goes on over midnight."""

    feature: str = ""
    begin_ns: int = -1
    end_ns: int = -1
    last_f_cnt: int = -1
    received: int = 0
    sent: int = 0
    sessions: int = 0
    receptions: int = 0
    heard: int = 0
    rssi_steps: dict[int, int] = {}
    snr_steps: dict[int, int] = {}


def esp_dbm(rssi_dbm: float, snr_db: float) -> float:
    """Estimated signal power in dBm."""
    return rssi_dbm + snr_db - 10 * math.log10(1 + 10 ** (snr_db / 10))


def median_of(steps: dict[int, int]) -> float | None:
    """The lower median of what was tallied; None of nothing."""
    left = (sum(steps.values()) + 1) // 2
    for step, count in sorted(steps.items()):
        left -= count
        if left <= 0:
            return step / STEPS_A_DB
    return None


def _tally(steps: dict[int, int], value: float) -> None:
    step = round(value * STEPS_A_DB)
    steps[step] = steps.get(step, 0) + 1


class Radio:
    """Producer ``radio``; a key is a device."""

    producer = "radio"
    version = 2
    features = EVERY_FEATURE
    properties = frozenset((LINK,))
    state = Day

    def key(self, reading: Reading, site: Site) -> str | None:
        """The device."""
        del site
        return reading.device

    def begin(self, key: str, site: Site) -> Day:
        """Nothing was heard yet."""
        del key, site
        return Day()

    def due_ns(self, state: Day, site: Site) -> int:
        """The day's end."""
        del site
        return state.end_ns if state.received else NEVER_NS

    def pass_time(self, state: Day, to_ns: int, site: Site) -> Iterable[Observation]:
        """Close the day."""
        del site
        if not state.received or to_ns < state.end_ns:
            return ()
        said = list(_of_day(state))
        state.received = state.sent = state.sessions = state.receptions = state.heard = 0
        state.rssi_steps, state.snr_steps = {}, {}
        return said

    def take(self, state: Day, reading: Reading, site: Site) -> Iterable[Observation]:
        """How one frame travelled; a LoRaWAN frame has its counter."""
        f_cnt, receptions, rssi_dbm, snr_db = str(reading.value).split(" ")
        if f_cnt != "-":
            if not state.received:
                state.begin_ns, state.end_ns = day_bounds(reading.time_ns, site.zone)
            state.feature = reading.feature
            self._count(state, int(f_cnt))
        if receptions != "-":
            state.receptions += int(receptions)
            state.heard += 1
        if rssi_dbm != "-":
            _tally(state.rssi_steps, float(rssi_dbm))
        if snr_db != "-":
            _tally(state.snr_steps, float(snr_db))
        return ()

    @staticmethod
    def _count(state: Day, f_cnt: int) -> None:
        step = f_cnt - state.last_f_cnt
        state.received += 1
        if state.last_f_cnt < 0 or step < -NEW_SESSION_FALL or (step < 0 and f_cnt <= NEW_SESSION_BELOW):
            state.sessions += state.last_f_cnt >= 0
            state.sent += 1
        elif step > 0:
            state.sent += step
        else:
            return  # late: it was counted as sent when the one behind it came
        state.last_f_cnt = f_cnt


def _of_day(state: Day) -> Iterable[Observation]:
    span = (state.begin_ns, state.end_ns)
    sent = max(state.sent, state.received)
    yield of_interval(state.feature, "uplinks", float(state.received), *span)
    yield of_interval(state.feature, "pdr_percent", round(100 * state.received / sent, 2), *span)
    yield of_interval(state.feature, "sessions_begun", float(state.sessions), *span)
    rssi_dbm, snr_db = median_of(state.rssi_steps), median_of(state.snr_steps)
    if rssi_dbm is not None:
        yield of_interval(state.feature, "rssi_median_dbm", rssi_dbm, *span)
    if snr_db is not None:
        yield of_interval(state.feature, "snr_median_db", snr_db, *span)
    if rssi_dbm is not None and snr_db is not None:
        yield of_interval(state.feature, "esp_dbm", round(esp_dbm(rssi_dbm, snr_db), 1), *span)
    if state.heard:
        yield of_interval(state.feature, "gateways_heard", round(state.receptions / state.heard, 2), *span)
