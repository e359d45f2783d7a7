"""``citygate rehearse``: a whole pilot before the first sensor is bought."""

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from gateway.cli.exits import EPILOGUE, Exit
from gateway.cli.screen import fail, print_table, progress

if TYPE_CHECKING:
    from gateway.rehearse.run import Rehearsed


@click.command(epilog=EPILOGUE)
@click.argument("scenario")
@click.option("--days", type=click.FloatRange(min=0, min_open=True), help="How long the city lasts.")
@click.option("--from", "begin", metavar="DATE", help="When it begins. Without it: as the scenario says.")
@click.option("--seed", type=int, help="Another city of the same kind.")
@click.option("--faults", metavar="PRESET", help="What goes wrong: clean, rough, dying. With --score: dying.")
@click.option(
    "--world", type=click.Choice(["as-modelled", "breaks-assumptions"]), help="Whether it is as the analytics assume."
)
@click.option("--score", is_flag=True, help="Rehearse clean, with faults and in a wilder world; score each by truth.")
@click.option("--write", type=click.Path(path_type=Path, exists=True), metavar="FILE", help="Put the score there.")
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Keep all files there.")
def rehearse(  # noqa: PLR0917 - click passes options by name
    scenario: str, days: float | None, begin: str | None, seed: int | None, faults: str | None, world: str | None,
    score: bool, write: Path | None, keep: Path | None,
) -> None:  # fmt: skip
    """Rehearse a pilot: a simulated city, the whole gateway, and what it makes of it.

    SCENARIO is a name, as for `citygate simulate`, or the path of a .toml file. The city runs as fast as the machine
    can, with its truth written beside it; the gateway refines, analyses and keeps all of it; at the end its books
    must balance. With --score the same city is rehearsed three times, and what the analytics say is held against
    what was true.

    \b
    Examples:
        citygate rehearse city --days 7
        citygate rehearse pilot-500 --days 14 --faults rough --keep rehearsal
        citygate rehearse rehearsal --score --write README.md
    """
    from gateway.rehearse.run import RehearsalError  # noqa: PLC0415 - only this command needs it

    if score and world is not None:
        raise click.UsageError("--score rehearses both worlds: leave --world out")
    if write is not None and not score:
        raise click.UsageError("--write takes a score: add --score")
    given = {"--days": days, "--from": begin, "--seed": seed}
    options = [text for name, value in given.items() if value is not None for text in (name, str(value))]
    try:
        with contextlib.ExitStack() as stack:
            folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="citygate-rehearsal-")))
            if score:
                _score(scenario, options, faults or "dying", folder, write)
            else:
                chosen = {"--faults": faults, "--world": world}
                options += [text for name, value in chosen.items() if value is not None for text in (name, value)]
                _once(scenario, options, folder)
    except RehearsalError as error:
        if error.kind == "wrong words":
            click.echo(f"error: {error}", err=True)
            raise SystemExit(Exit.USAGE) from error
        fail(Exit.FAILED, str(error), "--keep DIR keeps its files, with the log of each program.")


def _once(scenario: str, options: list[str], folder: Path) -> None:
    from gateway.rehearse.run import rehearse as rehearse_once  # noqa: PLC0415 - only this command needs it

    _print({scenario: rehearse_once(scenario, options, folder, lambda what: progress(what, 100))})


def _score(scenario: str, options: list[str], faults: str, folder: Path, write: Path | None) -> None:
    from gateway.rehearse.columns import columns  # noqa: PLC0415 - only this command needs it
    from gateway.rehearse.run import rehearse as rehearse_once  # noqa: PLC0415 - same
    from gateway.rehearse.run import run_simulators  # noqa: PLC0415 - same

    done: dict[str, Rehearsed] = {}
    three = columns(faults)
    for column in three:
        given, at = [*options, *column.options], folder / column.folder
        done[column.label] = rehearse_once(scenario, given, at, lambda what: progress(what, 100))
    _print(done)
    named = [f"{column.label}={folder / column.folder}" for column in three]
    years = [word for column in three for word in ("--year", f"{column.label}={column.year}")]
    said = " ".join(["citygate rehearse", scenario, *options, "--faults", faults, "--score"])
    run_simulators("score", *named, *years, "--said", said, *(["--write", str(write)] if write else []))


def _print(done: "dict[str, Rehearsed]") -> None:
    headers = (
        "rehearsal", "#messages", "#accepted", "#duplicate", "#rejected", "#derived", "#simulated in s",
        "#refined in s", "#messages/s", "#peak MB",
    )  # fmt: skip
    rows = [
        (
            label, f"{one.messages:,}", f"{one.accepted:,}", f"{one.duplicate:,}", f"{one.rejected:,}",
            f"{one.derived:,}", f"{one.generated_s:.0f}", f"{one.refined_s:.0f}", f"{one.uplinks_per_s:,.0f}",
            f"{one.peak_rss_mb:.0f}",
        )
        for label, one in done.items()
    ]  # fmt: skip
    print_table("", headers, rows, empty="")
