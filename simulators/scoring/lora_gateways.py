"""LoRa gateways that die: who notices, how soon, with how many alarms, and whom they name."""

from simulators.scoring import Rehearsal, Score
from simulators.scoring.instants import HOUR_NS, MINUTE_NS
from simulators.scoring.measures import match, mean, together
from simulators.scoring.truths import latest, within

DOMAIN = "network"
NOTICED_NS = HOUR_NS
UNNOTICEABLE_NS = 15 * MINUTE_NS
"""A death this short may pass between two statistics; whoever notices it is right, and nobody need."""
EARLY_NS = MINUTE_NS // 2


def score(rehearsal: Rehearsal) -> list[Score]:
    """Nothing of a city whose LoRa gateways say nothing of themselves."""
    told, said = rehearsal.truths.of("gateway_offline"), rehearsal.estimates.of("gateway_offline")
    watched = rehearsal.estimates.of("gateway_online_percent", day=True)
    if not watched and not told:
        return []
    deaths = {feature: _deaths(rehearsal, feature) for feature in {*told, *watched}}
    raised = {feature: [one.at_ns for one in said.get(feature, ()) if one.value] for feature in deaths}
    found = together(
        match([died for died, back in spans if back - died > UNNOTICEABLE_NS], raised[feature], early_ns=EARLY_NS,
              late_ns=NOTICED_NS)
        for feature, spans in deaths.items()
    )  # fmt: skip
    in_deaths = [
        sum(died - EARLY_NS <= at <= back for at in raised[feature])
        for feature, spans in deaths.items()
        for died, back in spans
        if back - died > UNNOTICEABLE_NS
    ]
    false = sum(len(times) for times in raised.values()) - sum(
        any(died - EARLY_NS <= at <= back for died, back in deaths[feature])
        for feature in raised
        for at in raised[feature]
    )
    days = sum(len(one) for one in watched.values())
    recall, precision, names = _named(rehearsal, deaths)
    delay = mean([delay / MINUTE_NS for delay in found.delays_ns])
    died = found.true > 0
    return [
        Score(DOMAIN, "dead LoRa gateways noticed within an hour", found.recall, "", found.true, asked=died),
        Score(DOMAIN, "from the death of a LoRa gateway to its alarm", delay, "min", len(found.delays_ns), asked=died),
        Score(
            DOMAIN, "alarms for one death", mean([float(count) for count in in_deaths]), "", len(in_deaths), asked=died
        ),
        Score(DOMAIN, "devices behind it that are named", recall, "", names, asked=died),
        Score(DOMAIN, "named devices that are behind it", precision, "", names, asked=died),
        Score(DOMAIN, "false alarms in 1,000 LoRa gateway days", 1000 * false / days if days else None, "", days),
    ]


def _deaths(rehearsal: Rehearsal, feature: str) -> list[tuple[int, int]]:
    """Begin and end of each; the last one may not be over."""
    told = rehearsal.truths.of("gateway_offline").get(feature, ())
    backs = [one.at_ns for one in told if not one.value]
    return [
        (one.at_ns, next((back for back in backs if back >= one.at_ns), rehearsal.truths.end_ns))
        for one in told
        if one.value
    ]


def _named(rehearsal: Rehearsal, deaths: dict[str, list[tuple[int, int]]]) -> tuple[float | None, float | None, int]:
    """Recall and precision of the names in alarms of true deaths, and of how many names."""
    right = true = given = 0
    texts = rehearsal.estimates.texts("devices_behind_names")
    for feature, spans in deaths.items():
        truths = rehearsal.truths.of("devices_behind_names").get(feature, ())
        for died, back in spans:
            alarms = [text for at_ns, text in texts.get(feature, ()) if died - EARLY_NS <= at_ns <= back]
            truth = latest(within(truths, died, died + 1), died)
            if not alarms or truth is None:
                continue
            said, were = _names(alarms[0]), _names(str(truth.value))
            right, true, given = right + len(said & were), true + len(were), given + len(said)
    return (right / true if true else None), (right / given if given else None), true


def _names(text: str) -> set[str]:
    return set(text.split(", ")) - {""}
