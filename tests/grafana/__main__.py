"""``python -m tests.grafana``: ask what every dashboard and alert rule asks, of a database that a simulated city fills.

    python -m tests.grafana                                        twelve days, and what is wrong
    python -m tests.grafana --days 35 --write deploy/grafana/CHECKED.md
    python -m tests.grafana --previews DIR                         each dashboard as an image, captioned as a preview
    python -m tests.grafana --url http://host:8086 --token-file FILE --from 2026-08-10 --to 2026-08-22

The last asks a database that holds data already: an InfluxDB 2 or 3, which no package holds. CITYGATE_GRAFANA_URL,
CITYGATE_GRAFANA_DATABASE and CITYGATE_GRAFANA_TOKEN_FILE may say the same.
Exit code 0: all is as it should be; 1: a query is wrong; 2: the command line is.
"""

import argparse
import contextlib
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from tests.grafana.check import Finding, check_all
from tests.grafana.dashboards import dashboard_files, read_dashboard
from tests.grafana.filled import DAYS, Filled, filled
from tests.grafana.preview.page import WIDTH, preview
from tests.grafana.preview.picture import photograph
from tests.grafana.written import page


@contextlib.contextmanager
def database(options: argparse.Namespace) -> Iterator[Filled]:
    """The one that the command line names, or one that is filled now."""
    if options.url:
        token = options.token_file.read_text(encoding="utf-8").strip() if options.token_file else ""
        span = _ns(options.begin), _ns(options.end)
        yield Filled(options.url.rstrip("/"), options.database, *span, *span, token)
        return
    with (
        tempfile.TemporaryDirectory(prefix="citygate-grafana-") as folder,
        filled(Path(folder), days=options.days) as data,
    ):
        yield data


def _ns(moment: datetime) -> int:
    return int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()) * 1_000_000_000


def draw_all(data: Filled, folder: Path, only: str) -> list[str]:
    """Write NAME.html and NAME.png of every dashboard; returns the panels that could not be drawn."""
    folder.mkdir(parents=True, exist_ok=True)
    not_drawn = []
    for file in dashboard_files():
        if only in file.stem:
            drawn = preview(read_dashboard(file), data)
            photograph(drawn.html, width=WIDTH, height=drawn.height, into=folder / f"{file.stem}.png")
            not_drawn += drawn.not_drawn
    return not_drawn


def tell(findings: list[Finding]) -> None:
    """What is wrong, a line each, and how many were asked."""
    for one in findings:
        if one.wrong:
            print(f"{one.dashboard}: {one.what} {one.title} {one.ref}: {one.wrong}\n    {one.query}")
    wrong = sum(bool(one.wrong) for one in findings)
    print(f"{len(findings)} queries asked, {wrong} wrong, {sum(bool(one.excepted) for one in findings)} excepted")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.grafana", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--days", type=float, default=DAYS, help=f"how long the city lives ({DAYS:g})")
    parser.add_argument("--write", type=Path, metavar="FILE.md", help="write the table of all queries there")
    parser.add_argument("--previews", type=Path, metavar="DIR", help="write an image of each dashboard there")
    parser.add_argument("--only", default="", help="only dashboards whose file name holds this, for --previews")
    parser.add_argument("--url", default="", help="a database that is filled already")
    parser.add_argument("--database", default="citygate")
    parser.add_argument("--token-file", type=Path, help="for InfluxDB 2 and 3")
    parser.add_argument("--from", dest="begin", type=datetime.fromisoformat, help="of what --url holds (UTC)")
    parser.add_argument("--to", dest="end", type=datetime.fromisoformat, help="of what --url holds (UTC)")
    options = parser.parse_args()
    if options.url and not (options.begin and options.end):
        parser.error("--url wants --from and --to: the time of the data")
    with database(options) as data:
        findings = check_all(data)
        if options.previews:
            for line in draw_all(data, options.previews, options.only):
                print(f"not in the preview: {line}")
    tell(findings)
    if options.write:
        options.write.write_text(page(findings, options.days), encoding="utf-8")
    return int(any(one.wrong for one in findings))


if __name__ == "__main__":
    sys.exit(main())
