"""ChirpStack v4, MQTT integration, JSON: protobuf's JSON form, where a field with its default value is left out."""

from binascii import b2a_base64

import msgspec

from simulators.device import SimulatedDevice
from simulators.networks.frame import Frame
from simulators.networks.hearing import Ear, Hearing
from simulators.networks.radio import Link
from simulators.networks.stamps import stamp, stamps

APPLICATION = "17c82e96-be03-4f38-aef3-f83d48582d97"
_DEVICE = (
    ',"deviceInfo":{"tenantId":"52f14cd4-c6f1-4fbd-8f87-4025e1d49242","tenantName":"City",'
    f'"applicationId":"{APPLICATION}","applicationName":"city",'
    '"deviceProfileId":"14855bf7-d10d-4aee-b618-ebfcb64dc7ad","deviceProfileName":"class A, EU868",'
    '"deviceClassEnabled":"CLASS_A",'
)
_json = msgspec.json.Encoder().encode
BACKHAUL_US = 38_000
"""From the LoRaWAN gateway to the network server: an assumption, of a wired link."""


class ChirpstackV4:
    """``uplinkId`` and ``deduplicationId`` are random there; here they follow from device, session and counter."""

    def __init__(self, device: SimulatedDevice, hearing: Hearing) -> None:
        eui = device.dev_eui
        self._heard = Ear(hearing, _gateway, _strength).heard
        self._topics = {
            "uplink": f"application/{APPLICATION}/device/{eui}/event/up",
            "join": f"application/{APPLICATION}/device/{eui}/event/join",
        }
        name = msgspec.json.encode(device.name).decode()
        self._number = int(eui, 16)
        self._unique = f"-4b9e-4d77-a3a4-{eui[-12:]}"
        self._device = f'"deviceName":{name},"devEui":"{eui}"}},"devAddr":"'
        rate = 12 - hearing.factor  # EU868: data rate 0 is spreading factor 12 (LoRaWAN regional parameters, 2.3.3)
        self._rate = ',"adr":true' + (f',"dr":{rate}' if rate else "")
        self._end = (
            '],"txInfo":{"frequency":868100000,"modulation":{"lora":{"bandwidth":125000,'
            f'"spreadingFactor":{hearing.factor},"codeRate":"CR_4_5"}}}}}},"regionConfigId":"eu868"}}'
        )

    def wrap(self, frame: Frame) -> tuple[str, bytes]:
        """Topic and body."""
        unique = f'{{"deduplicationId":"{frame.f_cnt:08x}{self._unique}"'
        time = times = ""
        if frame.clock_ns is not None:
            shown, received = stamps(frame.at_ns, BACKHAUL_US)
            if frame.clock_ns:
                shown = stamp(frame.at_ns + frame.clock_ns)
            time = f',"time":"{shown}"'
            times = f',"gwTime":"{shown}","nsTime":"{received}"'
        if frame.kind == "join":
            return self._topics["join"], f'{unique}{time}{_DEVICE}{self._device}{frame.session}"}}'.encode()
        f_cnt = frame.f_cnt
        number = (self._number ^ f_cnt * 2_654_435_761) & 0xFFFF_FFFF
        heard = self._heard(f"{number}{times}")
        counter = f',"fCnt":{f_cnt}' if f_cnt else ""
        data = b2a_base64(frame.payload, newline=False).decode()
        decoded = f',"object":{_json(frame.readings).decode()}' if frame.readings is not None else ""
        body = (
            f'{unique}{time}{_DEVICE}{self._device}{frame.session}"{self._rate}{counter},"fPort":{frame.f_port}'
            f',"data":"{data}"{decoded},"rxInfo":[{heard}{self._end}'
        )
        return self._topics["uplink"], body.encode()


def _gateway(link: Link) -> str:
    antenna = link.antenna
    return (
        f'{{"gatewayId":"{antenna.gateway_id}","channel":2'
        f',"location":{{"latitude":{antenna.latitude:.6f},"longitude":{antenna.longitude:.6f},"altitude":10.0}}'
        ',"context":"E3OWOQ==","metadata":{"region_common_name":"EU868","region_config_id":"eu868"}'
        ',"crcStatus":"CRC_OK","uplinkId":'
    )


def _strength(rssi_dbm: int, snr_db: float) -> str:
    return f',"rssi":{rssi_dbm},"snr":{snr_db}}}'
