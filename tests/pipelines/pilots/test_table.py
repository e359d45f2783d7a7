"""The table of indicators: every term is a word of the vocabulary that some machine says, at least three a domain."""

from collections import Counter

import pytest

from pipelines.pilots.kpi import Kpi
from pipelines.pilots.table import KPIS
from pipelines.vocabulary import FEATURE_TYPES, PROPERTIES, Domain

ALONE = {
    "water-level": {"water_level_max_m", "flood_alert_h", "flood_danger_h"},
    "water-quality": {"turbidity_ntu", "water_temperature_max_c", "water_checks_ok_percent"},
    "water-meter": {"water_use_l", "night_flow_l_h", "leak_suspected"},
    "weather-station": {"rain_mm", "heat_day", "frost_h"},
    "lora-gateway": {"gateway_online_percent", "gateway_offline", "pdr_percent", "rx_packets_ok_percent"},
}
"""Feature type → what its machines say of a day."""


@pytest.mark.parametrize("kpi", KPIS, ids=lambda kpi: kpi.id)
def test_every_term_is_in_the_vocabulary(kpi: Kpi) -> None:
    for name in (*kpi.properties, *([kpi.watched] if kpi.watched else [])):
        base, _, state = name.partition(":")
        assert base in PROPERTIES
        assert not state or state in PROPERTIES[base].states
    assert kpi.id.startswith(kpi.domain.value)
    assert kpi.title
    assert kpi.formula


def test_every_domain_has_at_least_three() -> None:
    counts = Counter(kpi.domain for kpi in KPIS)
    assert {domain: counts[domain] for domain in Domain if counts[domain] < 3} == {}


def test_names_are_unique() -> None:
    assert len({kpi.id for kpi in KPIS}) == len(KPIS)


def test_what_only_happens_is_counted_on_watched_days_only() -> None:
    for kpi in KPIS:
        if PROPERTIES[kpi.top.property.partition(":")[0]].event:
            assert kpi.watched, kpi.id


@pytest.mark.parametrize("feature_type", sorted(ALONE))
def test_a_pilot_with_one_kind_of_thing_has_at_least_three(feature_type: str) -> None:
    """What the machines say of it in a day is enough for three indicators, without anything beside it."""
    kpis = [kpi for kpi in KPIS if kpi.domain == FEATURE_TYPES[feature_type].domain]
    assert len([kpi for kpi in kpis if set(kpi.properties) <= ALONE[feature_type]]) >= 3
