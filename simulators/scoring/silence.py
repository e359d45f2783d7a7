"""Devices that die: who notices, how soon, and how often for nothing."""

from simulators.scoring import Rehearsal, Score
from simulators.scoring.instants import DAY_NS, HOUR_NS
from simulators.scoring.measures import match, mean, together

DOMAIN = "devices"
NOTICED_NS = 3 * DAY_NS


def score(rehearsal: Rehearsal) -> list[Score]:
    """An alarm is false where the device is alive; one in a gap of its messages is false too."""
    end_ns = rehearsal.truths.end_ns
    dead = {feature: told[0].at_ns for feature, told in rehearsal.truths.of("device_dead").items()}
    said = rehearsal.estimates.of("silent")
    raised = {feature: [one.at_ns for one in alarms if one.value] for feature, alarms in said.items()}
    found = together(
        match([at_ns], [at for at in raised.get(feature, []) if at >= at_ns], early_ns=0, late_ns=NOTICED_NS)
        for feature, at_ns in dead.items()
        if at_ns < end_ns - DAY_NS
    )
    false = sum(at < dead.get(feature, end_ns + 1) for feature, alarms in raised.items() for at in alarms)
    days = rehearsal.estimates.devices() * (end_ns - rehearsal.truths.begin_ns) / DAY_NS
    delay = mean([delay / HOUR_NS for delay in found.delays_ns])
    rate = 1000 * false / days if days else None
    return [
        Score(DOMAIN, "dead devices noticed within 3 days", found.recall, "", found.true, asked=found.true > 0),
        Score(DOMAIN, "from death to alarm", delay, "h", len(found.delays_ns), asked=found.true > 0),
        Score(DOMAIN, "false alarms of silence in 1,000 device days", rate, "", int(days), asked=days > 0),
    ]
