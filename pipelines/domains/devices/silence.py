"""Silence: a device that has not been heard for longer than it ever pauses. The expected pause is learnt.

A device counts as silent when nothing came for the longest of three: as many of its usual pauses as are lost in a row
once in 100,000 frames; half as much again as the longest pause of the last 64 and of today and yesterday (an alarm's
hour of frames each minute does not make it forget its own pace); a quarter of an hour. Frames are lost
with the share that the pauses show (a pause of three usual ones is two frames lost), smoothed by one lost frame in
twenty. A run of losses begins with share p and goes on with share q, at least p, which is learnt from the device's
runs over thousands of frames (losses are seldom alone: Gilbert, Bell Syst. Tech. J. 39 (1960) 1253): k frames in a row
are lost with probability p q^(k-1). A device that reports on events has no usual
pause, and is judged by its longest. A pause that ended in an alarm is learnt only when one like it came half a day to
a week before: one outage does not make a device patient, one that sleeps at night does.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable

import msgspec

from pipelines.domains import HEARD, HOUR_NS, NEVER_NS, Reading, Site
from pipelines.domains.devices import BUT_LORA_GATEWAYS
from pipelines.model import NS_PER_S, Observation

FALSE_ALARM = 1e-5
"""Alarms a frame that chance alone may raise."""
_LOG_FALSE_ALARM = math.log(FALSE_ALARM)
STRETCH = 1.5
PRIOR_LOST, PRIOR_SENT = 1, 20
PRIOR_GOES_ON, PRIOR_GONE = 0.4, 4.0
"""Before runs are known, one lost frame in ten is followed by another."""
LOSSES_OF = 4_096
"""With more frames the counts of losses are halved."""
SHORTEST_S = 15 * 60
UNLEARNT_S = 24 * 3_600
"""Patience with a device of which fewer than eight pauses are known."""
LONGEST_S = 72 * 3_600
"""Whatever it did before: three days without a word are silence."""
MOST_LOST = 0.5
"""Above it there is no usual pause, only events."""
REMEMBERED, ENOUGH = 64, 8
FLAPPING_TIMES, FLAPPING_WITHIN_NS = 3, 24 * HOUR_NS
HALF_A_DAY_NS, DAY_NS, WEEK_NS = 12 * HOUR_NS, 24 * HOUR_NS, 7 * 24 * HOUR_NS


class Watched(msgspec.Struct):
    """One device. ``due_ns``: when patience ends. ``pauses_s``: its last 64, newest last.

    ``silences``: begins of those of the last 24 hours.
    """

    feature: str = ""
    last_ns: int = -1
    due_ns: int = -1
    pauses_s: list[int] = []
    silent_since_ns: int = -1
    silences: list[int] = []
    flapping: bool = False
    excused: tuple[int, int] = (0, -1)
    """The last pause that ended in an alarm: its seconds, and when the first one like it ended."""
    losses: tuple[int, int, int] = (0, 0, 0)
    """Frames sent, lost, and runs of lost ones, of the last thousands."""
    longest: tuple[int, int, int] = (0, 0, 0)
    """A UTC day since 1970, its longest pause in seconds, and that of the day before."""

    def patience_s(self) -> int:
        """How long this device may be quiet, in seconds."""
        if len(self.pauses_s) < ENOUGH:
            return UNLEARNT_S
        ordered = sorted(self.pauses_s)
        _, today_s, yesterday_s = self.longest
        usual_s, longest_s = ordered[len(ordered) // 2], max(ordered[-1], today_s, yesterday_s)
        sent = len(ordered)
        for pause_s in ordered[bisect_left(ordered, 1.5 * usual_s) :]:  # in the others nothing was lost
            sent += round(pause_s / usual_s) - 1
        lost = (sent - len(ordered) + PRIOR_LOST) / (sent + PRIOR_SENT)
        in_a_row = self.lost_in_a_row(lost) if lost < MOST_LOST else 0
        return int(min(LONGEST_S, max((in_a_row + 0.5) * usual_s, STRETCH * longest_s, SHORTEST_S)))

    def lost_in_a_row(self, lost: float) -> int:
        """How many frames chance alone takes in a row once in 100,000; ``lost``: share of frames that is lost."""
        _, gone, runs = self.losses
        goes_on = max(lost, (gone - runs + PRIOR_GOES_ON) / (gone + PRIOR_GONE))
        return 1 + max(0, math.ceil((_LOG_FALSE_ALARM - math.log(lost)) / math.log(min(MOST_LOST, goes_on))))

    def learn(self, pause_s: int, at_ns: int) -> None:
        """A pause that ended at this moment is one of its usual ones."""
        if len(self.pauses_s) >= ENOUGH:
            usual_s = sorted(self.pauses_s)[len(self.pauses_s) // 2]
            missing = max(0, round(pause_s / usual_s) - 1) if usual_s else 0
            sent, gone, runs = self.losses
            self.losses = sent + missing + 1, gone + missing, runs + (missing > 0)
            if sent > LOSSES_OF:
                self.losses = (self.losses[0] // 2, self.losses[1] // 2, self.losses[2] // 2)
        self.pauses_s.append(pause_s)
        del self.pauses_s[:-REMEMBERED]
        day, today_s, yesterday_s = self.longest
        if (now := at_ns // DAY_NS) != day:
            today_s, yesterday_s = 0, today_s if now == day + 1 else 0
        self.longest = now, max(today_s, pause_s), yesterday_s


class Silence:
    """Producer ``silence``; a key is a device."""

    producer = "silence"
    version = 2
    features = BUT_LORA_GATEWAYS
    properties = frozenset((HEARD,))
    state = Watched
    followed_ns = LONGEST_S * NS_PER_S + FLAPPING_WITHIN_NS

    def key(self, reading: Reading, site: Site) -> str | None:
        """The device."""
        del site
        return reading.device

    def begin(self, key: str, site: Site) -> Watched:
        """Nothing is known of it."""
        del key, site
        return Watched()

    def due_ns(self, state: Watched, site: Site) -> int:
        """The end of patience, or of the flapping."""
        del site
        if state.silent_since_ns >= 0 or state.due_ns < 0:
            return NEVER_NS
        return min(state.due_ns, _calm_ns(state)) if state.flapping else state.due_ns

    def pass_time(self, state: Watched, to_ns: int, site: Site) -> Iterable[Observation]:
        """Raise the alarm at the instant at which patience ended, whenever that is noticed."""
        del site
        due_ns = state.due_ns
        if to_ns < due_ns or due_ns < 0 or state.silent_since_ns >= 0:
            return self._calm(state, to_ns) if state.flapping else ()
        said = list(self._calm(state, due_ns))
        due_ns -= 1  # patience ended then; a word at that instant would have been in time
        state.silent_since_ns = due_ns
        state.silences = [at for at in state.silences if at > due_ns - FLAPPING_WITHIN_NS] + [due_ns]
        said.append(Observation(state.feature, "silent", True, due_ns))
        if not state.flapping and len(state.silences) >= FLAPPING_TIMES:
            state.flapping = True
            said.append(Observation(state.feature, "flapping", True, due_ns))
        return said

    def take(self, state: Watched, reading: Reading, site: Site) -> Iterable[Observation]:
        """A word from it: learn the pause, clear the alarm."""
        del site
        said: list[Observation] = []
        pause_s = (reading.time_ns - state.last_ns) // NS_PER_S if state.last_ns >= 0 else 0
        if state.silent_since_ns >= 0:
            said += (
                Observation(state.feature, "silent", False, reading.time_ns),
                Observation(state.feature, "silence_min", round(pause_s / 60, 1), reading.time_ns),
            )
            state.silent_since_ns = -1
            known_s, ended_ns = state.excused
            apart_ns = reading.time_ns - ended_ns
            alike = known_s / 2 <= pause_s <= known_s * 2 and apart_ns <= WEEK_NS
            usual = alike and apart_ns >= HALF_A_DAY_NS
            # The first of a row keeps its time: a new pace is learnt after half a day of it.
            state.excused = (pause_s, ended_ns if alike and not usual else reading.time_ns)
            pause_s = pause_s if usual else 0
        if pause_s > 0:
            state.learn(pause_s, reading.time_ns)
        state.feature, state.last_ns = reading.feature, reading.time_ns
        # The instant behind it: a word at the very end of patience is in time.
        state.due_ns = reading.time_ns + state.patience_s() * NS_PER_S + 1
        return said

    @staticmethod
    def _calm(state: Watched, to_ns: int) -> Iterable[Observation]:
        """A day without a silence ends the flapping."""
        if not state.flapping or state.silent_since_ns >= 0:
            return ()
        over_ns = _calm_ns(state)
        if to_ns < over_ns:
            return ()
        state.flapping = False
        return (Observation(state.feature, "flapping", False, over_ns),)


def _calm_ns(state: Watched) -> int:
    """When a day has passed without a silence."""
    return max(state.silences[-1] + FLAPPING_WITHIN_NS, state.last_ns)
