"""Sizes and spans of time for people."""


def readable_bytes(size: float) -> str:
    """``1.5 GiB``; whole bytes below 1 KiB."""
    if size < 1024:  # noqa: PLR2004 - the unit itself
        return f"{size:.0f} B"
    for unit in ("KiB", "MiB", "GiB", "TiB"):
        size /= 1024
        if size < 1024 or unit == "TiB":  # noqa: PLR2004 - the unit itself
            return f"{size:.1f} {unit}"
    raise AssertionError("the last unit takes everything")


def readable_span(seconds: float) -> str:
    """``12 s``, ``3 min``, ``5 h``, ``2 d``: the largest unit that is full."""
    for unit, length_s in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length_s:
            return f"{seconds // length_s:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"
