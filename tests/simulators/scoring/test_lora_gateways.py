"""The scorer of dead LoRa gateways by hand: the truth scores best, a worse estimate worse."""

from pathlib import Path

import pytest

from pipelines.model import Observation
from simulators.scoring import lora_gateways
from simulators.scoring.instants import DAY_NS, HOUR_NS, MINUTE_NS
from simulators.signals import Truth
from tests.simulators.scoring.worlds import BEGIN, value, world

GATEWAY = "lora-gateway/roof"
DIED, BACK = BEGIN + 5 * HOUR_NS, BEGIN + 9 * HOUR_NS
TRUTHS = [
    Truth(DIED, GATEWAY, "gateway_offline", value=True),
    Truth(DIED, GATEWAY, "devices_behind_names", "tree/1, tree/2"),
    Truth(BACK, GATEWAY, "gateway_offline", value=False),
]
WATCHED = [
    Observation(GATEWAY, "gateway_online_percent", 99.0, BEGIN + day * DAY_NS, interval_ns=DAY_NS) for day in range(20)
]


def alarm(at_ns: int, names: str) -> list[Observation]:
    return [
        Observation(GATEWAY, "gateway_offline", True, at_ns),
        Observation(GATEWAY, "devices_behind_names", names, at_ns),
    ]


@pytest.mark.parametrize(
    ("said", "noticed", "alarms", "recall", "precision", "false"),
    [
        (alarm(DIED + 2 * MINUTE_NS, "tree/1, tree/2"), 1.0, 1.0, 1.0, 1.0, 0.0),
        (alarm(DIED + 2 * MINUTE_NS, "tree/1, tree/3, tree/4"), 1.0, 1.0, 0.5, 1 / 3, 0.0),
        (alarm(DIED + 2 * HOUR_NS, "tree/1"), 0.0, 1.0, 0.5, 1.0, 0.0),
        (alarm(DIED + MINUTE_NS, "tree/1, tree/2") + alarm(DIED + HOUR_NS, "tree/1"), 1.0, 2.0, 1.0, 1.0, 0.0),
        (alarm(BEGIN + DAY_NS, "tree/1"), 0.0, 0.0, None, None, 50.0),
        ([], 0.0, 0.0, None, None, 0.0),
    ],
)
def test_what_is_late_doubled_wrong_or_missing_scores_worse(  # noqa: PLR0917 - a row of the table
    tmp_path: Path,
    said: list[Observation],
    noticed: float,
    alarms: float,
    recall: float | None,
    precision: float | None,
    false: float,
) -> None:
    scores = lora_gateways.score(world(tmp_path, TRUTHS, [*WATCHED, *said]))
    assert value(scores, "dead LoRa gateways noticed") == noticed
    assert value(scores, "alarms for one death") == alarms
    assert value(scores, "devices behind it that are named") == recall
    assert value(scores, "named devices that are behind it") == pytest.approx(precision)
    assert value(scores, "false alarms") == false


def test_a_death_that_is_too_short_to_see_is_not_asked_for(tmp_path: Path) -> None:
    truths = [
        Truth(DIED, GATEWAY, "gateway_offline", value=True),
        Truth(DIED + 5 * MINUTE_NS, GATEWAY, "gateway_offline", value=False),
    ]
    scores = lora_gateways.score(world(tmp_path, truths, [*WATCHED, *alarm(DIED + MINUTE_NS, "")]))
    assert value(scores, "dead LoRa gateways noticed") is None
    assert value(scores, "false alarms") == 0


def test_a_city_whose_gateways_say_nothing_has_no_score(tmp_path: Path) -> None:
    assert lora_gateways.score(world(tmp_path, [], [])) == []
