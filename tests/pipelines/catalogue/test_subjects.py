"""The tables by domain and feature type are whole, and use the vocabulary's words."""

from pipelines.catalogue.bodies import kinds_of, properties_of
from pipelines.catalogue.subjects import DEVICE_WORDS, KINDS, LICENCES, SUBJECTS, licence_of
from pipelines.vocabulary import FEATURE_TYPES, PROPERTIES, Domain
from tests.pipelines.catalogue.pilots import FULL

REGISTER_TYPES = {
    "Aanwezigheid of nabijheidsensor",
    "Temperatuursensor",
    "Dichtheidssensor",
    "Druksensor",
    "Positie- of verplaatsingsensor",
    "Vloeistof- en gasstroomsensor",
    "Electriciteitssensor",
    "Chemiesensor",
    "Klimaatsensor",
    "Geluidsensor",
    "Optische / camera sensor",
}


def test_every_domain_and_every_feature_type_is_there() -> None:
    assert set(SUBJECTS) == set(Domain)
    assert set(KINDS) == set(FEATURE_TYPES)
    assert {kind.register_type for kind in KINDS.values()} <= REGISTER_TYPES


def test_named_properties_are_in_the_vocabulary() -> None:
    assert {name for kind in KINDS.values() for name in kind.said} | set(DEVICE_WORDS) <= set(PROPERTIES)


def test_what_is_named_of_a_feature_type_may_be_said_of_it() -> None:
    for kind in kinds_of(FULL):
        named = {row.name for row in properties_of(FULL, kind)}
        assert set(KINDS[kind.name].said) <= named, kind.name


def test_every_feature_type_but_a_building_has_a_topic() -> None:
    assert set(FEATURE_TYPES) - {kind.name for kind in kinds_of(FULL)} == {"connection"}


def test_a_licence_is_known_by_its_id_or_its_address() -> None:
    assert licence_of("CC0-1.0") is LICENCES["CC0-1.0"]
    assert licence_of("ODbL-1.0").url == "https://spdx.org/licenses/ODbL-1.0.html"
    assert not licence_of("ODbL-1.0").free_enough
