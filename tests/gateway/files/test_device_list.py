"""Lists as they come: any bytes, any cells."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gateway.files.cells import local_name, number_of, place_of, time_of
from gateway.files.device_import import Defaults, candidates, columns_of
from gateway.files.device_list import decode_text, delimiter_of, read_list
from gateway.files.mistakes import ConfigError

HEADERS = ("DevEUI", "name", "lat", "lng", "coordinates", "installed", "location", "type", "", "x", "Höhe")
CELLS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["", "a81758fffe0462b9", "51,02", "51.02, 4.47", "1E999", "nan", "inf", "°", "-", "1/1/2027", "9" * 400]
    ),
)


@given(raw=st.binary(max_size=300))
@example(raw=b"\xff\xfea")
@example(raw=b'a,b\n"unclosed\n1,2')
@example(raw=b"a,b\n" + b"\x00,1\n")
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_a_table_or_a_mistake_with_a_mend(tmp_path: Path, raw: bytes) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(raw)
    mends, widths = ["none needed"], set[bool]()
    try:
        table = read_list(file)
        widths = {len(row.cells) == len(table.columns) for row in table.rows}
    except ConfigError as error:
        mends = [mistake.mend for mistake in error.mistakes]
    assert all(mends)
    assert widths <= {True}


@given(headers=st.lists(st.sampled_from(HEADERS), min_size=2, max_size=8), rows=st.lists(st.lists(CELLS, max_size=8)))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_cells_become_a_device_or_a_mistake_of_their_row(
    tmp_path: Path, headers: list[str], rows: list[list[str]]
) -> None:
    clean = [
        [cell.translate(dict.fromkeys(map(ord, '"\t\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029'))) for cell in row]
        for row in rows
    ]
    file = tmp_path / "list.csv"
    file.write_text("\n".join("\t".join(line) for line in [headers, *clean]), encoding="utf-8")
    try:
        table = read_list(file)
    except ConfigError:
        return
    good, mistakes = candidates(table, columns_of(table), Defaults("p", "parking-spot", "bosch/tps110"))
    told = {mistake.where.split(",")[0] for mistake in mistakes}
    assert told == {"columns"} or {f"row {row.number}" for row in table.rows} == told | {f"row {c.row}" for c in good}


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a;b\n1,5;2,5\n", ";"),
        ("a,b\n1.5,2.5\n", ","),
        ("a\tb\n1, 2\t3\n", "\t"),
        ("a|b\n1|2\n", "|"),
        ('a,b\n"x;y;z",1\n"x;y",2\n', ","),
        ("sep=;\na;b\n", ";"),
    ],
)
def test_the_delimiter_is_found(text: str, delimiter: str) -> None:
    assert delimiter_of(text) == delimiter


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_accents_survive_each_encoding(encoding: str) -> None:
    assert decode_text("Gerät;Straße é".encode(encoding)) == "Gerät;Straße é"


@pytest.mark.parametrize(
    ("text", "value"),
    [("4,4777", 4.4777), ("4.4777", 4.4777), (" -4 ", -4), ("51°1'33.24\"N", 51.0259), ("4° 28' 39,72\" W", -4.4777)],
)
def test_a_number_is_read_as_it_is_written_in_europe(text: str, value: float) -> None:
    assert number_of(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["51.02, 4.47", "51,02; 4,47", "POINT(4.47 51.02)", "51.02 4.47", "(51.02,4.47)"])
def test_a_pair_is_read_latitude_first(text: str) -> None:
    assert place_of(text) == (4.47, 51.02)


@pytest.mark.parametrize("text", ["2027-01-31", "31/01/2027", "31-01-2027", "31.01.2027", "2027-01-31T00:00:00+00:00"])
def test_a_date_is_day_before_month(text: str) -> None:
    assert time_of(text).isoformat() == "2027-01-31T00:00:00+00:00"


@given(st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_a_local_name_fits_a_topic(text: str) -> None:
    name = local_name(text)
    assert len(name) <= 64
    assert all(letter.isascii() and (letter.isalnum() or letter in "._~-") for letter in name)
