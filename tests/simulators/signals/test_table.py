from functools import lru_cache

import msgspec
import pytest
from pydantic import ValidationError

from device_profiles.catalogue import Catalogue
from pipelines.decode import CompiledProfile, decode
from pipelines.domains.table import DETAILS
from pipelines.model import Rejected, Uplink
from pipelines.vocabulary import FEATURE_TYPES, PROPERTIES
from simulators.signals import Report
from simulators.signals.table import KINDS
from tests.simulated_site import at, live, site

SPOKEN = [(kind, profile) for kind, row in KINDS.items() for profile in row.profiles]
DAYS = 1.2
NOT_OF_THE_DEVICE = ("feature", "site")


@lru_cache(maxsize=1)
def profiles() -> dict[str, CompiledProfile]:
    return dict(Catalogue.load().profiles)


@lru_cache(maxsize=32)
def a_day(kind: str, profile: str) -> list[Report]:
    return live(kind, KINDS[kind].read({}), devices=2, days=DAYS, profile=profile)


@pytest.mark.parametrize(("kind", "profile"), SPOKEN)
def test_every_signal_speaks_what_its_profile_reads(kind: str, profile: str) -> None:
    compiled = profiles()[profile]
    sent = [report for report in a_day(kind, profile) if report.readings is not None]
    assert len(sent) >= 2
    for report in sent:
        assert report.readings is not None
        if compiled.encode is None:
            assert_it_maps(compiled, set(report.readings))
            continue
        uplink = Uplink("x", payload=compiled.encode(report.readings, report.f_port), f_port=report.f_port)
        readings = decode(compiled, uplink)
        assert not isinstance(readings, Rejected), readings
        found = {reading.name: reading.value for reading in readings}
        assert_it_maps(compiled, set(found))
        for name, value in report.readings.items():
            if not isinstance(value, float):
                assert found[name] == value
            else:
                heard = found[name]
                assert isinstance(heard, int | float)
                assert heard == pytest.approx(value, rel=0.02, abs=0.06)


def assert_it_maps(compiled: CompiledProfile, names: set[str]) -> None:
    known = compiled.mapping or PROPERTIES
    assert names & set(known), f"{compiled.name} maps none of {names}"
    if not compiled.mapping:
        assert names <= set(PROPERTIES), "a JSON device speaks the vocabulary's words only"


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_belongs_to_its_feature_type_and_its_profiles_to_the_catalogue(kind: str) -> None:
    row = KINDS[kind]
    assert FEATURE_TYPES[row.feature_type].domain == row.domain
    assert set(row.profiles) <= set(profiles())
    parameters = row.read({})
    assert set(row.calibration(parameters)) <= set(PROPERTIES)
    assert all(isinstance(value, float | int | bool | str) for value in row.details(parameters, "s", 0).values())


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_known_of_a_device_is_what_its_analytics_read(kind: str) -> None:
    row = KINDS[kind]
    known = row.details(row.read({}), "sluisstraat", 1)
    struct = DETAILS.get(row.feature_type)
    assert struct is not None or not known or not DETAILS
    if struct is not None:
        assert msgspec.convert(dict(known), struct) is not None


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_is_the_same_city_and_another_is_another(kind: str) -> None:
    first, again, other = (live(kind, KINDS[kind].read({}), devices=2, days=0.3, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize("kind", KINDS)
def test_truth_is_of_the_device_or_its_site_and_never_of_the_future(kind: str) -> None:
    places = {device.feature for device in site(kind, 2).devices} | {site(kind, 2).feature}
    for report in a_day(kind, KINDS[kind].profiles[0]):
        for truth in report.truth:
            assert truth.feature in places
            assert truth.at_ns + truth.interval_ns <= report.at_ns
            assert truth.at_ns >= at("2026-05-30T22:00")


def test_parameters_are_read_from_a_scenario_s_table() -> None:
    bins = KINDS["waste"].read({"collect_days": [1, 4], "report_min": 30, "round": "fill"})
    assert (bins.collect_days, bins.report_min, bins.round) == ((1, 4), 30.0, "fill")
    assert isinstance(bins, KINDS["waste"].parameters)
    assert KINDS["parking_mmcc"].read({}) == KINDS["parking_mmcc"].parameters()


def test_every_wrong_key_of_a_table_is_named_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        KINDS["waste"].read({"depth": 3, "report_min": "often", "round": "never"})
    assert {str(mistake["loc"][0]) for mistake in caught.value.errors()} == {"depth", "report_min", "round"}
