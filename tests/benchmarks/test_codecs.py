"""How much is measured is what follows the part's own name: ``python -m tests.benchmarks codecs 5000``."""

from tests.benchmarks.codecs import decodes_of


def test_the_number_of_decodes_may_be_given_or_left_out() -> None:
    assert decodes_of(["5000"]) == 5_000
    assert decodes_of([]) == 20_000
