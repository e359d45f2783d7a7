"""P1 telegrams: the checksum, both ways of sending totals, the times, and what is refused."""

import pytest

from pipelines.decoders.dsmr_p1 import crc16, decode, encode
from pipelines.layout.read import NS_PER_S, Unreadable
from pipelines.layout.write import Given, Unwritable


def telegram(*lines: str, head: str = "/XMX5LGBBFG1009394887") -> bytes:
    body = "\r\n".join([head, "", *lines, "!"]).encode()
    return body + f"{crc16(body):04X}\r\n".encode()


def values(payload: bytes) -> dict[str, object]:
    return {reading.name: reading.value for reading in decode(payload)}


def test_the_checksum_is_crc_16_arc() -> None:
    assert crc16(b"123456789") == 0xBB3D  # the check value of the catalogue of parametrised CRC algorithms


def test_totals_are_the_sum_of_the_tariffs_to_the_last_digit() -> None:
    found = values(telegram("1-3:0.2.8(50)", "1-0:1.8.1(000000.100*kWh)", "1-0:1.8.2(000000.200*kWh)"))
    assert found["energy_import"] == 0.3


def test_a_meter_that_sends_totals_and_watts_is_read_too() -> None:
    found = values(
        telegram("1-3:0.2.8(50)", "1-0:1.8.0(006545766*Wh)", "1-0:1.8.1(005017120*Wh)", "1-0:1.7.0(000000286*W)")
    )
    assert found == {"energy_import": 6545.766, "energy_import_tariff_1": 5017.12, "power_import": 0.286}


@pytest.mark.parametrize(("stamp", "instant"), [("260115120000W", 1768474800), ("260715120000S", 1784109600)])
def test_summer_and_winter_time_are_told_apart(stamp: str, instant: int) -> None:
    (reading,) = decode(telegram(f"0-0:1.0.0({stamp})", "1-0:2.7.0(00.001*kW)"))
    assert reading.time_ns == instant * NS_PER_S


def test_gas_has_the_time_of_its_own_meter() -> None:
    (gas,) = decode(telegram("0-0:1.0.0(260115120000W)", "0-1:24.1.0(003)", "0-1:24.2.1(260115110500W)(00000.107*m3)"))
    assert (gas.name, gas.value, gas.time_ns) == ("gas", 0.107, 1768471500 * NS_PER_S)


def test_a_channel_with_an_unknown_meter_is_left_aside() -> None:
    assert decode(telegram("0-1:24.1.0(099)", "0-1:24.2.1(260115110500W)(00000.107*m3)")) == []


def test_an_older_telegram_has_no_checksum() -> None:
    body = b"/ISk5\\2MT382-1004\r\n\r\n1-0:1.8.1(00001.001*kWh)\r\n!\r\n"
    assert values(body)["energy_import"] == 1.001


@pytest.mark.parametrize(
    ("payload", "finding"),
    [
        (b"", "byte 0: a telegram begins with '/'"),
        (b"!/", "byte 0: a telegram begins with '/'"),
        (telegram("1-0:1.8.1(00001.001*kWh)").replace(b"1.001", b"1.002"), "the checksum is"),
        (telegram("x")[:-6] + b"XYZ\r\n", "the checksum is four hex digits"),
        (b"/A\r\n1-3:0.2.8(50)\r\n!\r\n", "the checksum is missing"),
        (telegram("1-0:1.8.1(00001.001*kVarh)"), "1-0:1.8.1: '00001.001*kVarh' is no value in kWh"),
        (telegram("1-0:1.8.1()"), "1-0:1.8.1: '' is no value in kWh"),
        (telegram("0-0:1.0.0(260115120000)"), "is no time. It is YYMMDDhhmmss and S or W"),
        (telegram("0-0:1.0.0(261315120000W)"), "is no time on the calendar"),
        (telegram("0-1:24.2.1(00000.107*kWh)"), "is no value in m3 or GJ"),
        (b"/A\xff\r\n!\r\n", "byte 2: a telegram is ASCII"),
        (b"/" + b"x" * 20_000, "a telegram has at most 16384"),
    ],
)
def test_says_what_is_wrong(payload: bytes, finding: str) -> None:
    with pytest.raises(Unreadable) as caught:
        decode(payload)
    assert finding in str(caught.value)


def test_a_simulator_can_stamp_what_it_sends() -> None:
    payload = encode({"time": 1_768_474_800, "power_import": 0.5, "water": 7.25})
    assert [(one.name, one.value, one.time_ns) for one in decode(payload)] == [
        ("power_import", 0.5, 1_768_474_800 * NS_PER_S),
        ("water", 7.25, 1_768_474_800 * NS_PER_S),
    ]


def test_a_reading_with_a_time_of_its_own_is_written_as_it_was_read() -> None:
    assert values(encode({"power_import": [0.5]})) == {"power_import": 0.5}


@pytest.mark.parametrize("readings", [{"power_import": -1.0}, {"power_import": True}, {"steam": 1.0}, {"gas": 4e9}])
def test_what_a_telegram_cannot_say_is_refused_by_name(readings: dict[str, Given]) -> None:
    with pytest.raises(Unwritable, match=next(iter(readings))):
        encode(readings)
