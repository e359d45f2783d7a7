"""What a pilot file may say of its open data."""

from pathlib import Path

import pytest

from gateway.files.pilots import Pilot, load_pilots
from tests.proofs.city import PILOT


def read(folder: Path, text: str) -> tuple[Pilot | None, list[str]]:
    (folder / "p.toml").write_text(PILOT.format(id="p") + text)
    pilots, mistakes = load_pilots(folder)
    return pilots.get("p"), [str(mistake) for mistake in mistakes]


def test_addresses_and_purposes_are_optional(tmp_path: Path) -> None:
    found, mistakes = read(tmp_path, "")
    assert mistakes == []
    assert found is not None
    assert (found.open_data.broker, found.register_entry.personal_data) == (None, "none")
    text = '[open_data]\nbroker = "mqtts://d.example:8884"\nhigh_value = ["air"]\n[register]\nreference = "PD-7"\n'
    full, mistakes = read(tmp_path, text)
    assert mistakes == []
    assert full is not None
    assert (full.open_data.broker, full.register_entry.reference) == ("mqtts://d.example:8884", "PD-7")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('[open_data]\nbroker = "data.example:8883"', "mqtts://data.city.example"),
        ('[open_data]\nbroker = "https://data.example"', "is not an address"),
        ('[open_data]\nwebsite = "https://"', "https://data.city.example"),
        ('[open_data]\nwebsite = "https://a b"', "is not an address"),
        ('[open_data]\naccess_rights = "open"', "access_rights"),
        ('[open_data]\nhigh_value = ["aer"]', "high_value"),
        ('[open_data]\nbrokr = "mqtts://d.example"', "Did you mean 'broker'"),
        ('[register]\npersonal_data = "processed"', "without legal_ground and privacy_declaration"),
        ('[register]\nreference = "P D"', "reference"),
        (f'[register]\nlegal_ground = "{"x" * 256}"', "legal_ground"),
    ],
)
def test_what_is_wrong_is_told_with_its_cure(tmp_path: Path, text: str, what: str) -> None:
    found, mistakes = read(tmp_path, text)
    assert found is None
    assert any(what in mistake for mistake in mistakes), mistakes
