"""The gateway itself: does it take in what comes, does every sink get it, will the disk last."""

from gateway.grafana.layout import Dashboard, Function, Panel, Query, Row, Scope, Step, Word

OWN: Scope = "gateway"


def grown(field: str, name: str) -> Query:
    """What a counter of the gateway grew by."""
    return Query(
        measurement="citygate",
        fields=(field,),
        function="difference",
        every="$__interval",
        fill="none",
        scope=OWN,
        names=(name,),
    )


def of_part(measurement: str, field: str, part: str, *, function: Function = "last") -> Query:
    """A number of each sink, source, log."""
    return Query(
        measurement=measurement,
        fields=(field,),
        function=function,
        by=(part,),
        every="$__interval",
        fill="none",
        scope=OWN,
    )


def newest(field: str) -> Query:
    """As it stands."""
    return Query(measurement="citygate", fields=(field,), function="last", by=("gateway",), scope=OWN)


GATEWAY = Dashboard(
    uid="citygate-gateway",
    title="The gateway itself",
    about="Does the gateway take in what comes, does every sink get it, and will the disk last?",
    variables=("city", "gateway"),
    back="now-24h",
    parts=(
        Row("Now"),
        Panel(
            title="How long has it run?",
            about="Since its last start. Below a day, look for why in its log.",
            look="stat",
            queries=(newest("uptime_s"),),
            width=4,
            height=4,
            look_back="1h",
        ),
        Panel(
            title="What is wrong now?",
            about="How many things the gateway knows to be wrong that cannot wait, as citygate status lists them with what to do.",
            look="stat",
            queries=(newest("critical_conditions"),),
            steps=(Step(None, "blue", "nothing"), Step(1, "vermilion", "citygate status says what")),
            width=4,
            height=4,
            look_back="1h",
        ),
        Panel(
            title="Is there room?",
            about="A full log that a sink still needs keeps sources waiting; they keep their messages.",
            look="stat",
            queries=(newest("intake_held"),),
            words=(Word("true", "HELD", "vermilion"), Word("false", "yes", "blue")),
            width=4,
            height=4,
            look_back="1h",
        ),
        Panel(
            title="How much memory?",
            about="Resident memory of the process. It should stay flat for weeks.",
            look="stat",
            queries=(
                Query(
                    measurement="citygate",
                    fields=("resident_bytes",),
                    function="last",
                    by=("gateway",),
                    every="$__interval",
                    fill="none",
                    scope=OWN,
                ),
            ),
            width=4,
            height=4,
            smallest_step="1m",
        ),
        Panel(
            title="Which sink does not take data?",
            about="Yes or no for each sink at its newest report. While this database itself is away, its reports wait and come later.",
            look="states",
            queries=(of_part("citygate_sink", "failing", "sink"),),
            words=(Word("true", "FAILING", "vermilion"), Word("false", "takes data", "blue")),
            smallest_step="1m",
            width=8,
            height=4,
        ),
        Row("What comes in"),
        Panel(
            title="What becomes of what comes?",
            about="Messages by their outcome. Duplicates are the same frame by another LoRa gateway; rejected are kept with their reason.",
            look="bars",
            queries=(grown("accepted", "accepted"), grown("duplicates", "duplicates"), grown("rejected", "rejected")),
            low=0,
            stacked=True,
            smallest_step="1m",
        ),
        Panel(
            title="Why are messages rejected?",
            about="By reason. unknown_device: nobody wrote it down, see citygate inbox. decode_failed: its profile does not fit.",
            look="bars",
            queries=(of_part("citygate_rejected", "rejected_messages", "reason", function="difference"),),
            low=0,
            stacked=True,
            smallest_step="1m",
            empty="No message was rejected.",
        ),
        Panel(
            title="Which source is quiet?",
            about="Messages received from each source. A flat line at zero: a broker that is gone, or a password that expired.",
            look="series",
            queries=(of_part("citygate_source", "source_received", "source", function="difference"),),
            low=0,
            smallest_step="1m",
            width=8,
        ),
        Panel(
            title="Does it keep up?",
            about="Messages that are kept and not yet looked at, that wait for the clock or a codec, and ledger entries that analytics have not taken in.",
            look="series",
            queries=tuple(
                Query(
                    measurement="citygate",
                    fields=(field,),
                    function="max",
                    every="$__interval",
                    fill="none",
                    scope=OWN,
                    names=(name,),
                )
                for field, name in (
                    ("unread", "unread"),
                    ("waiting", "waiting"),
                    ("analytics_behind", "analytics behind"),
                )
            ),
            low=0,
            smallest_step="1m",
            width=8,
        ),
        Panel(
            title="How much does it work out?",
            about="Values that analytics derived from what devices measured.",
            look="bars",
            queries=(grown("derived", "derived"),),
            low=0,
            smallest_step="1m",
            width=8,
        ),
        Row("What goes out"),
        Panel(
            title="How far is each sink behind?",
            about="How long the oldest entry has waited for it. Nothing is lost while it waits, until the ledger's quota is full.",
            look="series",
            queries=(of_part("citygate_sink", "lag_s", "sink", function="max"),),
            low=0,
            steps=(
                Step(None, "blue", "well"),
                Step(60, "orange", "behind"),
                Step(600, "vermilion", "stalled: look at it"),
            ),
            smallest_step="1m",
        ),
        Panel(
            title="How many entries wait for each sink?",
            about="Ledger entries that the sink has not had.",
            look="series",
            queries=(of_part("citygate_sink", "pending", "sink", function="max"),),
            low=0,
            smallest_step="1m",
        ),
        Panel(
            title="How much does each sink get?",
            about="Entries delivered. After an outage it gets more for a while: what waited.",
            look="series",
            queries=(of_part("citygate_sink", "delivered", "sink", function="difference"),),
            low=0,
            smallest_step="1m",
        ),
        Panel(
            title="What does a sink refuse?",
            about="Entries that the far side will never take; they are kept in the quarantine with its words.",
            look="bars",
            queries=(of_part("citygate_sink", "quarantined", "sink", function="difference"),),
            low=0,
            smallest_step="1m",
        ),
        Row("Will the disk last"),
        Panel(
            title="How much of the logs is still needed?",
            about="Share of its quota that refine (intake) or the slowest sink (ledger) has still to read. At 100 % the oldest are given up, or sources wait, as when_full says.",
            look="series",
            queries=(of_part("citygate_log", "needed_percent", "log"),),
            low=0,
            high=100,
            steps=(
                Step(None, "blue", "well"),
                Step(80, "orange", "raise the quota, or mend the sink that holds it"),
                Step(95, "vermilion", "full"),
            ),
            smallest_step="5m",
            width=8,
        ),
        Panel(
            title="How large are the logs?",
            about="Bytes on the disk. They grow to their quota and then stay there; that is as it should be.",
            look="series",
            queries=(of_part("citygate_log", "size_bytes", "log"),),
            low=0,
            smallest_step="5m",
            width=8,
        ),
        Panel(
            title="How full is the disk?",
            about="The disk that holds the logs, whoever fills it.",
            look="series",
            queries=(of_part("citygate_log", "disk_used_percent", "log", function="max"),),
            low=0,
            high=100,
            steps=(
                Step(None, "blue", "enough room"),
                Step(80, "orange", "little is left"),
                Step(90, "vermilion", "make room"),
            ),
            smallest_step="5m",
            width=8,
        ),
        Panel(
            title="Does its clock jump?",
            about="By how much the wall clock went otherwise than the machine's own count of time, from report to report. Without a trusted clock nothing is refined or reported; what comes is kept.",
            look="bars",
            queries=(
                Query(
                    measurement="citygate",
                    fields=("clock_step_s",),
                    function="max",
                    by=("gateway",),
                    every="$__interval",
                    fill="none",
                    scope=OWN,
                ),
            ),
            low=0,
            steps=(Step(None, "blue", "as it should be"), Step(5, "vermilion", "it jumped: mend its time server")),
            smallest_step="1m",
        ),
        Panel(
            title="What could wait until tomorrow?",
            about="Warnings and critical conditions over time: how many things were wrong at each report.",
            look="series",
            queries=tuple(
                Query(
                    measurement="citygate",
                    fields=(field,),
                    function="max",
                    every="$__interval",
                    fill="none",
                    scope=OWN,
                    names=(name,),
                )
                for field, name in (("warning_conditions", "warnings"), ("critical_conditions", "critical"))
            ),
            low=0,
            smallest_step="1m",
        ),
    ),
)
