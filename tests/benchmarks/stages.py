"""What each step of the road costs by itself: `make bench ARGS="stages [--messages 6000] [--corpus tts]"`.

The program's own functions over the corpora of the whole road, one thread, no broker, no disk but a temporary folder.
A step's figure is CPU per uplink in batches of the road's own size: the quietest of some rounds is the figure of the
code, since what a shared machine adds is never negative. ``pack`` runs beside the loop, all else is on its way.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import msgspec

from device_profiles.catalogue import Catalogue
from gateway.ingest import decode_received
from gateway.journal.format import Framing
from gateway.journal.pack import SAMPLES, Packer, train
from gateway.mqtt.decoder import Decoder
from gateway.mqtt.encoder import encode as encode_packet
from gateway.mqtt.packets import Publish
from gateway.progress import decode_ledger
from gateway.sinks.influxdb.exchange import compressed
from gateway.sinks.influxdb.sink import encoded
from pipelines.dialects import build_dialect
from pipelines.identify import DeviceIndex
from pipelines.model import NS_PER_S, Accepted, Device, Received, Revision
from pipelines.process import Knowledge, Memory, process
from tests.benchmarks.corpus import CORPORA, DEVICES, DIALECTS, PROFILES, device_id

START_NS = 1_790_000_000 * NS_PER_S
BATCH = 500
ROUNDS = 7
SETTINGS: dict[str, dict[str, object]] = {
    "plain": {"topic_template": "sensors/{device_id}/up", "time_field": "time_ns", "time_format": "epoch_ns"}
}

Step = Callable[[Sequence[Any]], Sequence[Any]]


def messages(corpus: str, count: int) -> list[tuple[str, bytes]]:
    """As the publisher makes them, a millisecond apart."""
    return [CORPORA[corpus](index, START_NS + index * 1_000_003) for index in range(count)]


def received(corpus: str, count: int) -> list[Received]:
    """The same as a source hands them to the intake."""
    return [
        Received("lns", topic, body, START_NS + index * 1_000_003, index, 1, qos=1, packet_id=index % 65_535 + 1)
        for index, (topic, body) in enumerate(messages(corpus, count))
    ]


def knowledge_of(corpus: str) -> Knowledge:
    """Two hundred air stations, as in the whole road."""
    dialect = build_dialect(DIALECTS[corpus], SETTINGS.get(corpus))
    devices = [
        Device(device_id(n), PROFILES[corpus], "bench", "mechelen", f"air-station/a{n}", name=f"Station {n}")
        for n in range(DEVICES)
    ]
    return Knowledge({"lns": dialect}, DeviceIndex(devices), Catalogue.load().profiles)


def best_us(step: Step, items: Sequence[Any], *, afresh: Callable[[], Step] | None = None) -> float:
    """CPU microseconds per item: every batch's quietest round, summed. ``afresh`` makes a step that has a memory."""
    starts = range(0, len(items), BATCH)
    best = [float("inf")] * len(starts)
    for _ in range(ROUNDS):
        run = step if afresh is None else afresh()
        for place, start in enumerate(starts):
            batch = items[start : start + BATCH]
            began = time.process_time_ns()
            run(batch)
            best[place] = min(best[place], time.process_time_ns() - began)
    return sum(best) / len(items) / 1_000


def refiner(knowledge: Knowledge) -> Step:
    """``process`` with a memory of its own, numbering as it goes."""
    memory = Memory()
    number = 0

    def refine(batch: Sequence[Any]) -> Sequence[Any]:
        nonlocal number
        outcomes = []
        for one in batch:
            number += 1
            outcomes.append(process(number, one, knowledge, memory))
        return outcomes

    return refine


def packed(packer: Packer, batch: Sequence[bytes]) -> Sequence[bytes | None]:
    """As a closed segment is rewritten."""
    return list(packer.pack(batch))


def stages(corpus: str, count: int) -> dict[str, float]:
    """Every step's figure, in the order of the road."""
    encode = msgspec.msgpack.Encoder().encode
    framing = Framing.fresh()
    entries = received(corpus, count)
    knowledge = knowledge_of(corpus)
    dialect = knowledge.dialects["lns"]
    packets = [encode_packet(Publish(one.topic, one.body, 1, packet_id=one.packet_id), "5") for one in entries]
    intake = [encode(one) for one in entries]
    outcomes = refiner(knowledge)(entries)
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    ledger = [encode(outcome) for outcome in outcomes]
    revisions = [Revision(number, outcome) for number, outcome in enumerate(outcomes, 1)]
    bodies = [b"".join([one.body for one in encoded(revisions[at : at + BATCH])[0]]) for at in range(0, count, BATCH)]
    figures = {
        "mqtt decode": best_us(lambda batch: Decoder("5").feed(b"".join(batch)), packets),
        "intake encode": best_us(lambda batch: [encode(one) for one in batch], entries),
        "intake frame": best_us(lambda batch: framing.frames(1, 1, batch), intake),
        "intake decode": best_us(lambda batch: [decode_received(one) for one in batch], intake),
        "dialect": best_us(lambda batch: [dialect(one.topic, one.body) for one in batch], entries),
        "process, with the dialect": best_us(refiner(knowledge), entries, afresh=lambda: refiner(knowledge)),
        "ledger encode": best_us(lambda batch: [encode(one) for one in batch], outcomes),
        "ledger frame": best_us(lambda batch: framing.frames(1, 1, batch), ledger),
        "ledger decode (a sink that lags)": best_us(lambda batch: [decode_ledger(one) for one in batch], ledger),
        "line protocol": best_us(lambda batch: encoded(batch)[0], revisions),
        "gzip": best_us(lambda batch: [compressed(one) for one in batch], bodies) / BATCH,
    }
    for name, payloads in (("intake", intake), ("ledger", ledger)):
        dictionary = train(payloads[:: max(1, len(payloads) // SAMPLES)])
        figures[f"pack {name}"] = best_us(partial(packed, Packer(dictionary)), payloads)
    return figures


def main(argv: list[str]) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks stages", description=__doc__)
    parser.add_argument("--messages", type=int, default=6_000, help="per corpus (6000)")
    parser.add_argument("--corpus", choices=sorted(CORPORA), action="append", help="plain, tts, chirpstack (all)")
    options = parser.parse_args(argv)
    columns = {corpus: stages(corpus, options.messages) for corpus in options.corpus or CORPORA}
    print("| step, CPU µs per uplink | " + " | ".join(columns) + " |")
    print("| --- " * (len(columns) + 1) + "|")
    for step in next(iter(columns.values())):
        print(f"| {step} | " + " | ".join(f"{figures[step]:.2f}" for figures in columns.values()) + " |")


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
