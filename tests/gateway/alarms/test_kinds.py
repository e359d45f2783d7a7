"""Which observations are alarms, and that each has its words."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import gateway.alarms
from gateway.alarms.kinds import ALARMS, FLAG_KINDS, LIMITS, NAMES_BEHIND, WORDS, alarm_of, judge
from gateway.alarms.settings import AlarmsTable
from pipelines.domains import Site
from pipelines.domains.waste.settings import WasteSettings
from pipelines.model import Observation
from pipelines.vocabulary import PROPERTIES

README = (Path(gateway.alarms.__file__).parent / "README.md").read_text()


def test_every_alarm_of_the_vocabulary_has_its_words_and_no_word_is_without_one() -> None:
    assert set(WORDS) == set(ALARMS) | {limit.name for limit in LIMITS.values()}


@pytest.mark.parametrize("kind", sorted(FLAG_KINDS))
def test_every_kind_stands_in_the_readme(kind: str) -> None:
    assert f"`{kind}`" in README


def test_every_key_that_chooses_stands_in_the_readme() -> None:
    written = {field.alias or name for name, field in AlarmsTable.model_fields.items()}
    for name in written - {"routes", "enabled"}:
        assert f"`{name}`" in README, name


def test_an_alarm_is_a_flag_or_a_state_and_its_values_are_the_propertys_own() -> None:
    for name, values in ALARMS.items():
        row = PROPERTIES[name]
        assert row.kind in ("flag", "state")
        assert set(values) < ({True, False} if row.kind == "flag" else set(row.states))
    assert set(NAMES_BEHIND) <= set(PROPERTIES)
    assert set(NAMES_BEHIND.values()) <= FLAG_KINDS


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("fire_alarm", True, ("fire-alarm", "critical")),
        ("fire_alarm", False, ("fire-alarm", None)),
        ("flood_state", "alert", ("flood-state", "warning")),
        ("flood_state", "danger", ("flood-state", "critical")),
        ("flood_state", "normal", ("flood-state", None)),
        ("fire_alarm", 1.0, None),
        ("fill_level_percent", 98.0, ("overflow", "warning")),
        ("fill_level_percent", 91.0, None),
        ("fill_level_percent", 89.9, ("overflow", None)),
        ("fill_level_percent", True, None),
        ("temperature_c", 80.0, None),
    ],
)
def test_what_a_value_says(name: str, value: bool | float | str, found: object) -> None:
    assert judge(Observation("waste-container/B-7", name, value, 1), None) == found


def test_a_pilot_says_from_where_its_containers_are_overfull() -> None:
    settings = {"waste": WasteSettings(overflow_percent=80.0)}
    site = Site("p", "delft", ZoneInfo("Europe/Brussels"), settings=settings)
    level = Observation("waste-container/B-7", "fill_level_percent", 85.0, 1)
    assert judge(level, site) == ("overflow", "warning")
    assert judge(Observation("parking-spot/1", "fill_level_percent", 99.0, 1), site) is None


def test_a_state_is_named_in_its_alarm() -> None:
    one = Observation("water-level/w", "flood_state", "danger", 5)
    made = alarm_of(one, "p", kind="flood-state", severity="critical", label="")
    assert made.what == "the water stands above its threshold (danger)"
    assert (made.since_ns, made.key) == (5, ("flood-state", "p", "water-level/w"))
