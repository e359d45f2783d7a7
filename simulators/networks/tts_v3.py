"""The Things Stack v3, MQTT: fields that are empty, 0 or false are left out."""

from binascii import b2a_base64
from hashlib import blake2b

import msgspec

from simulators.device import SimulatedDevice
from simulators.networks.frame import Frame
from simulators.networks.hearing import Ear, Hearing
from simulators.networks.radio import Link, airtime_s
from simulators.networks.stamps import stamp, stamps

APPLICATION, TENANT = "city", "ttn"
_json = msgspec.json.Encoder().encode
DEDUPLICATION_US = 200_000
"""The network server gathers receptions for 200 ms (its default) before it hands the uplink on."""


class TtsV3:
    """The session key id follows from the device address, which is new with each join."""

    def __init__(self, device: SimulatedDevice, hearing: Hearing) -> None:
        eui = device.dev_eui
        self._heard = Ear(hearing, _gateway, _strength).heard
        self._factor = hearing.factor
        topic = f"v3/{APPLICATION}@{TENANT}/devices/eui-{eui}"
        self._topics = {"uplink": f"{topic}/up", "join": f"{topic}/join"}
        self._ids = (
            f'{{"end_device_ids":{{"device_id":"eui-{eui}","application_ids":{{"application_id":"{APPLICATION}"}},'
            f'"dev_eui":"{eui.upper()}","join_eui":"0000000000000000","dev_addr":"'
        )
        self._correlation = '"},"correlation_ids":["as:up:01GZ4AZ7Y3K8Q6M1V3T5D2B9XN"]'
        self._settings = (
            '"settings":{"data_rate":{"lora":{"bandwidth":125000,'
            f'"spreading_factor":{hearing.factor},"coding_rate":"4/5"}}}},"frequency":"868100000"}},"consumed_airtime":"'
        )
        self._airtimes: dict[int, str] = {}
        self._sessions: dict[str, str] = {}

    def wrap(self, frame: Frame) -> tuple[str, bytes]:
        """Topic and body."""
        session = self._sessions.get(frame.session) or self._session(frame.session)
        time, received, outer = "", "}", ""
        if frame.clock_ns is not None:
            shown, sent = stamps(frame.at_ns, DEDUPLICATION_US)
            if frame.clock_ns:
                shown = stamp(frame.at_ns + frame.clock_ns)
            outer = f',"received_at":"{sent}"'
            received = f',"received_at":"{sent}"}}'
            time = f'"time":"{shown}","received_at":"{sent}",'
        head = f"{self._ids}{frame.session.upper()}{self._correlation}{outer}"
        if frame.kind == "join":
            return self._topics["join"], f'{head},"join_accept":{{"session_key_id":"{session}"{received}}}'.encode()
        heard = self._heard(time)
        counter = f',"f_cnt":{frame.f_cnt}' if frame.f_cnt else ""
        data = b2a_base64(frame.payload, newline=False).decode()
        decoded = f',"decoded_payload":{_json(frame.readings).decode()}' if frame.readings is not None else ""
        size = len(frame.payload)
        airtime = self._airtimes.get(size) or self._airtime(size)
        body = (
            f'{head},"uplink_message":{{"session_key_id":"{session}","f_port":{frame.f_port}{counter},'
            f'"frm_payload":"{data}"{decoded},"rx_metadata":[{heard}],{self._settings}{airtime}s",'
            f'"network_ids":{{"net_id":"000013","tenant_id":"{TENANT}","cluster_id":"eu1"}}{received}}}'
        )
        return self._topics["uplink"], body.encode()

    def _session(self, address: str) -> str:
        digest = blake2b(address.encode(), digest_size=16).digest()
        found = self._sessions[address] = b2a_base64(digest, newline=False).decode()
        return found

    def _airtime(self, size: int) -> str:
        found = self._airtimes[size] = f"{airtime_s(size, self._factor):.6f}"
        return found


def _gateway(link: Link) -> str:
    antenna = link.antenna
    return (
        f'{{"gateway_ids":{{"gateway_id":"eui-{antenna.gateway_id}","eui":"{antenna.gateway_id.upper()}"}}'
        f',"location":{{"latitude":{antenna.latitude:.6f},"longitude":{antenna.longitude:.6f},"altitude":10}}'
        ',"timestamp":2463457000,"uplink_token":"CiIKIAoUZXVpLTAwMTZjMDAxZjE1M2ExNGM=",'
    )


def _strength(rssi_dbm: int, snr_db: float) -> str:
    return f'"rssi":{rssi_dbm},"channel_rssi":{rssi_dbm},"snr":{snr_db}}}'
