"""The alert rules, one table. What they watch, Citygate has found already: a rule only asks whether it stands.

Numbers and not flags: Grafana's alerting compares numbers, so flags that stand are counted, one series a thing.
"""

from collections.abc import Sequence

from gateway.grafana.layout import Query, Rule
from gateway.grafana.layouts.devices import DEVICES
from gateway.grafana.layouts.gateway import GATEWAY
from gateway.grafana.layouts.lora_gateways import LORA_GATEWAYS
from gateway.grafana.layouts.waste import WASTE
from gateway.grafana.layouts.water import WATER

MONTH_S, DAY_S = 30 * 86_400, 86_400
THING = ("city", "pilot", "feature")


def standing(measurement: str, field: str, where: str) -> Query:
    """The things whose newest word is that, each as one series of the number 1."""
    inner = Query(measurement=measurement, fields=(field,), function="last", by=THING, scope="everything")
    return Query(
        measurement=measurement,
        fields=(field,),
        function="count",
        by=THING,
        where=where,
        scope="everything",
        inner=inner,
    )


def newest(measurement: str, field: str, *by: str, least: bool = False) -> Query:
    """The highest (or lowest) number of the time looked back on."""
    return Query(
        measurement=measurement, fields=(field,), function="min" if least else "max", by=by, scope="everything"
    )


RULES: Sequence[Rule] = (
    Rule(
        uid="citygate-silent",
        title="A device is silent",
        query=standing("/_event$/", "silent", '"silent" = true'),
        look_back_s=MONTH_S,
        lasting="5m",
        severity="warning",
        summary="{{ $labels.feature }} of {{ $labels.pilot }} has not been heard for longer than it ever pauses.",
        mend="Look whether its neighbours are heard; then at its battery, then at the device.",
        page=DEVICES.uid,
        panel="Which devices fell silent, and which still are?",
    ),
    Rule(
        uid="citygate-fire",
        title="It burns in a container",
        query=standing("waste_event", "fire_alarm", '"fire_alarm" = true'),
        look_back_s=DAY_S,
        severity="critical",
        summary="{{ $labels.feature }} of {{ $labels.pilot }}: 60 °C, five degrees a minute, or its sensor says fire.",
        mend="Call the fire brigade first.",
        page=WASTE.uid,
        panel="Does it burn, or lie on its side?",
    ),
    Rule(
        uid="citygate-flood",
        title="Water stands above a threshold",
        query=standing("water_event", "flood_state", "(\"flood_state\" = 'alert' OR \"flood_state\" = 'danger')"),
        look_back_s=MONTH_S,
        severity="critical",
        summary="{{ $labels.feature }} of {{ $labels.pilot }} stands above its alert or danger level.",
        mend="See how fast it rises, and who must be warned by the plan.",
        page=WATER.uid,
        panel="How high is the water?",
    ),
    Rule(
        uid="citygate-overflow",
        title="A container is overfull",
        query=Query(
            measurement="waste_estimate",
            fields=("fill_level_clean_percent",),
            function="last",
            by=THING,
            scope="everything",
        ),
        above=98,
        look_back_s=DAY_S,
        lasting="1h",
        severity="warning",
        summary="{{ $labels.feature }} of {{ $labels.pilot }} is full, and has been for an hour.",
        mend="Put it on the next round.",
        page=WASTE.uid,
        panel="How full are the bins now?",
    ),
    Rule(
        uid="citygate-lora-gateway",
        title="A LoRa gateway is dead",
        query=standing("network_event", "gateway_offline", '"gateway_offline" = true'),
        look_back_s=MONTH_S,
        severity="critical",
        summary="{{ $labels.feature }} of {{ $labels.pilot }} is dead; its devices are well, and out of reach.",
        mend="Look at its power, then at its line. The page names the devices behind it.",
        page=LORA_GATEWAYS.uid,
        panel="Which one died, and who is behind it?",
    ),
    Rule(
        uid="citygate-sink-stalled",
        title="A sink is stalled",
        query=newest("citygate_sink", "lag_s", "city", "gateway", "sink"),
        above=600,
        look_back_s=300,
        lasting="5m",
        severity="critical",
        summary="Sink {{ $labels.sink }} of {{ $labels.gateway }} is ten minutes behind. Nothing is lost yet.",
        mend="citygate status says why, and what to do.",
        page=GATEWAY.uid,
        panel="How far is each sink behind?",
    ),
    Rule(
        uid="citygate-not-heard",
        title="A gateway is not heard",
        query=Query(
            measurement="citygate",
            fields=("uptime_s",),
            function="count",
            by=("city", "gateway"),
            every="15m",
            fill="0",
            scope="everything",
        ),
        below=1,
        look_back_s=DAY_S,
        lasting="5m",
        severity="critical",
        summary="{{ $labels.gateway }} has not reported for 15 minutes: it is down, without a clock, or refused here.",
        mend="citygate status on its machine; it keeps what it cannot deliver.",
        page=GATEWAY.uid,
        panel="How long has it run?",
        silence="Alerting",
    ),
    Rule(
        uid="citygate-quota",
        title="A log fills its quota",
        query=newest("citygate_log", "needed_percent", "city", "gateway", "log"),
        above=80,
        look_back_s=300,
        lasting="5m",
        severity="critical",
        summary="The {{ $labels.log }} of {{ $labels.gateway }} is at 80 % with what somebody has still to read.",
        mend="Mend the sink that lags, or raise quota_bytes if the disk has room: at 100 % the oldest is given up.",
        page=GATEWAY.uid,
        panel="How much of the logs is still needed?",
    ),
    Rule(
        uid="citygate-disk",
        title="The gateway's disk is nearly full",
        query=newest("citygate_log", "disk_used_percent", "city", "gateway"),
        above=90,
        look_back_s=300,
        lasting="5m",
        severity="critical",
        summary="Less than a tenth of the disk of {{ $labels.gateway }} is free.",
        mend="Make room, or lower quota_bytes.",
        page=GATEWAY.uid,
        panel="How full is the disk?",
    ),
    Rule(
        uid="citygate-clock",
        title="The gateway's clock jumped",
        query=newest("citygate", "clock_step_s", "city", "gateway"),
        above=5,
        look_back_s=3_600,
        severity="warning",
        summary="The clock of {{ $labels.gateway }} jumped by more than five seconds within the last hour.",
        mend="timedatectl tells whether it is synchronised; mend its NTP server.",
        page=GATEWAY.uid,
        panel="Does its clock jump?",
    ),
    Rule(
        uid="citygate-wrong",
        title="Something is wrong with the gateway",
        query=newest("citygate", "critical_conditions", "city", "gateway"),
        look_back_s=300,
        lasting="5m",
        severity="critical",
        summary="{{ $labels.gateway }} knows of something critical that is wrong now.",
        mend="citygate status names it and says what to do.",
        page=GATEWAY.uid,
        panel="What is wrong now?",
    ),
)
