"""The page says all that the document says, and cannot be made to say anything else."""

import re

import msgspec
import pytest

from gateway.catalogue.page import page
from pipelines.catalogue.asyncapi import document
from pipelines.catalogue.facts import PilotFacts
from pipelines.vocabulary import Domain
from tests.pipelines.catalogue.pilots import FULL, SMALL


@pytest.mark.parametrize("facts", [SMALL, FULL], ids=["small", "full"])
def test_every_channel_and_every_attribute_is_on_the_page(facts: PilotFacts) -> None:
    shown = re.sub(r"<wbr>", "", page(facts))
    described = document(facts)
    for channel in described["channels"].values():
        assert channel["address"] in shown
    for name in described["components"]["schemas"]["ParkingSpot"]["properties"]:
        assert name in shown
    assert described["info"]["license"]["url"] in shown


def test_the_page_asks_nothing_of_any_network() -> None:
    shown = page(FULL)
    assert not re.search(r"<(script|link|img|iframe)\b", shown)
    assert not re.search(r"\b(src|srcset)=|url\(|@import", shown)


def test_words_of_the_files_are_text_and_nothing_else() -> None:
    hostile = msgspec.structs.replace(SMALL, title="<script>alert(1)</script>", publisher='"><img onerror=x>')
    shown = page(hostile)
    assert "<script>" not in shown
    assert "<img" not in shown


def test_of_households_alone_there_is_a_page_too() -> None:
    shown = page(msgspec.structs.replace(FULL, domains=(Domain.ENERGY,)))
    assert "energyImportIntervalKwh" in shown
    assert "/agg/1h" in re.sub(r"<wbr>", "", shown)
