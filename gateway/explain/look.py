"""What ``citygate explain`` needs to know: devices, profiles and dialects as today's files have them."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from device_profiles.catalogue import Catalogue
from gateway.ask_codec import ask_codec
from gateway.codecs.codecs import Codecs
from gateway.config import Config
from gateway.events import Events
from gateway.files.devices import canonical_id
from gateway.files.load import Files
from gateway.knowledge import dialects_of
from pipelines.codec import CodecAnswer, CodecCall
from pipelines.decode import CompiledProfile
from pipelines.dialects import DIALECTS, build_dialect
from pipelines.explain import Explanation, codec_needed, explain
from pipelines.identify import DeviceIndex
from pipelines.layout.notation import Layouts
from pipelines.model import Device, Received, Uplink
from pipelines.process import Dialect, Knowledge

LOOSE = "plain-json"
"""The dialect that reads nearly any JSON: asked last."""
PRETENDED = "safety-point/here"
"""The feature of a device that nobody has written down, while one looks at what it would say."""


class Look(msgspec.Struct, frozen=True):
    """Today's files, for looking only. ``names``: source → name of its dialect."""

    knowledge: Knowledge
    catalogue: Catalogue
    names: Mapping[str, str]

    @property
    def layouts(self) -> Mapping[str, Layouts]:
        """Of the profiles that have one."""
        return {name: one.layouts for name, one in self.catalogue.checked.items() if one.layouts is not None}

    @property
    def guessable(self) -> Mapping[str, CompiledProfile]:
        """Profiles that a device may turn out to have: all but the pattern to copy."""
        return {name: self.catalogue.profiles[name] for name in self.catalogue.names if not name.startswith("example/")}

    def explain(self, number: int, received: Received) -> Explanation:
        """One message, as today's files see it. Runs a JavaScript codec where its profile has one."""
        call = codec_needed(number, received, self.knowledge)
        answer = asyncio.run(_answer(call)) if call is not None else None
        return explain(number, received, self.knowledge, self.layouts, answer=answer)

    def uplink(self, received: Received) -> Uplink | None:
        """What its source's dialect reads; None where it reads nothing."""
        dialect = self.knowledge.dialects.get(received.source)
        uplink = dialect(received.topic, received.body) if dialect is not None else None
        return uplink if isinstance(uplink, Uplink) else None

    def spellings(self, given: str) -> Sequence[str]:
        """The device ids that a person may mean: the id in any spelling, or a device's name, feature or place in it."""
        if records := self.knowledge.devices.records(given.strip()):
            return sorted({records[0].id, given.strip()})
        wanted = given.strip().casefold()
        ids = {device.id for device in self.knowledge.devices if wanted in _called(device)}
        return sorted(ids or {given.strip(), canonical_id(given)})

    def pretending(self, device_id: str, profile: str) -> "Look":
        """The same files, but this device had this profile all along."""
        records = self.knowledge.devices.records(device_id)
        device = Device(device_id, profile, "pilot", "city", PRETENDED)
        if records:
            device = msgspec.structs.replace(records[0], profile=profile, valid_from_ns=None, valid_to_ns=None)
        others = [one for one in self.knowledge.devices if one.id != device.id]
        knowledge = msgspec.structs.replace(self.knowledge, devices=DeviceIndex([*others, device]), plans={})
        return msgspec.structs.replace(self, knowledge=knowledge)

    def speaking(self, source: str, dialect: str) -> "Look":
        """The same files, and a source that speaks this dialect with its default settings."""
        dialects = {**self.knowledge.dialects, source: build_dialect(dialect)}
        knowledge = msgspec.structs.replace(self.knowledge, dialects=dialects)
        return msgspec.structs.replace(self, knowledge=knowledge, names={**self.names, source: dialect})


async def _answer(call: CodecCall) -> CodecAnswer:
    async with Codecs(Events()) as codecs:
        return await ask_codec(codecs, call)


def _called(device: Device) -> set[str]:
    """Everything by which people call a device, in lower case."""
    words = (device.id, device.name, device.feature, device.feature.partition("/")[2])
    return {word.casefold() for word in words if word}


def look_of(config: Config | None) -> Look:
    """Read the files. Without a config there are no devices and no sources. Raises ConfigError with every mistake."""
    folders: list[Path] = []
    if config is not None and config.gateway.profiles_dir:
        folders.append(config.gateway.profiles_dir)
    catalogue = Catalogue.load(folders)
    devices = Files.load(config, catalogue).devices if config is not None else ()
    dialects = dialects_of(config) if config is not None else {}
    names = {}
    if config is not None:
        names = {name: source.settings.dialect for name, source in config.sources.items()}  # type: ignore[attr-defined]
    knowledge = Knowledge(dialects=dialects, devices=DeviceIndex(devices), profiles=catalogue.profiles)
    return Look(knowledge, catalogue, names)


def readers_of(topic: str, body: bytes) -> list[str]:
    """Names of the dialects that read a message as an uplink, status or notice; the loose one only when alone."""
    names = [name for name in DIALECTS if name != LOOSE and isinstance(_try(name, topic, body), Uplink)]
    return names or [name for name in (LOOSE,) if isinstance(_try(name, topic, body), Uplink)]


def _try(name: str, topic: str, body: bytes) -> object:
    return reader(name)(topic, body)


_READERS: dict[str, Dialect] = {}


def reader(name: str) -> Dialect:
    """A dialect with default settings."""
    if name not in _READERS:
        _READERS[name] = build_dialect(name)
    return _READERS[name]
