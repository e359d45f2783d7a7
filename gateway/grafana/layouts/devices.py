"""Device health: who is silent, whose battery goes, who is badly heard."""

from gateway.grafana.layout import Dashboard, Panel, Query, Row, Step, Word
from gateway.grafana.layouts.marks import DEVICE_PLACED

MEASURED = "/^(parking|waste|cycling|green|water|energy|air|noise|weather|agri|safety|mobility|light)$/"
SILENCE = (Word("true", "silent", "vermilion"), Word("false", "speaks", "blue"))
CHARGE = (
    Step(None, "vermilion", "change it now: below 20 % a warning is raised"),
    Step(20, "orange", "plan the change"),
    Step(30, "blue", "enough"),
)
HEARD = (Step(None, "vermilion", "too many frames are lost"), Step(90, "blue", "well"))

DEVICES = Dashboard(
    uid="citygate-devices",
    title="Device health",
    about="Which devices are silent, whose battery is nearly empty, and who is badly heard?",
    variables=("city", "pilot", "area", "feature", "device"),
    marks=(DEVICE_PLACED,),
    parts=(
        Row("Who needs a visit"),
        Panel(
            title="Which devices fell silent, and which still are?",
            about="One line a thing that fell silent in the last 30 days. How long a silence may last is learnt from each device: chance alone raises one alarm in 100,000 frames.",
            look="states",
            queries=(
                Query(
                    measurement="/_event$/",
                    fields=("silent",),
                    function="last",
                    by=("feature",),
                    every="$__interval",
                    fill="previous",
                ),
            ),
            words=SILENCE,
            smallest_step="1h",
            empty="No device fell silent in the last 30 days.",
            width=12,
            look_back="30d",
        ),
        Panel(
            title="When was each device last heard?",
            about="The newest frame of each LoRaWAN device of the last 30 days, the oldest first; and how well it was heard.",
            look="table",
            queries=(
                Query(
                    measurement="lorawan",
                    fields=("f_cnt",),
                    function="last",
                    beside=("rssi_dbm", "snr_db", "receptions"),
                    by=("device", "feature"),
                    scope="devices",
                    names=("frame", "rssi", "snr", "heard by"),
                ),
            ),
            columns={
                "Time": "Last heard",
                "feature": "Thing",
                "device": "Device",
                "rssi": "Strength",
                "snr": "Signal to noise",
                "heard by": "LoRa gateways",
            },
            first_by="Last heard",
            width=12,
            look_back="30d",
        ),
        Panel(
            title="Whose battery is nearly empty?",
            about="Charge as each device sent it last, in the last 30 days.",
            look="bar gauge",
            queries=(Query(measurement=MEASURED, fields=("battery_percent",), function="last", by=("feature",)),),
            low=0,
            high=100,
            steps=CHARGE,
            width=12,
            height=10,
            look_back="30d",
        ),
        Panel(
            title="What did devices warn of?",
            about="Changes of warnings in the last 30 days, newest first: an empty battery, somebody meddling, a device that falls silent again and again.",
            look="table",
            queries=(
                Query(
                    measurement="/_event$/",
                    fields=("battery_warning", "tamper_alarm", "flapping"),
                    function="",
                    tags=("feature",),
                    where='("battery_warning" = true OR "tamper_alarm" = true OR "flapping" = true)',
                    newest=50,
                ),
            ),
            words=(Word("true", "WARNING", "vermilion"), Word("false", "over", "blue")),
            columns={
                "Time": "At",
                "feature": "Thing",
                "battery_warning": "Battery",
                "tamper_alarm": "Tamper",
                "flapping": "Flapping",
            },
            empty="No warning in the last 30 days.",
            width=12,
            height=10,
            look_back="30d",
        ),
        Row("How they are heard"),
        Panel(
            title="What share of its frames reaches us?",
            about="Frames received of the frames sent (by the frame counter), by local day and thing.",
            look="series",
            legend="none",
            queries=(Query(measurement="/_1d$/", fields=("pdr_percent",), by=("feature",), every="1d", fill="none"),),
            high=100,
            steps=HEARD,
            width=12,
            look_back="30d",
        ),
        Panel(
            title="Who is barely heard?",
            about="Median signal to noise of the best reception, newest local day. Below -15 dB the slowest data rate is the last resort.",
            look="bar gauge",
            queries=(Query(measurement="/_1d$/", fields=("snr_median_db",), function="last", by=("feature",)),),
            low=-25,
            high=15,
            steps=(Step(None, "vermilion", "barely"), Step(-10, "orange", "weak"), Step(0, "blue", "well")),
            width=12,
            look_back="3d",
        ),
        Panel(
            title="How strong is each frame?",
            about="Strength of the best reception. A step down is a car in front, a closed lid, or a dead LoRa gateway.",
            look="series",
            legend="none",
            queries=(
                Query(
                    measurement="lorawan",
                    fields=("rssi_dbm",),
                    by=("device",),
                    every="$__interval",
                    fill="none",
                    scope="devices",
                ),
            ),
            smallest_step="1h",
        ),
        Panel(
            title="How many LoRa gateways hear it?",
            about="Mean of the frames. With one only, its death makes the device silent.",
            look="series",
            legend="none",
            queries=(
                Query(
                    measurement="lorawan",
                    fields=("receptions",),
                    by=("device",),
                    every="$__interval",
                    fill="none",
                    scope="devices",
                ),
            ),
            low=0,
            steps=(Step(None, "orange", "one only"), Step(1.5, "blue", "two or more")),
            smallest_step="1h",
        ),
        Panel(
            title="How many months will the batteries last?",
            about="By the slope of the last 30 to 60 daily means. Only where the charge is falling; it takes four weeks of data.",
            look="bar gauge",
            queries=(Query(measurement="/_1d$/", fields=("battery_months_left",), function="last", by=("feature",)),),
            low=0,
            steps=(
                Step(None, "vermilion", "order batteries"),
                Step(3, "orange", "plan the change"),
                Step(12, "blue", "enough"),
            ),
            empty="Four weeks of a falling charge are needed first.",
            width=12,
            look_back="30d",
        ),
        Panel(
            title="How often does it send?",
            about="Frames received of each local day. A slow fall is a radio that is aging, a rise an alarm that repeats.",
            look="series",
            legend="none",
            queries=(
                Query(
                    measurement="/_1d$/", fields=("uplinks",), function="sum", by=("feature",), every="1d", fill="none"
                ),
            ),
            low=0,
            look_back="30d",
        ),
        Panel(
            title="How many messages can nobody read?",
            about="Rejected by reason, of the whole gateway: a device that nobody wrote down, a payload that its profile cannot read. citygate rejected list names them.",
            look="bars",
            queries=(
                Query(
                    measurement="citygate_rejected",
                    fields=("rejected_messages",),
                    function="difference",
                    by=("reason",),
                    every="$__interval",
                    fill="none",
                    scope="cities",
                ),
            ),
            low=0,
            stacked=True,
            smallest_step="5m",
            empty="No message was rejected.",
            width=24,
        ),
    ),
)
