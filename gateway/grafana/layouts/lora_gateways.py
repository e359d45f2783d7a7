"""LoRa gateways: which one is dead, who is out of reach because of it, and what do they hear."""

from gateway.grafana.layout import Dashboard, Panel, Query, Row, Step, Word
from gateway.grafana.layouts.marks import DEVICE_PLACED, GATEWAY_OFFLINE

CONNECTED = (Word("true", "connected", "blue"), Word("false", "not connected", "vermilion"))
DEAD = (Word("true", "DEAD", "vermilion"), Word("false", "works again", "blue"))


def relayed(title: str, about: str, field: str) -> Panel:
    """What the gateways report of themselves, summed by the hour."""
    return Panel(
        title=title,
        about=about,
        look="series",
        queries=(
            Query(
                measurement="network",
                fields=(field,),
                function="sum",
                by=("feature",),
                every="$__interval",
                fill="none",
            ),
        ),
        low=0,
        smallest_step="1h",
        width=12,
    )


LORA_GATEWAYS = Dashboard(
    uid="citygate-lora-gateways",
    title="LoRa gateways",
    about="Which LoRa gateway is dead, who cannot be heard because of it, and how much do they relay?",
    kinds=("lora-gateway",),
    thing="LoRa gateway",
    marks=(GATEWAY_OFFLINE, DEVICE_PLACED),
    parts=(
        Row("Now"),
        Panel(
            title="Which LoRa gateway lost its connection?",
            about="Connection to the network server, as that reports it, by LoRa gateway.",
            look="states",
            queries=(
                Query(
                    measurement="network",
                    fields=("gateway_connected",),
                    function="last",
                    by=("feature",),
                    every="$__interval",
                    fill="previous",
                ),
            ),
            words=CONNECTED,
            empty="No LoRa gateway reports its connection.",
            width=12,
        ),
        Panel(
            title="Which one died, and who is behind it?",
            about="One alarm for a dead LoRa gateway, and not one for each device: the devices named are well and only out of reach. Newest first.",
            look="table",
            queries=(
                Query(
                    measurement="network_event",
                    fields=("gateway_offline", "gateway_offline_sign", "devices_behind", "devices_behind_names"),
                    function="",
                    tags=("feature",),
                    where="\"gateway_offline_sign\" != ''",
                    newest=50,
                ),
            ),
            words=DEAD,
            columns={
                "Time": "Since",
                "feature": "LoRa gateway",
                "gateway_offline": "State",
                "gateway_offline_sign": "By",
                "devices_behind": "Devices",
                "devices_behind_names": "Which",
            },
            empty="No LoRa gateway died in the last 30 days.",
            width=12,
            look_back="30d",
        ),
        Row("What they relay"),
        relayed(
            "How many packets does each hear?",
            "LoRa packets received, as the LoRa gateway reports; also strangers' packets.",
            "rx_packets",
        ),
        relayed(
            "How many of them are whole?",
            "Packets with a right checksum. The rest is noise, or too far away.",
            "rx_packets_ok",
        ),
        relayed(
            "How much does each send?",
            "Packets sent to devices. A LoRa gateway is deaf while it sends.",
            "tx_packets_ok",
        ),
        Panel(
            title="How many devices does each hear?",
            about="Our devices of which it relayed a frame, by local day.",
            look="series",
            queries=(
                Query(measurement="network_1d", fields=("devices_heard",), by=("feature",), every="1d", fill="none"),
            ),
            low=0,
            look_back="30d",
        ),
        Panel(
            title="How much of the day did each work?",
            about="Share of each local day in which it was not dead.",
            look="series",
            queries=(
                Query(
                    measurement="network_1d",
                    fields=("gateway_online_percent",),
                    by=("feature",),
                    every="1d",
                    fill="none",
                ),
            ),
            low=0,
            high=100,
            steps=(Step(None, "vermilion", "look at its power and its line"), Step(99, "blue", "well")),
            look_back="30d",
        ),
        Panel(
            title="How clean is the air for radio?",
            about="Share of the packets with a right checksum, by local day. A fall is a new source of noise nearby.",
            look="series",
            queries=(
                Query(
                    measurement="network_1d",
                    fields=("rx_packets_ok_percent",),
                    by=("feature",),
                    every="1d",
                    fill="none",
                ),
            ),
            low=0,
            high=100,
            look_back="30d",
        ),
    ),
)
