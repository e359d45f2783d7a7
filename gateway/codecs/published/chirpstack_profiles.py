"""ChirpStack's device profiles: ``vendors/<vendor>/{vendor.toml, devices/*.toml, codecs/*.js, codecs/test_*.json}``.

``test_decode_x.json`` and ``test_encode_x.json`` belong to ``x.js``; they are JSON as JavaScript writes it: numbers
may be hex, keys bare, and there may be comments.
"""

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import msgspec

from gateway.codecs.published.repository import (
    Checkout,
    Model,
    Published,
    PublishedVector,
    RepositoryError,
    rows_of,
    table_of,
)

_STRING = r'"(?:[^"\\]|\\.)*"'
_COMMENT = r"//[^\n]*|/\*.*?\*/"
_TOKEN = re.compile(rf"{_STRING}|{_COMMENT}|0[xX][0-9a-fA-F]+|[A-Za-z_$][\w$]*(?=\s*:)|,(?=\s*[\]}}])", re.DOTALL)


def is_this(checkout: Checkout) -> bool:
    """Whether the checkout has this layout."""
    return checkout.has("vendors")


def model(checkout: Checkout, vendor: str, device: str) -> Model | None:
    """One device with the codec of its newest firmware; None where it has none. Raises RepositoryError."""
    table = table_of(_toml(checkout, "vendors", vendor, "devices", f"{device}.toml").get("device"))
    for firmware in reversed(rows_of(table.get("firmware"))):
        named = firmware.get("codec")
        if isinstance(named, str) and named.endswith(".js"):
            maker = table_of(_toml(checkout, "vendors", vendor, "vendor.toml").get("vendor")).get("name", vendor)
            about = table_of(table.get("metadata"))
            link = str(about.get("documentation_url") or about.get("product_url") or "")
            return Model(
                f"{vendor}/{device}",
                str(maker)[:80],
                str(table.get("name", device))[:120],
                codec(checkout, vendor, named.removesuffix(".js")),
                firmware=str(firmware.get("version", "")),
                data_sheet=link if re.fullmatch(r"https?://\S+", link) else "",
            )
    return None


def codecs(checkout: Checkout) -> Iterator[Published]:
    """Every codec with a file."""
    for vendor in checkout.folders("vendors"):
        for file in checkout.files("vendors", vendor, "codecs", suffix=".js"):
            yield codec(checkout, vendor, file.removesuffix(".js"))


def codec(checkout: Checkout, vendor: str, named: str) -> Published:
    """One codec's file and vectors; ``fault`` where they cannot be read."""
    name, file = f"{vendor}/{named}", f"vendors/{vendor}/codecs/{named}.js"
    try:
        checkout.source(file)
        vectors = tuple(_vectors(checkout, vendor, named, file))
    except RepositoryError as error:
        return Published(name, file, (), fault=str(error))
    return Published(name, file, vectors)


def _vectors(checkout: Checkout, vendor: str, named: str, file: str) -> Iterator[PublishedVector]:
    for word in ("decode", "encode"):
        test = ("vendors", vendor, "codecs", f"test_{word}_{named}.json")
        if not checkout.has(*test):
            continue
        for row in rows_of(loose_json(checkout.text(*test), "/".join(test))):
            about = str(row.get("name") or row.get("description") or "")[:120]
            given = table_of(row.get("input")) | {"file": file}
            function = "decodeUplink" if word == "decode" else "encodeDownlink"
            yield PublishedVector(about, function, given, table_of(row.get("expected")))  # type: ignore[arg-type]


def loose_json(text: str, where: str) -> Any:
    """JSON with hex numbers, bare keys, comments and a comma before a closing bracket. Raises RepositoryError."""

    def strict(token: re.Match[str]) -> str:
        word = token.group()
        if word.startswith('"'):
            return word
        if word == "," or word.startswith("/"):
            return ""
        return str(int(word, 16)) if word[0] == "0" else f'"{word}"'

    try:
        return msgspec.json.decode(_TOKEN.sub(strict, text))
    except (msgspec.DecodeError, RecursionError) as error:
        raise RepositoryError(f"{where}: no JSON: {error}") from error


def _toml(checkout: Checkout, *names: str) -> dict[str, Any]:
    try:
        return tomllib.loads(checkout.text(*names))
    except tomllib.TOMLDecodeError as error:
        raise RepositoryError(f"{'/'.join(names)}: no TOML: {error}") from error
