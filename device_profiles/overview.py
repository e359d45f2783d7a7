"""The catalogue as a table: for ``citygate profiles list`` and for the README, from the same rows."""

from collections.abc import Iterable

import msgspec

from device_profiles.catalogue import Catalogue, Profile
from device_profiles.vectors import Vector, Verification, verification


class ProfileRow(msgspec.Struct, frozen=True):
    """One profile in short. ``verified``: who vouches for it, the maker, a witness or nobody but us."""

    name: str
    title: str
    sensors: tuple[str, ...]
    domains: tuple[str, ...]
    kind: str
    verified: Verification
    vectors: int


def overview(catalogue: Catalogue) -> list[ProfileRow]:
    """A row for each profile, by name."""
    return [row_of(profile, catalogue.vectors(name)) for name, profile in sorted(catalogue.checked.items())]


def row_of(profile: Profile, vectors: list[Vector]) -> ProfileRow:
    """The row of one profile."""
    identity, payload = profile.file.identity, profile.file.payload
    kind = f"{payload.kind}, {payload.use}" if payload.use else payload.kind
    return ProfileRow(
        profile.name, identity.title, identity.sensors, identity.domains, kind, verification(vectors), len(vectors)
    )


def markdown(rows: Iterable[ProfileRow]) -> str:
    """The rows as a table for a README."""
    lines = [
        "| profile | device | domains | read from | verified by | vectors |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| `{row.name}` | {row.title} | {', '.join(row.domains)} | {row.kind} | {row.verified} | {row.vectors} |"
        for row in rows
    ]
    return "\n".join(lines)
