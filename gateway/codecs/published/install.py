"""A published model → a profile folder of the operator's: codec.js unchanged, profile.toml, vectors.json.

Laws
- Names are ``[a-z0-9-]{1,64}``; the folder lies in the operator's, never elsewhere, and is never overwritten.
- Written beside and renamed when whole and without mistakes: a half-made profile is never there.
"""

import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec

from device_profiles.catalogue import read_profile
from device_profiles.vectors import by_name
from gateway.codecs.published.conformance import call_of
from gateway.codecs.published.proposal import Proposed
from gateway.codecs.published.repository import Checkout, Model, PublishedVector, RepositoryError
from pipelines.codec import CodecAnswer
from pipelines.codec_readings import codec_readings
from pipelines.model import Rejected, Uplink

MAX_NAME = 64


def profile_name(model: Model) -> str:
    """``vendor/model`` as a profile may be named. Raises RepositoryError."""
    parts = [re.sub(r"[^a-z0-9]+", "-", part.lower()).strip("-") for part in model.name.split("/")]
    if len(parts) != 2 or not all(0 < len(part) <= MAX_NAME for part in parts):  # noqa: PLR2004 - vendor and model
        raise RepositoryError(f"{model.name[:80]!r} makes no profile name")
    return "/".join(parts)


def install(
    folder: Path,
    checkout: Checkout,
    model: Model,
    rows: Sequence[Proposed],
    vectors: Sequence[tuple[PublishedVector, CodecAnswer]],
    *,
    licence: str,
    fresh_context: bool,
    enabled: bool,
    privacy_class: str,
) -> Path:
    """Write the profile into the operator's folder; returns where. Raises RepositoryError with every mistake."""
    name = profile_name(model)
    target = folder.resolve() / name
    if target.exists():
        raise RepositoryError(f"{target} is there already. Remove it, or mend it by hand")
    making = target.with_name(f".{target.name}.new")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    try:
        (making / "codec.js").write_text(checkout.source(model.codec.file), encoding="utf-8")
        text = profile_text(
            model, rows, licence=licence, fresh_context=fresh_context, enabled=enabled, privacy_class=privacy_class
        )
        (making / "profile.toml").write_text(text, encoding="utf-8")
        own = [vector for pair in vectors if (vector := own_vector(checkout, name, *pair))]
        (making / "vectors.json").write_bytes(msgspec.json.format(msgspec.json.encode(own), indent=2) + b"\n")
        _profile, mistakes = read_profile(name, making)
        if mistakes:
            raise RepositoryError("; ".join(mistakes))
        making.rename(target)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return target


def profile_text(
    model: Model,
    rows: Sequence[Proposed],
    *,
    licence: str,
    fresh_context: bool,
    enabled: bool,
    privacy_class: str,
) -> str:
    """profile.toml; readings without a property stand in it as comments, with a value they had."""
    lines = [
        f"# Imported from {model.codec.file}",
        f"# Licence: {_one_line(licence)}",
        f"enabled = {str(enabled).lower()} # true once you have looked at [map]: names, units, what is missing",
        f"privacy_class = {_quoted(privacy_class)} # A environment, B asset, C use of public space, D household",
        "",
        "[identity]",
        f"vendor = {_quoted(model.vendor)}",
        f"model = {_quoted(model.name.rpartition('/')[2])}",
        f"title = {_quoted(model.title)}",
    ]
    if model.firmware:
        lines.append(f"firmware = {_quoted(model.firmware)}")
    if model.sensors:
        lines.append(f"sensors = [{', '.join(map(_quoted, model.sensors))}]")
    if model.data_sheet:
        lines.append(f"data_sheet = {_quoted(model.data_sheet)}")
    lines += ["", "[payload]", 'kind = "javascript"']
    if fresh_context:
        lines.append("fresh_context = true # its vectors fail when a context is used twice")
    lines += ["", "[map]"]
    lines += [_map_line(row) for row in rows]
    return "\n".join(lines) + "\n"


def own_vector(checkout: Checkout, name: str, vector: PublishedVector, answer: CodecAnswer) -> dict[str, object] | None:
    """A published example in our form; None for one that is no uplink or gives no reading."""
    if vector.function != "decodeUplink":
        return None
    call = call_of(checkout, name, vector, fresh=False)
    readings = codec_readings(name, answer, Uplink("vector", payload=call.payload, f_port=call.f_port))
    row: dict[str, object] = {
        "about": vector.about or "published example",
        "port": call.f_port,
        "hex": call.payload.hex(),
    }
    if isinstance(readings, Rejected):
        return row | {"error": readings.detail.partition(" (")[0]}
    return row | {"expect": by_name(readings)} if readings else None


def _map_line(row: Proposed) -> str:
    sample = _one_line(repr(row.sample))[:60]
    if not row.property:
        return f'# {_quoted(row.reading)} = {{ property = "" }} # such as {sample}'
    unit = f", unit = {_quoted(row.unit)}" if row.unit else ""
    return f"{_quoted(row.reading)} = {{ property = {_quoted(row.property)}{unit} }} # such as {sample}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "")


def _one_line(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f]+", " ", text)
