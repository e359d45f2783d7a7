"""Sizes for people."""


def readable_bytes(size: float) -> str:
    """``1.5 GiB``; whole bytes below 1 KiB."""
    if size < 1024:  # noqa: PLR2004 - the unit itself
        return f"{size:.0f} B"
    for unit in ("KiB", "MiB", "GiB", "TiB"):
        size /= 1024
        if size < 1024 or unit == "TiB":  # noqa: PLR2004 - the unit itself
            return f"{size:.1f} {unit}"
    raise AssertionError("the last unit takes everything")
