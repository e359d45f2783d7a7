"""``citygate version``."""

import platform
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed

import rich_click as click

from gateway.cli.exits import EPILOGUE
from gateway.cli.screen import JsonOption, print_json
from gateway.version import VERSION

PARTS = ("msgspec", "pydantic", "isal", "zstandard", "starlette", "uvicorn", "influxdb-client", "iotcore", "uvloop")


@click.command(epilog=EPILOGUE)
@JsonOption
def version(*, as_json: bool) -> None:
    """Show the release, the Python and the libraries it runs on.

    Put this into every report of a fault.
    """
    facts = {"citygate": VERSION, "python": platform.python_version(), "platform": platform.platform()}
    facts |= {part: found for part in PARTS if (found := _version_of(part))}
    if as_json:
        print_json(facts)
        return
    for name, value in facts.items():
        click.echo(f"{name:<16} {value}")


def _version_of(part: str) -> str:
    try:
        return installed(part)
    except PackageNotFoundError:
        return ""
