"""LoRa gateways as things: what they publish is read back, and one that dies takes along what only it hears."""

from collections.abc import Mapping
from typing import Any

import pytest

from pipelines.dialects import build_dialect
from pipelines.model import Uplink
from simulators.faults.table import read_faults
from simulators.networks.frame import Message
from simulators.run import Run
from simulators.scenario import Scenario, parse_scenario
from simulators.signals import Truth

START = 1_793_574_000 * 10**9
HOUR = 3_600 * 10**9
DEATHS = {"lora-gateway-dead": {"per_month": 20.0, "mean_h": 8.0}}


def town(pilot: str = "network-mechelen", dialect: str = "chirpstack-v4") -> Scenario:
    """Two streets forty kilometres apart, a LoRa gateway near each."""
    sites = [
        {"kind": "waste", "pilot": "waste", "count": 5, "street": name, "from": [at, 51.0], "to": [at + 0.01, 51.0]}
        for name, at in (("west", 4.0), ("east", 4.57))
    ]
    network: Mapping[str, Any] = {"dialect": dialect, "gateways": 2, "pilot": pilot, "stats_s": 60.0}
    return parse_scenario({"title": "t", "town": "mechelen", "seed": 3, "network": network, "site": sites}, "t")


def played(scenario: Scenario, faults: Mapping[str, Any], days: float = 6) -> tuple[Run, list[Message], list[Truth]]:
    run = Run(scenario, START, START + int(days * 24 * HOUR), faults=read_faults(dict(faults)))
    messages: list[Message] = []
    truths: list[Truth] = []
    for told, message in run.steps():
        truths += told
        messages += [message] if message is not None else []
    return run, messages, truths


def heard_by(messages: list[Message]) -> list[tuple[int, str, frozenset[str]]]:
    read = build_dialect("chirpstack-v4")
    found = [(one.at_ns, read(one.topic, one.body)) for one in messages if one.topic.startswith("application/")]
    return [
        (at_ns, uplink.device_id, frozenset(reception.gateway_id for reception in uplink.receptions))
        for at_ns, uplink in found
        if isinstance(uplink, Uplink)
    ]


@pytest.mark.parametrize("dialect", ["chirpstack-v4", "chirpstack-v3"])
def test_what_they_say_is_read_by_the_dialect(dialect: str) -> None:
    _, messages, _ = played(town(dialect=dialect), {}, 0.05)
    said = [one for one in messages if "gateway/" in one.topic]
    read = build_dialect(dialect)
    uplinks = [read(one.topic, one.body) for one in said]
    assert len(said) == 2 * 72 - 1 + 1
    for one, uplink in zip(said, uplinks, strict=True):
        assert isinstance(uplink, Uplink)
        assert uplink.device_id == one.device_id
        assert uplink.network_time_ns == (None if "state" in (uplink.decoded or {}) else one.at_ns)
    assert [one.topic.startswith("eu868/") for one in said] == [dialect == "chirpstack-v4"] * len(said)


@pytest.mark.parametrize("scenario", [town(pilot=""), town(dialect="tts-v3")])
def test_nobody_speaks_where_nobody_has_written_them_down_or_the_network_server_does_not(scenario: Scenario) -> None:
    _, messages, _ = played(scenario, {}, 0.05)
    assert messages
    assert not [one for one in messages if "gateway/" in one.topic]


def deaths_in(truths: list[Truth]) -> list[tuple[str, int, int]]:
    """Feature, begin and end of each; the last one may not be over."""
    changes = [truth for truth in truths if truth.quantity == "gateway_offline"]
    backs = [(one.feature, one.at_ns) for one in changes if not one.value]
    return [
        (
            one.feature,
            one.at_ns,
            min((at for feature, at in backs if feature == one.feature and at > one.at_ns), default=1 << 62),
        )
        for one in changes
        if one.value
    ]


def test_while_one_is_dead_nothing_comes_from_it_and_what_only_it_hears_is_lost() -> None:
    run, messages, truths = played(town(), DEATHS)
    things = {device.feature: device.dev_eui for device in run.city.lora_gateways}
    deaths = deaths_in(truths)
    assert len(deaths) >= 2
    calm = {(at_ns, device): gateways for at_ns, device, gateways in heard_by(played(town(), {})[1])}
    heard = {(at_ns, device): gateways for at_ns, device, gateways in heard_by(messages)}
    lost = 0
    for (at_ns, device), gateways in calm.items():
        dead = {things[feature] for feature, died_ns, back_ns in deaths if died_ns <= at_ns < back_ns}
        if not dead:
            assert heard[at_ns, device] == gateways
        else:
            assert not heard.get((at_ns, device), frozenset()) & dead
            lost += (at_ns, device) not in heard
    assert lost > 50
    for feature, died_ns, back_ns in deaths:
        said = [one for one in messages if one.device_id == things[feature] and died_ns <= one.at_ns < back_ns]
        assert len(said) <= 1
        assert all(one.topic.endswith("/state/conn") for one in said)


def test_the_truth_names_the_devices_of_the_street_beside_it() -> None:
    _, _, truths = played(town(), DEATHS)
    named = {str(truth.value) for truth in truths if truth.quantity == "devices_behind_names"}
    west, east = (", ".join(f"waste-container/{name}-{n:02d}" for n in range(1, 6)) for name in ("west", "east"))
    assert named <= {west, east, f"{west}, {east}"}
    assert named
