"""The three rehearsals that a score compares: clean, with faults, and in a world that breaks the assumptions."""

import msgspec


class Column(msgspec.Struct, frozen=True):
    """One of the three. ``folder``: its name below the rehearsal's. ``year``: world and the share lost there."""

    label: str
    folder: str
    options: tuple[str, ...]
    year: str


def columns(faults: str) -> tuple[Column, ...]:
    """The columns with a preset of faults in the middle one."""
    clean = ("--faults", "clean", "--world", "as-modelled")
    bent = ("--faults", faults, "--world", "as-modelled")
    other = ("--faults", "clean", "--world", "breaks-assumptions")
    return (
        Column("clean", "clean", clean, "as-modelled:0"),
        Column(faults, "faults", bent, "as-modelled:0.2"),
        Column("breaks-assumptions", "world", other, "breaks-assumptions:0.2"),
    )
