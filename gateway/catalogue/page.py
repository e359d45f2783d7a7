"""The AsyncAPI document of a pilot as one HTML page that people read: how to begin, topics, bodies, licence, contact.

It shows what the document says and nothing else; it asks nothing of any network, and prints.
"""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import msgspec

from gateway.reports.html import Child, Markup, joined, tag
from pipelines.catalogue.asyncapi import document
from pipelines.catalogue.bodies import kinds_of, pascal
from pipelines.catalogue.facts import PilotFacts
from pipelines.catalogue.subscribers import LANGUAGES, file_name, subscriber
from pipelines.encodings.topics import segment
from pipelines.open_data.channels import BY_NAME

Json = Mapping[str, Any]

TITLES = {"python": "Python", "javascript": "JavaScript"}
CLASSES = {"A": "environment", "B": "assets", "C": "use of public space", "D": "households and businesses"}
ENVELOPE = {
    "id": "the entity, the same in every message about it",
    "type": "its Smart Data Models type",
    "location": "GeoJSON, longitude before latitude; rounded or left out where people live",
    "revision": "number of the statement, on obs, event and agg; the higher one wins",
    "derivedBy": "the analytics that worked it out; not there for what was measured",
}
"""What every body may have beside its attributes."""
QUALITIES = (
    ("ok", "plausible"),
    ("suspect", "out of range, a spike, stuck, or by a clock that is wrong; the reason says which"),
    ("estimated", "worked out for a gap, or an assumption where the type wants an attribute that nobody measures"),
    ("missing", "too little was heard of the interval; no value"),
    ("suppressed", "so few that somebody could be recognised; no value, and not zero"),
    ("retracted", "said before and wrong altogether; no value"),
)
PROMISES = (
    "An observation is known by its id, attribute, observedAt (and observedUntil). Of two, the higher revision wins.",
    "A state only moves forward in time. What comes late goes to obs alone, with its true time.",
    "An empty retained message means that the entity is no more.",
    "Attributes may be added. What would change a meaning becomes v2 beside v1, for six months at least.",
)


def page(facts: PilotFacts) -> str:
    """The whole document."""
    described = document(facts)
    style = "".join(
        files(room).joinpath(name).read_text("utf-8")
        for room, name in (("gateway.reports", "report.css"), ("gateway.catalogue", "page.css"))
    )
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", f"{facts.title}: open data"),
        tag("style", Markup(style)),
    )
    body = tag(
        "main",
        _head(facts, described),
        _begin(facts, described),
        _topics(described),
        _bodies(facts, described),
        _words(),
        _programs(facts),
        _foot(facts, described),
    )
    return f"<!doctype html>\n{tag('html', head, tag('body', body), lang='en')}\n"


def _head(facts: PilotFacts, described: Json) -> Markup:
    info = described["info"]
    names = ", ".join(one["description"].lower() for one in info["tags"])
    lead = (
        f"Open data as they happen: {names}. On MQTT topics, in NGSI-LD with the types of the Smart Data Models, under "
        f"{info['license']['name']}."
    )
    return tag(
        "header",
        tag("p", f"{facts.city.title()} · {facts.publisher}", class_="facts"),
        tag("h1", info["title"]),
        tag("p", lead, class_="lead"),
    )


def _begin(facts: PilotFacts, described: Json) -> Markup:
    server = described["servers"]["broker"]
    host, _, port = server["host"].rpartition(":")
    account = "-u NAME -P PASSWORD" + (" --capath /etc/ssl/certs" if server["protocol"] == "mqtts" else "")
    domain = facts.domains[0]
    command = f"mosquitto_sub -V 5 -h {host} -p {port} {account} -t '{facts.topic(domain, '+/state')}' -v"
    mail = info_link(facts.contact.email)
    steps = (
        joined(["Ask ", mail, " for an account: it is free, reads only, and says which topics it may read."]),
        joined(["Look at the newest states:", _code(command)]),
        joined(["Take one of the ", tag("a", "programs below", href="#programs"), " and put your own work in it."]),
    )
    return tag("section", tag("h2", "In five minutes"), tag("ol", [tag("li", step) for step in steps]))


def info_link(email: str) -> Markup:
    """A link that writes to somebody."""
    return tag("a", email, href=f"mailto:{email}")


def _topics(described: Json) -> Markup:
    operations = {one["channel"]["$ref"].rpartition("/")[2]: one for one in described["operations"].values()}
    articles = []
    for name, channel in described["channels"].items():
        binding = operations[name]["bindings"]["mqtt"]
        kept = "kept: the newest comes at once" if binding["retain"] else "not kept"
        articles.append(
            tag(
                "article",
                tag(
                    "h3", channel["title"], [tag("span", one["name"], class_="verdict open") for one in channel["tags"]]
                ),
                _topic(channel["address"]),
                tag("p", f"QoS {binding['qos']}, {kept}. {channel['description']}", class_="note"),
            )
        )
    values = described["channels"]["meta"]["parameters"]
    known = [
        tag("li", tag("code", f"{{{name}}}"), " ", _parameter(values[name]))
        for name in ("city", "domain", "pilot", "entity")
    ]
    return tag(
        "section",
        tag("h2", "Topics"),
        tag("ul", known),
        tag("p", "The words beside a title are the tiers of accounts that may read it.", class_="note"),
        articles,
    )


