"""``citygate check``."""

from pathlib import Path

import rich_click as click

from gateway.cli.exits import EPILOGUE, Exit
from gateway.cli.options import config_option
from gateway.cli.screen import JsonOption, print_findings, print_json, progress
from gateway.config import find_config


@click.command(epilog=EPILOGUE)
@config_option
@click.option("--offline", is_flag=True, help="Ask no broker and no database.")
@click.option("--quiet", "-q", is_flag=True, help="Show only warnings and errors.")
@JsonOption
def check(config_path: Path | None, *, offline: bool, quiet: bool, as_json: bool) -> None:
    """Find every mistake in the files, and what else would break the pilot.

    Looks at citygate.toml, pilots, devices and profiles; at clock, disk and secret files; at brokers and databases.
    Each finding says how to mend it. Nothing is changed. Exit code 1 when there are errors.

    \b
    Examples:
        citygate check
        citygate check --offline --quiet
        citygate check --json
    """
    from gateway.check import check as everything  # noqa: PLC0415 - the catalogue of profiles is read only here

    with progress("checking", None):
        findings = everything(find_config(config_path), offline=offline)
    if as_json:
        print_json(findings)
    else:
        print_findings([finding for finding in findings if not quiet or finding.level != "ok"])
        counts = {level: sum(finding.level == level for finding in findings) for level in ("error", "warning", "ok")}
        click.echo(", ".join(f"{count} {level}" for level, count in counts.items()))
    if any(finding.level == "error" for finding in findings):
        raise SystemExit(Exit.MISTAKES)
