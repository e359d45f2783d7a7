"""The table of indicators: every term is a word of the vocabulary that some machine says, at least three a domain."""

from collections import Counter

import pytest

from pipelines.pilots.kpi import Kpi
from pipelines.pilots.table import KPIS
from pipelines.vocabulary import PROPERTIES, Domain


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
