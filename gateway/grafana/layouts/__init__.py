"""One file per dashboard. To add one: a file, and a line here."""

from collections.abc import Sequence

from gateway.grafana.layout import Dashboard
from gateway.grafana.layouts.cycling import CYCLING
from gateway.grafana.layouts.parking import PARKING
from gateway.grafana.layouts.waste import WASTE

LAYOUTS: Sequence[Dashboard] = (PARKING, WASTE, CYCLING)
