"""The network in front of the gateway: payload bytes by the device's profile, wrapped as a network server sends them.

Reception model: each pair of device and gateway has a mean RSSI of its own, drawn once between -116 and -82 dBm, and
each frame varies around it by a shadowing of 4 dB. SNR follows from it against a noise floor of -110 dBm, up to 10 dB.
A gateway hears a frame above the limit of spreading factor 8; where none would, the best one does.
"""

import random
from collections.abc import Iterator
from hashlib import blake2b

from device_profiles.catalogue import Catalogue
from pipelines.dialects import write_uplink
from pipelines.model import Reception, Uplink
from simulators.scenario import Scenario
from simulators.street import Change

LIMIT_SNR_DB = -10.0
"""Below this a frame of spreading factor 8 is not demodulated (Semtech SX1276 data sheet, table 13)."""
NOISE_FLOOR_DBM = -110
BEST_SNR_DB = 10.0
SHADOWING_DB = 4.0


class Network:
    """Turns changes of the street into (topic, body) as the scenario's network server would publish them."""

    def __init__(self, scenario: Scenario, start_ns: int = 0) -> None:
        self._start_ns = start_ns
        self._dialect = scenario.network.dialect.replace("-", "_")
        self._gateways = scenario.network.gateways
        self._profiles = Catalogue.load().profiles
        self._rng = random.Random(scenario.seed + 1)
        self._f_cnt: dict[str, int] = {}
        self._mean_rssi = {
            (device.dev_eui, gateway): self._rng.uniform(-116, -82)
            for device in scenario.devices()
            for gateway in scenario.network.gateways
        }

    def message(self, change: Change) -> tuple[str, bytes]:
        """The wire message of one report, with the frame counter and receptions it would have."""
        device = change.device
        f_cnt = self._f_cnt.get(device.dev_eui, -1) + 1
        self._f_cnt[device.dev_eui] = f_cnt
        encode = self._profiles[device.profile].encode
        assert encode is not None, f"{device.profile} cannot be simulated: its profile has no encoding"
        uplink = Uplink(
            device_id=device.dev_eui,
            payload=encode(change.readings, change.f_port),
            f_port=change.f_port,
            f_cnt=f_cnt,
            session=self._session(device.dev_eui),
            network_time_ns=change.at_ns,
            receptions=tuple(self._heard(device.dev_eui, change.at_ns)),
        )
        return write_uplink(self._dialect, uplink)

    def _session(self, dev_eui: str) -> str:
        """A device address of its own for each start: frame counters begin again, as after a join."""
        return blake2b(f"{dev_eui}/{self._start_ns}".encode(), digest_size=4).hexdigest()

    def _heard(self, dev_eui: str, at_ns: int) -> Iterator[Reception]:
        best: Reception | None = None
        heard = False
        for gateway in self._gateways:
            rssi_dbm = self._mean_rssi[dev_eui, gateway] + self._rng.gauss(0, SHADOWING_DB)
            snr_db = min(BEST_SNR_DB, rssi_dbm - NOISE_FLOOR_DBM)
            reception = Reception(gateway, round(rssi_dbm), round(snr_db, 1), at_ns)
            if best is None or rssi_dbm > (best.rssi_dbm or -999):
                best = reception
            if snr_db > LIMIT_SNR_DB:
                heard = True
                yield reception
        if not heard and best is not None:
            yield best
