"""Keep a part of the gateway alive: report what it raised, wait a growing random while, start it again.

It catches Exception: a source or sink that meets what nobody expected must not take its neighbours with it. So do only
``stopping.py`` (a stop goes on past a step that fails), the SIGHUP of ``run.py`` and ``deliver.py``, each with its
reason; device_profiles/trial.py, which judges profiles of others: what they raise is its finding; and the runner of
machines, pipelines/domains/runner.py: a machine that raises loses one key, is counted and told as MachineFell.
"""

import asyncio
import logging
import random
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path

from gateway.events import Events, TaskCrashed, logger

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
GOOD_RUN_S = 120.0


async def supervise(part: str, run: Callable[[], Awaitable[None]], events: Events) -> None:
    """Run a part until cancelled. Full jitter: the pause is random below a cap that doubles from 1 to 60 s."""
    loop = asyncio.get_running_loop()
    cap_s = FIRST_PAUSE_S
    while True:
        started = loop.time()
        try:
            await run()
        except Exception as error:  # noqa: BLE001 - the supervisor's one duty
            if loop.time() - started > GOOD_RUN_S:
                cap_s = FIRST_PAUSE_S
            retry_s = random.uniform(0, cap_s)  # noqa: S311 - jitter, not a secret
            first = first_cause(error)
            said = f"{type(first).__name__}: {first}{place_of(first)}"
            events.emit(TaskCrashed(part=part, error=said[:500], retry_s=round(retry_s, 2)))
            logger.debug("%s crashed", part, exc_info=logger.isEnabledFor(logging.DEBUG))
            cap_s = min(cap_s * 2, LONGEST_PAUSE_S)
            await asyncio.sleep(retry_s)
        else:
            return


def first_cause(error: BaseException) -> BaseException:
    """What went wrong: of a part that runs tasks in groups, what the first of them raised, not that a group ended."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def place_of(error: BaseException) -> str:
    """Where it was raised, as `` (file.py:12)``: what a maintainer asks first; empty where Python does not know."""
    frames = traceback.extract_tb(error.__traceback__)
    return f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
