"""The sink's table in citygate.toml, its sample, and its secret."""

import re
import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError

import gateway.sinks.influxdb.settings
from gateway.sinks.influxdb.settings import InfluxdbSettings, SecretError, read_secret

SAMPLE = Path(gateway.sinks.influxdb.settings.__file__).with_name("influxdb.sample.toml")
COMMON = {"from", "when_full"}


def settings_in(text: str) -> InfluxdbSettings:
    (table,) = tomllib.loads(text)["sinks"].values()
    return InfluxdbSettings.model_validate({key: value for key, value in table.items() if key not in COMMON})


def test_the_sample_is_valid_bare_and_with_every_default_written_out() -> None:
    text = SAMPLE.read_text()
    settings_in(text)
    uncommented = re.sub(r"(?m)^# ", "", text)
    assert settings_in(uncommented).kind == "influxdb"


def test_the_sample_shows_every_key_with_its_default() -> None:
    shown = dict(re.findall(r"(?m)^(?:# )?(\w+) = (.+)$", SAMPLE.read_text()))
    for name, field in InfluxdbSettings.model_fields.items():
        assert name in shown, f"{name} is not in the sample"
        default = field.get_default()
        if isinstance(default, int | float):
            assert float(tomllib.loads(f"x = {shown[name]}")["x"]) == default, name
    assert set(shown) - set(InfluxdbSettings.model_fields) == COMMON


@pytest.mark.parametrize(
    ("table", "mend"),
    [
        ({"url": "host:8086", "database": "x"}, "Write http://host:8086"),
        ({"url": "http://host:8086"}, 'Add database = "…"'),
        ({"url": "http://host:8086", "api": "v2", "org": "city"}, 'bucket = "…"'),
        ({"url": "http://host:8086", "api": "v3", "bucket": "x", "org": "y"}, "InfluxDB 3 wants a database"),
        ({"url": "http://host:8086", "database": "x", "username": "u"}, "password_file"),
        ({"url": "http://host:8086", "database": "x", "timeout_s": 0}, "greater than 0"),
        ({"url": "http://host:8086", "database": "x", "urll": "y"}, "urll"),
    ],
)
def test_each_mistake_says_how_to_mend_it(table: dict[str, object], mend: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(mend)):
        InfluxdbSettings.model_validate(table)


def test_the_secret_is_the_file_s_line_and_never_quoted_in_an_error(tmp_path: Path) -> None:
    file = tmp_path / "token"
    settings = InfluxdbSettings(url="http://host:8086", database="x", token_file=file)
    file.write_text("  s3cret\n")
    assert read_secret(settings) == "s3cret"
    for content in (b"", b"\n", b"s3c\x00ret", b"s3cret\nanother", b"\xff\xfes3cret"):
        file.write_bytes(content)
        with pytest.raises(SecretError) as error:
            read_secret(settings)
        assert "s3c" not in str(error.value)
    assert read_secret(InfluxdbSettings(url="http://host:8086", database="x")) == ""
