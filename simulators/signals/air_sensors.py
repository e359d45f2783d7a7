"""Air sensors: how each model says what it measures. NO2 goes only by JSON: no LoRaWAN profile has it."""

from collections.abc import Callable
from typing import NamedTuple

from simulators.signals.battery import ALKALINE, Battery

Readings = dict[str, float | int | bool | str]
PM1_SHARE = 0.75
OZONE_UG_M3_PER_PPB = 1.9957
"""At 20 °C and 1013 hPa."""


class Air(NamedTuple):
    """What a sensor measures; particles and gases in µg/m³."""

    at_ns: int
    device_id: int
    pm25: float
    pm10: float
    no2: float
    o3: float
    temperature_c: float
    humidity_percent: float
    pressure_hpa: float
    battery: Battery


Speak = Callable[[Air], tuple[int, Readings]]
"""-> (LoRaWAN port, the model's readings)."""


def _decentlab(air: Air) -> tuple[int, Readings]:
    fine = air.pm25 * 6.5
    return 1, {
        "device_id": air.device_id,
        "battery": air.battery.volts(air.at_ns, ALKALINE),
        "pm1": round(air.pm25 * PM1_SHARE, 1),
        "pm25": round(air.pm25, 1),
        "pm4": round((air.pm25 + air.pm10) / 2, 1),
        "pm10": round(air.pm10, 1),
        "typical_size_nm": 520,
        "count_05": round(fine, 1),
        "count_1": round(fine * 1.14, 1),
        "count_25": round(fine * 1.15, 1),
        "count_4": round(fine * 1.16, 1),
        "count_10": round(fine * 1.16, 1),
        "temperature": air.temperature_c,
        "humidity": air.humidity_percent,
        "pressure": round(air.pressure_hpa * 50) * 2,
    }


def _talkpool(air: Air) -> tuple[int, Readings]:
    temperature = round((air.temperature_c + 80) * 10)
    humidity = round((air.humidity_percent + 25) * 10)
    return 2, {
        "temperature_coarse": round(temperature // 16 * 1.6 - 80, 1),
        "temperature_fine": temperature % 16 / 10,
        "humidity_coarse": round(humidity // 16 * 1.6 - 25, 1),
        "humidity_fine": humidity % 16 / 10,
        "pm1": round(air.pm25 * PM1_SHARE),
        "pm25": round(air.pm25),
        "pm10": round(air.pm10),
    }


def _airrohr(air: Air) -> tuple[int, Readings]:
    return 1, {
        "SDS_P1": round(air.pm10, 2),
        "SDS_P2": round(air.pm25, 2),
        "BME280_temperature": round(air.temperature_c, 2),
        "BME280_humidity": round(air.humidity_percent, 2),
        "BME280_pressure": round(air.pressure_hpa * 100, 2),
    }


def _plain(air: Air) -> tuple[int, Readings]:
    return 1, {
        "pm25_ug_m3": round(air.pm25, 1),
        "pm10_ug_m3": round(air.pm10, 1),
        "no2_ug_m3": round(air.no2, 1),
        "o3_ug_m3": round(air.o3, 1),
        "temperature_c": round(air.temperature_c, 1),
        "humidity_percent": round(air.humidity_percent, 1),
    }


SPEAK: dict[str, Speak] = {
    "generic/json": _plain,
    "decentlab/dl-pm": _decentlab,
    "talkpool/oy1700": _talkpool,
    "sensor-community/airrohr": _airrohr,
}
