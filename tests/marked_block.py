"""Put text between two marks of a page, for the commands that write their own results."""

from pathlib import Path


def write_into(page: Path, text: str, begin: str, end: str) -> None:
    """Replace what stands between the marks. Raises ValueError where they are missing or in the wrong order."""
    whole = page.read_text(encoding="utf-8")
    before, found_begin, rest = whole.partition(begin)
    _, found_end, after = rest.partition(end)
    if not found_begin or not found_end:
        raise ValueError(f"{page}: needs the lines {begin} and {end}, in this order")
    page.write_text(f"{before}{begin}\n{text}{end}{after}", encoding="utf-8")
