"""The samples beside the sinks load as they stand, and with every default uncommented mean the same."""

import re
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from gateway.sinks.open_topics.settings import OpenTopicsSettings
from gateway.sinks.quarantine.settings import QuarantineSettings
from gateway.sinks.store.settings import StoreSettings

SINKS = Path("gateway/sinks")
SAMPLES: list[tuple[str, type[BaseModel]]] = [
    ("store/store.sample.toml", StoreSettings),
    ("quarantine/quarantine.sample.toml", QuarantineSettings),
    ("open_topics/open_topics.sample.toml", OpenTopicsSettings),
]
NO_DEFAULT = {"path", "username", "password_file", "ca_file", "cert_file", "key_file", "client_id"}


def table(text: str) -> dict[str, object]:
    (found,) = tomllib.loads(text)["sinks"].values()
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(("sample", "model"), SAMPLES)
def test_a_sample_loads_bare_and_its_comments_show_the_defaults(sample: str, model: type[BaseModel]) -> None:
    text = (SINKS / sample).read_text(encoding="utf-8")
    bare = model.model_validate(table(text))
    shown = table(re.sub(r"(?m)^# ", "", text))
    assert set(shown) == set(model.model_fields), "a setting is missing in the sample, or has gone"
    for name, value in shown.items():
        if name not in NO_DEFAULT:
            assert getattr(bare, name) == value, name


@pytest.mark.parametrize(("sample", "model"), SAMPLES)
def test_an_unknown_key_is_a_mistake(sample: str, model: type[BaseModel]) -> None:
    with pytest.raises(ValidationError, match="histroy_days"):
        model.model_validate(table((SINKS / sample).read_text(encoding="utf-8")) | {"histroy_days": 5})


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "localhost:1883"},
        {"url": "mqtt://h", "password_file": "x"},
        {"url": "mqtt://h", "ca_file": "x"},
        {"url": "mqtts://h", "key_file": "x"},
        {"url": "mqtt://h", "withhold": ["power-plant"]},
    ],
)
def test_settings_that_cannot_work_together_are_mistakes(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        OpenTopicsSettings.model_validate(wrong)