def _parameter(parameter: Json) -> Child:
    if "enum" in parameter:
        return joined([joined([tag("code", one), " "]) for one in parameter["enum"]])
    return str(parameter["description"]).partition(".")[0] + "."


def _bodies(facts: PilotFacts, described: Json) -> Markup:
    schemas, messages = described["components"]["schemas"], described["components"]["messages"]
    return tag(
        "section",
        tag("h2", "What is said of what"),
        tag("p", "Beside its attributes every body has:"),
        tag("ul", [tag("li", tag("code", name), f": {meaning}.") for name, meaning in ENVELOPE.items()]),
        [
            _body(kind.title, schemas[pascal(kind.name)], _example(messages, pascal(kind.name)))
            for kind in kinds_of(facts)
        ],
    )


def _example(messages: Json, name: str) -> Json:
    """The state of a kind; of households, whose only message is a sum, that."""
    found = messages.get(f"{name}State") or next(one for key, one in messages.items() if key.startswith(name))
    payload: Json = found["examples"][0]["payload"]
    return payload


def _body(title: str, schema: Json, example: Json) -> Markup:
    rows = [
        tag(
            "tr",
            tag("th", name, scope="row"),
            tag("td", attribute["title"]),
            tag("td", _values(attribute["properties"]["value"]), class_="figure"),
            tag("td", _unit(attribute["properties"]), class_="figure"),
            tag("td", _plausible(attribute.get("x-plausible")), class_="figure"),
        )
        for name, attribute in schema["properties"].items()
        if name not in ENVELOPE
    ]
    shown = msgspec.json.format(msgspec.json.encode(example), indent=2).decode()
    return tag(
        "article",
        tag("h3", title, tag("span", schema["properties"]["type"]["const"], class_="verdict none")),
        _table(("Attribute", "Meaning", "Value", "Unit", "Plausible"), rows),
        tag("details", tag("summary", "An example, with made-up figures"), tag("pre", tag("code", shown))),
    )


def _values(schema: Json) -> str:
    return ", ".join(schema["enum"]) if "enum" in schema else str(schema["type"])


def _unit(properties: Json) -> str:
    return str(properties.get("unitCode", properties.get("unitText", {})).get("const", ""))


def _plausible(limits: Sequence[float | None] | None) -> str:
    if limits is None:
        return ""
    low, high = ("" if one is None else f"{one:,g}" for one in limits)
    return f"{low} to {high}" if low and high else f"from {low}" if low else f"to {high}"


def _words() -> Markup:
    rows = [tag("tr", tag("th", word, scope="row"), tag("td", meaning)) for word, meaning in QUALITIES]
    return tag(
        "section",
        tag("h2", "What you may rely on"),
        tag("ul", [tag("li", promise) for promise in PROMISES]),
        tag("h3", "quality"),
        _table(("Word", "Meaning"), rows),
    )


def _programs(facts: PilotFacts) -> Markup:
    programs = [
        tag(
            "details",
            tag("summary", f"{TITLES[language]}: {file_name(facts, language)}"),
            tag("pre", tag("code", subscriber(facts, BY_NAME["state"], language))),
        )
        for language in LANGUAGES
        if any("State" in name for name in _state_messages(facts))
    ]
    return tag("section", tag("h2", "Programs to begin with", id="programs"), programs)


def _state_messages(facts: PilotFacts) -> Sequence[str]:
    return list(document(facts)["channels"].get("state", {}).get("messages", {}))


def _foot(facts: PilotFacts, described: Json) -> Markup:
    info = described["info"]
    server = described["servers"]["broker"]
    rows = (
        ("Broker", f"{server['protocol']}://{server['host']}, MQTT {server['protocolVersion']}"),
        ("Licence", tag("a", info["license"]["name"], href=info["license"]["url"])),
        ("Publisher", facts.publisher),
        ("Contact", joined([info["contact"]["name"], ", ", info_link(info["contact"]["email"])])),
        ("Privacy class", f"{facts.privacy}: {CLASSES[facts.privacy]}"),
        ("AsyncAPI 3.0.0", tag("code", facts.topic(facts.domains[0], "_asyncapi"))),
        ("DCAT-AP-NL 3.0", tag("code", facts.topic(facts.domains[0], "_catalog"))),
        ("Version", f"{info['version']}, pilot {segment(facts.id)}"),
    )
    table = _table((), [tag("tr", tag("th", name, scope="row"), tag("td", value)) for name, value in rows])
    return tag("section", tag("h2", "Facts"), table)


def _topic(address: str) -> Markup:
    """An address that a narrow page breaks between its levels."""
    levels = address.split("/")
    return tag("pre", tag("code", [[level, "/", Markup("<wbr>")] for level in levels[:-1]], levels[-1]))


def _code(text: str) -> Markup:
    return tag("pre", tag("code", text))


def _table(headers: Sequence[str], rows: Sequence[Markup]) -> Markup:
    head = tag("thead", tag("tr", [tag("th", header, scope="col") for header in headers])) if headers else None
    return tag("div", tag("table", head, tag("tbody", joined(rows))), class_="scroll")
