"""``python -m tests.grafana``: ask what every dashboard and alert rule asks, of a database that a simulated city fills.

    python -m tests.grafana                                        twelve days, and what is wrong
    python -m tests.grafana --days 35 --write deploy/grafana/CHECKED.md
    python -m tests.grafana --previews DIR                         each dashboard as an image, captioned as a preview
    python -m tests.grafana --url http://host:8086 --org ORG --database BUCKET --token-file FILE

The last fills an InfluxDB that you have and asks it: 2 (with --org) or 3, which no package holds. Give it an empty
bucket or database of its own. The environment may say the same: CITYGATE_INFLUXDB_URL, _ORG, _DATABASE, _TOKEN_FILE.
Exit code 0: all is as it should be; 1: a query is wrong; 2: the command line is.
"""

import argparse
import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.grafana.check import Finding, check_all
from tests.grafana.dashboards import dashboard_files, read_dashboard
from tests.grafana.filled import DATABASE, DAYS, Filled, Target, filled
from tests.grafana.preview.page import WIDTH, preview
from tests.grafana.preview.picture import photograph
from tests.grafana.written import page


@contextlib.contextmanager
def database(options: argparse.Namespace) -> Iterator[Filled]:
    """The one that the command line names, or one that is filled now."""
    into = Target(options.url.rstrip("/"), options.database, options.org, options.token_file) if options.url else None
    with (
        tempfile.TemporaryDirectory(prefix="citygate-grafana-") as folder,
        filled(Path(folder), days=options.days, into=into) as data,
    ):
        yield data


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
    given = {name: os.environ.get(f"CITYGATE_INFLUXDB_{name}", "") for name in ("URL", "ORG", "DATABASE", "TOKEN_FILE")}
    parser.add_argument("--url", default=given["URL"], help="of an InfluxDB that you have (one is started)")
    parser.add_argument("--database", default=given["DATABASE"] or DATABASE, help="there; of InfluxDB 2 the bucket")
    parser.add_argument("--org", default=given["ORG"], help="of InfluxDB 2")
    parser.add_argument("--token-file", type=Path, default=given["TOKEN_FILE"] or None, help="for InfluxDB 2 and 3")
    options = parser.parse_args()
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
