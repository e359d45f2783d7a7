"""LoRa on the air: how far a frame carries, how fast it is sent, how long it takes, and who hears it.

Model
- Path loss over distance d: PL = 128.95 dB + 23.2 dB · log10(d / 1 km), with a spread of 7.8 dB. Source: Petäjäjärvi,
  Mikhaylov, Roivainen, Hänninen, Pettissalo, "On the coverage of LPWANs", ITST 2015, measured with LoRa at 868 MHz in
  Oulu. Of the spread, 6.7 dB belong to the place (drawn once for each pair) and 4 dB to each frame: our division.
- The device sends 14 dBm (EU868), the gateway's antenna gains 5 dB (assumptions); noise is -174 dBm/Hz over 125 kHz
  and a noise figure of 6 dB: -117 dBm. A chip reports no SNR above about 10 dB.
- Adaptive data rate has settled: the fastest spreading factor whose limit the best gateway's mean exceeds by 10 dB
  (installation margin, the default of The Things Stack and ChirpStack).
- A frame below every limit is still heard by the best gateway: what is lost is a fault, with a rate of its own.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

LOSS_AT_1_KM_DB = 128.95
LOSS_PER_DECADE_DB = 23.2
PLACE_SPREAD_DB = 6.7
FRAME_SPREAD_DB = 4.0
SENT_DBM = 14.0
ANTENNA_DB = 5.0
NOISE_DBM = -117.0
BEST_SNR_DB = 10.0
MARGIN_DB = 10.0
NEAREST_M = 20.0
BANDWIDTH_HZ = 125_000
LIMIT_SNR_DB = {7: -7.5, 8: -10.0, 9: -12.5, 10: -15.0, 11: -17.5, 12: -20.0}
"""Below this a frame is not demodulated. Source: Semtech, SX1276 data sheet, table 13."""

LORAWAN_OVERHEAD_BYTES = 13
"""MHDR 1, FHDR 7, FPort 1, MIC 4 (LoRaWAN 1.0.4 §4)."""
PREAMBLE_SYMBOLS = 8
DUTY_CYCLE = 0.01
"""EU868 sub-band 868.0 to 868.6 MHz, counted over an hour (ETSI EN 300 220-2)."""
BUDGET_S = DUTY_CYCLE * 3600

METRES_PER_DEGREE = 111_195.0
"""Of latitude, on a sphere of 6,371 km."""


@dataclass(frozen=True, slots=True)
class Antenna:
    """One LoRaWAN gateway and where it stands."""

    gateway_id: str
    longitude: float
    latitude: float


@dataclass(frozen=True, slots=True)
class Link:
    """One pair of device and gateway. ``rssi_dbm`` is the mean over frames."""

    antenna: Antenna
    distance_m: float
    rssi_dbm: float


def distance_m(from_lon: float, from_lat: float, to_lon: float, to_lat: float) -> float:
    """Distance of two points of one town; flat earth, right to a thousandth over 20 km."""
    east = (to_lon - from_lon) * math.cos(math.radians((from_lat + to_lat) / 2))
    return METRES_PER_DEGREE * math.hypot(east, to_lat - from_lat)


def mean_rssi_dbm(metres: float) -> float:
    """Strength at a distance, without any spread."""
    loss_db = LOSS_AT_1_KM_DB + LOSS_PER_DECADE_DB * math.log10(max(metres, NEAREST_M) / 1_000)
    return SENT_DBM + ANTENNA_DB - loss_db


def links(longitude: float, latitude: float, antennas: Sequence[Antenna], rng: random.Random) -> list[Link]:
    """What each gateway hears of a device at this place, the best first."""
    found = []
    for antenna in antennas:
        metres = distance_m(longitude, latitude, antenna.longitude, antenna.latitude)
        found.append(Link(antenna, metres, mean_rssi_dbm(metres) + rng.gauss(0, PLACE_SPREAD_DB)))
    return sorted(found, key=lambda link: -link.rssi_dbm)


def spreading_factor(best_rssi_dbm: float) -> int:
    """What adaptive data rate has settled at."""
    for factor, limit_db in LIMIT_SNR_DB.items():
        if best_rssi_dbm - NOISE_DBM - MARGIN_DB >= limit_db:
            return factor
    return max(LIMIT_SNR_DB)


def airtime_s(payload_bytes: int, factor: int) -> float:
    """How long an uplink with this much payload is on the air, at 125 kHz and code rate 4/5.

    Source: Semtech AN1200.13, "LoRa Modem Designer's Guide", section 4: explicit header, CRC on, low data rate
    optimisation at spreading factors 11 and 12.
    """
    slow = 1 if factor >= 11 else 0  # noqa: PLR2004 - symbols longer than 16 ms
    bits = 8 * (payload_bytes + LORAWAN_OVERHEAD_BYTES) - 4 * factor + 28 + 16
    symbols = 8 + max(math.ceil(bits / (4 * (factor - 2 * slow))) * 5, 0)
    return (PREAMBLE_SYMBOLS + 4.25 + symbols) * (1 << factor) / BANDWIDTH_HZ
