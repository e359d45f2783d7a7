"""How to mend what was rejected: one or two sentences to act on, with the command to type."""

from collections.abc import Callable, Mapping, Sequence

from gateway.explain.look import Look, readers_of
from gateway.files.mistakes import did_you_mean
from pipelines.dialects import DIALECTS
from pipelines.explain import Explanation
from pipelines.guess import Guess, guess
from pipelines.model import Rejected, RejectReason, Uplink

Mend = Callable[[Explanation, Rejected, Look], list[str]]
AGAIN = "citygate rejected retry {number}"


def mends(explanation: Explanation, rejected: Rejected, look: Look) -> Sequence[str]:
    """What to do about a rejection, the first thing first. A message that nobody received has the number 0."""
    if not explanation.number and rejected.reason in _MENDS_OF_PASTED:
        return _MENDS_OF_PASTED[rejected.reason](explanation, rejected, look)
    lines = _MENDS[rejected.reason](explanation, rejected, look)
    return lines if explanation.number else [_first(line) for line in lines if not line.startswith("Then: ")]


def _first(line: str) -> str:
    """What is to be done, without the command that would refine a received message again."""
    line, more, _ = line.partition("\n")
    return line.removesuffix(", then:") + "." if more else line


def _malformed(explanation: Explanation, _rejected: Rejected, look: Look) -> list[str]:
    received = explanation.received
    now = look.names.get(received.source, "?")
    others = [name for name in readers_of(received.topic, received.body) if name != now]
    if others:
        return [
            (
                f'{" and ".join(others)} can read it: write dialect = "{others[0]}" at [sources.{received.source}] in '
                f"citygate.toml, restart, then: {AGAIN.format(number=explanation.number)}"
            )
        ]
    return [f"It is not what {now} promises. Look at the sender: does it send something else to this topic, too?"]


def _too_deep(_explanation: Explanation, _rejected: Rejected, _look: Look) -> list[str]:
    return ["Look at the sender: no device needs 32 levels or 512 names. Nothing is lost, the bytes are kept."]


def _oversize(explanation: Explanation, _rejected: Rejected, _look: Look) -> list[str]:
    source = explanation.received.source
    return [f"Raise max_payload_bytes at [sources.{source}] if that is no mistake of the sender; its rest is not kept."]


def _retained(_explanation: Explanation, _rejected: Rejected, _look: Look) -> list[str]:
    return [
        (
            "The broker sent an old retained message, and nobody knows how old. Nothing to mend, unless the body has a "
            "time: then name its field (time_field) in dialect_settings of the source."
        )
    ]


def _no_dialect(explanation: Explanation, _rejected: Rejected, look: Look) -> list[str]:
    hint = did_you_mean(explanation.received.source, look.names)
    return [f"Write [sources.{explanation.received.source}] in citygate.toml again, or give the new name back. {hint}"]


def _unknown_device(explanation: Explanation, rejected: Rejected, look: Look) -> list[str]:
    guesses = guessed(explanation, look)
    profile = guesses[0].profile if guesses else "VENDOR/MODEL"
    lines = [f"It is {guesses[0].word} {guesses[0].profile}: {said(guesses[0])}."] if guesses else []
    command = f"citygate inbox accept {rejected.device} --profile {profile} --feature TYPE/NAME --pilot PILOT"
    return [*lines, f"Write it down, and all that is held of it is ingested:\n{command}"]


def _not_valid_then(explanation: Explanation, rejected: Rejected, _look: Look) -> list[str]:
    return [
        (
            f"Correct valid_from or valid_to of {rejected.device} in devices/*.toml, then:\n"
            f"{AGAIN.format(number=explanation.number)}"
        )
    ]


def _unknown_profile(explanation: Explanation, _rejected: Rejected, look: Look) -> list[str]:
    named = explanation.device.profile if explanation.device is not None else ""
    return [f"Correct profile in the device's file. {did_you_mean(named, look.catalogue.names)}".rstrip()]


def _decode_failed(explanation: Explanation, rejected: Rejected, look: Look) -> list[str]:
    own = explanation.device.profile if explanation.device is not None else ""
    others = [one for one in guessed(explanation, look) if one.profile != own]
    if others:
        more = f" So do {', '.join(one.profile for one in others[1:])}." if others[1:] else ""
        return [
            f"Another profile reads these bytes: {others[0].profile} ({said(others[0])}).{more}",
            (
                "If that is what hangs there, correct profile in the device's file, then:\n"
                f"citygate replay --since 30d --device {rejected.device} --dry-run"
            ),
        ]
    return [
        (
            "No profile reads these bytes. Is it another model or firmware than written down? If the profile lacks "
            "something, mend it in your profiles_dir, then:\n"
            f"citygate replay --since 30d --device {rejected.device} --dry-run"
        )
    ]


