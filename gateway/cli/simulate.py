"""``citygate simulate``: hands its words to ``python -m simulators simulate``, a program of its own."""

import subprocess
import sys

import rich_click as click

from gateway.cli.exits import EPILOGUE, Exit
from gateway.cli.screen import fail


@click.command(
    epilog=EPILOGUE,
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": ["-h", "--help"]},
)
@click.argument("scenario")
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def simulate(scenario: str, options: tuple[str, ...]) -> None:
    """Let a simulated city report, to a broker or into a recording.

    SCENARIO is a name (street, parking, waste, cycling, green, air-noise, water-energy, city, rehearsal, pilot-500) or
    the path of a .toml file. The simulator is a program of its own, and knows the gateway no better than a network
    server does.

    \b
    Options:
        --to WHERE            mqtt://[USER:PASSWORD@]HOST:PORT, or a recording FILE.ndjson[.gz|.zst]
        --then WHERE          after a recording: go on at this broker, once standard input has a line, or ends
        --write-assets DIR    write the city's pilots and devices as the gateway reads them
        --pace N|warp         city seconds per second, until the city has caught up with now
        --from DATE           when the city begins; --hours-back H: so long before now; --days N: how long it lasts
        --seed N              another city of the same kind
        --faults PRESET       what goes wrong: clean, rough, dying (rough, and batteries that run empty)
        --world NAME          as-modelled, or breaks-assumptions: a city that is not as the analytics assume
        --dialect NAME        another network server: chirpstack-v4, chirpstack-v3, tts-v3, plain-json
        --truth FILE          write what was true: .ndjson[.gz|.zst] or .parquet

    \b
    Examples:
        citygate simulate city --write-assets .
        citygate simulate city --to mqtt://127.0.0.1:1883 --pace 600 --hours-back 24
        citygate simulate pilot-500 --to half-a-year.ndjson.zst --faults rough --truth truth.ndjson.zst
    """
    command = [sys.executable, "-m", "simulators", "simulate", scenario, *options]
    try:
        code = subprocess.run(command, check=False).returncode  # noqa: S603 - ours
    except KeyboardInterrupt:
        code = 0  # the child had it too, and has ended its city in order
    if code == Exit.USAGE:
        raise SystemExit(Exit.USAGE)
    if code:
        fail(Exit.FAILED, "the simulator ended without having done it", "Its last line above says why.")
