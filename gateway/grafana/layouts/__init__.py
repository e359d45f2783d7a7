"""One file per dashboard. To add one: a file, and a line here."""

from collections.abc import Sequence

from gateway.grafana.layout import Dashboard
from gateway.grafana.layouts.air_noise import AIR_NOISE
from gateway.grafana.layouts.cycling import CYCLING
from gateway.grafana.layouts.devices import DEVICES
from gateway.grafana.layouts.energy import ENERGY
from gateway.grafana.layouts.gateway import GATEWAY
from gateway.grafana.layouts.lora_gateways import LORA_GATEWAYS
from gateway.grafana.layouts.parking import PARKING
from gateway.grafana.layouts.pilot import PILOT
from gateway.grafana.layouts.waste import WASTE
from gateway.grafana.layouts.water import WATER
from gateway.grafana.layouts.watering import WATERING

LAYOUTS: Sequence[Dashboard] = (
    PILOT,
    PARKING,
    WASTE,
    CYCLING,
    WATERING,
    AIR_NOISE,
    WATER,
    ENERGY,
    DEVICES,
    LORA_GATEWAYS,
    GATEWAY,
)