def _implausible_time(_explanation: Explanation, _rejected: Rejected, _look: Look) -> list[str]:
    return ["Set the clock of the sender or of the LoRaWAN gateway; a reading without any right time is no reading."]


def _no_readings(explanation: Explanation, rejected: Rejected, _look: Look) -> list[str]:
    unmapped = [note.name for note in explanation.notes if note.fate == "unmapped"]
    uncalibrated = [note.property for note in explanation.notes if note.fate == "uncalibrated"]
    lines = []
    if uncalibrated:
        lines.append(f"Write [device.calibration.{uncalibrated[0]}] with factor and offset in the device's file.")
    if unmapped:
        lines.append(f"Map {', '.join(unmapped[:6])} to properties of the vocabulary in [map] of the profile.")
    if not lines:
        return ["The message holds no values. If every one of this device is so, its set-up is not complete."]
    return [*lines, f"Then: citygate replay --since 30d --device {rejected.device} --dry-run"]


def _crashed(explanation: Explanation, _rejected: Rejected, _look: Look) -> list[str]:
    return [f"Report it with: citygate journal show intake {explanation.number} --json > report.json"]


_MENDS: Mapping[RejectReason, Mend] = {
    "malformed": _malformed,
    "too_deep": _too_deep,
    "oversize": _oversize,
    "retained_without_time": _retained,
    "no_dialect": _no_dialect,
    "unknown_device": _unknown_device,
    "not_valid_then": _not_valid_then,
    "unknown_profile": _unknown_profile,
    "decode_failed": _decode_failed,
    "implausible_time": _implausible_time,
    "no_readings": _no_readings,
    "crashed": _crashed,
}
"""A reason without a row here fails a test."""


def _pasted_malformed(explanation: Explanation, _rejected: Rejected, look: Look) -> list[str]:
    topic, source = explanation.received.topic, explanation.received.source
    if not topic:
        return ["A dialect reads a topic and a body: add the topic it came on, --topic application/…/event/up"]
    if source in look.names and source != PASTED:
        return [f"It is not what {look.names[source]} promises, which source {source} speaks."]
    return [f"No dialect reads it ({', '.join(DIALECTS)}). Is it whole, and the topic as it was?"]


def _pasted_unknown(explanation: Explanation, _rejected: Rejected, look: Look) -> list[str]:
    guesses = guessed(explanation, look)
    if not guesses:
        return [_new_profile(explanation)]
    best = guesses[0]
    return [f"It is {best.word} {best.profile}: {said(best)}. Byte by byte: add --profile {best.profile}"]


def _pasted_decode_failed(explanation: Explanation, rejected: Rejected, look: Look) -> list[str]:
    lines = _decode_failed(explanation, rejected, look)
    return lines[:1] if len(lines) > 1 else [_new_profile(explanation)]


def _new_profile(explanation: Explanation) -> str:
    uplink = explanation.uplink
    sample = "PORT:HEX"
    if uplink is not None and uplink.payload:
        sample = (f"{uplink.f_port}:" if uplink.f_port else "") + uplink.payload.hex()
    command = f"citygate profiles new VENDOR/MODEL --payload {sample}"
    return f"No profile reads these bytes. Mend one in your profiles_dir, or let one be proposed:\n{command}"


PASTED = "pasted"
"""The source of a message that was not received from any."""

_MENDS_OF_PASTED: Mapping[RejectReason, Mend] = {
    "malformed": _pasted_malformed,
    "unknown_device": _pasted_unknown,
    "decode_failed": _pasted_decode_failed,
}
"""Where the way on is another one for a message that is only looked at."""


def guessed(explanation: Explanation, look: Look) -> Sequence[Guess]:
    """Profiles that could have sent the message."""
    uplink = explanation.uplink
    return guess(look.guessable, [uplink]) if isinstance(uplink, Uplink) else []


def said(one: Guess, at_most: int = 4) -> str:
    """What a profile would make of the newest payload: ``temperature_c 22.6, humidity_percent 41``."""
    shown = [
        f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}" for name, value in one.sample.items()
    ]
    more = f" and {len(shown) - at_most} more" if len(shown) > at_most else ""
    return (", ".join(shown[:at_most]) + more) or "a distance that the place must explain (calibration)"
