"""What happened, drawn on every panel over time."""

from gateway.grafana.layout import Mark, Query

DEVICE_PLACED = Mark(
    name="Device placed or moved",
    query=Query(measurement="inventory_event", fields=("placed",), function="", tags=("feature", "device")),
    text="placed",
    colour="purple",
)
"""A device record that begins: a sensor was put up, exchanged or moved to another place."""

COLLECTED = Mark(
    name="Collections",
    query=Query(
        measurement="waste_event",
        fields=("collected_percent",),
        function="",
        tags=("feature",),
        where='"collected_percent" > 0',
    ),
    text="feature",
    colour="green",
)


def fell_silent(domain: str) -> Mark:
    """A device of the domain fell silent."""
    return Mark(
        name="Fell silent",
        query=Query(
            measurement=f"{domain}_event", fields=("silent",), function="", tags=("feature",), where='"silent" = true'
        ),
        text="feature",
        colour="grey",
        shown=False,
    )


FLOOD = Mark(
    name="Thresholds passed",
    query=Query(
        measurement="water_event",
        fields=("flood_state",),
        function="",
        tags=("feature",),
        where="\"flood_state\" != ''",
    ),
    text="flood_state",
    colour="vermilion",
)

GATEWAY_OFFLINE = Mark(
    name="LoRa gateway died",
    query=Query(
        measurement="network_event",
        fields=("gateway_offline",),
        function="",
        tags=("feature",),
        where='"gateway_offline" = true',
    ),
    text="feature",
    colour="vermilion",
)
