"""What a person is told before a downlink leaves: what a device understands, the message, what to expect of it."""

import base64
from typing import Any

from gateway.control import Reply
from gateway.downlinks.post import order_of
from gateway.downlinks.record import Record
from gateway.downlinks.wish import Prepared
from gateway.mqtt.topics import matches
from pipelines.decode import CompiledProfile
from pipelines.downlinks.values import described
from pipelines.model import Device


def plan(record: Record, prepared: Prepared, source: Any) -> Reply:
    """What leaves: bytes, port, topic, message; and what the operator should know before. ``source``: its settings."""
    topic, body = prepared.network.message(record.topic, record.like, order_of(record))
    return {
        "payload": record.payload.hex(),
        "f_port": record.f_port,
        "network": prepared.network.title,
        "topic": topic,
        "message": body.decode() if body[:1] == b"{" else base64.b64encode(body).decode(),
        "title": prepared.downlink.title,
        "notes": _notes(record, prepared, source),
    }


def _notes(record: Record, prepared: Prepared, source: Any) -> list[str]:
    notes = []
    filters = getattr(source, "topics", [])
    receipts = prepared.network.receipt_topics(record.topic)
    unheard = [topic for topic in receipts if not any(matches(one, topic) for one in filters)]
    if unheard:
        notes.append(
            f"it is not heard whether it arrives: source {record.source} lacks the topics {', '.join(unheard)}"
        )
    if record.closing:
        minutes = (prepared.profile.reporting_interval_s or 0) / 60
        late = f" It listens after its own messages only: up to {minutes:g} min later." if minutes else ""
        notes.append(f"the device has no timer: the gateway sends the end itself, also after a restart.{late}")
        notes.append(f"it is too late if the device does not listen within {record.opens_s / 60:g} min")
    if not prepared.network.keeps_expiry and record.opens_s:
        notes.append(f"{prepared.network.title} keeps no expiry: it delivers this whenever the device listens")
    return notes


def understood(device: Device, profile: CompiledProfile) -> Reply:
    """What a device can be asked to do."""
    return {
        "device": device.id,
        "profile": profile.name,
        "understands": [
            {
                "downlink": downlink.name,
                "title": downlink.title,
                "valve": downlink.valve is not None,
                "fields": [
                    {
                        "field": field.name,
                        "takes": described(field),
                        "title": field.title,
                        "default": field.default,
                        "needed": field.needed and field.default is None,
                    }
                    for field in downlink.fields
                ],
            }
            for downlink in profile.downlinks.values()
        ],
    }
