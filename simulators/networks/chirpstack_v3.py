"""ChirpStack v3, MQTT integration, marshaler ``json_v3``: EUIs as hex, every field written."""

from binascii import b2a_base64

import msgspec

from simulators.device import SimulatedDevice
from simulators.networks.frame import Frame
from simulators.networks.hearing import Ear, Hearing
from simulators.networks.radio import Link
from simulators.networks.stamps import stamp, stamps

APPLICATION = "1"
_json = msgspec.json.Encoder().encode
DEDUPLICATION_US = 200_000
"""The server gathers receptions for 200 ms (its default) before it publishes."""


class ChirpstackV3:
    """``uplinkID`` is random there; here it follows from device and counter."""

    def __init__(self, device: SimulatedDevice, hearing: Hearing) -> None:
        eui = device.dev_eui
        self._heard = Ear(hearing, _gateway, _strength).heard
        self._topics = {
            "uplink": f"application/{APPLICATION}/device/{eui}/event/up",
            "join": f"application/{APPLICATION}/device/{eui}/event/join",
        }
        name = msgspec.json.encode(device.name).decode()
        self._head = f'{{"applicationID":"{APPLICATION}","applicationName":"city","deviceName":{name},"devEUI":"{eui}"'
        self._uplink = f'"uplinkID":"{eui[-8:]}-0000-4000-8000-'
        rate = 12 - hearing.factor
        self._sent = f'],"txInfo":{{"frequency":868100000,"dr":{rate}}},"adr":true,"dr":{rate},"fCnt":'

    def wrap(self, frame: Frame) -> tuple[str, bytes]:
        """Topic and body."""
        time = published = ""
        if frame.clock_ns is not None:
            shown, sent = stamps(frame.at_ns, DEDUPLICATION_US)
            if frame.clock_ns:
                shown = stamp(frame.at_ns + frame.clock_ns)
            time = f',"time":"{shown}"'
            published = f',"publishedAt":"{sent}"'
        end = f',"devAddr":"{frame.session}"{published}}}'
        if frame.kind == "join":
            return self._topics["join"], f"{self._head}{end}".encode()
        heard = self._heard(f'{self._uplink}{frame.f_cnt & 0xFFFFFFFF:012x}"{time}')
        data = b2a_base64(frame.payload, newline=False).decode()
        decoded = f',"object":{_json(frame.readings).decode()}' if frame.readings is not None else ""
        body = (
            f'{self._head},"rxInfo":[{heard}{self._sent}{frame.f_cnt},"fPort":{frame.f_port}'
            f',"data":"{data}"{decoded}{end}'
        )
        return self._topics["uplink"], body.encode()


def _gateway(link: Link) -> str:
    antenna = link.antenna
    return (
        f'{{"gatewayID":"{antenna.gateway_id}","name":"{antenna.gateway_id}"'
        f',"location":{{"latitude":{antenna.latitude:.6f},"longitude":{antenna.longitude:.6f},"altitude":10}},'
    )


def _strength(rssi_dbm: int, snr_db: float) -> str:
    return f',"rssi":{rssi_dbm},"loRaSNR":{snr_db}}}'
