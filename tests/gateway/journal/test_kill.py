"""P1 on the Log alone: a real process on the real file system, killed with signal 9 while it commits."""

import random
import subprocess
import sys
from pathlib import Path

from tests.gateway.journal.city import body, open_log, read_from_disk

ROOT = Path(__file__).parents[3]

WRITER = """
import asyncio, sys
from pathlib import Path
from tests.gateway.journal.city import SMALL, bodies, open_log

async def write():
    log = open_log(None, Path(sys.argv[1]), options=SMALL)
    while True:
        log.append(bodies(log.next_number, 7))
        print(await log.commit(), flush=True)

asyncio.run(write())
"""


def test_what_a_killed_process_had_committed_is_there_after_each_of_six_kills(tmp_path: Path) -> None:
    rng = random.Random(1)
    durable = 0
    for _ in range(6):
        command = [sys.executable, "-c", WRITER, str(tmp_path)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            for _ in range(rng.randint(1, 60)):
                durable = int(writer.stdout.readline())
            writer.kill()
            durable = max([durable, *map(int, writer.stdout.read().split())])
        log = open_log(None, tmp_path)
        found = read_from_disk(log)
        assert set(range(1, durable + 1)) <= found.keys()
        assert all(payload == body(number) for number, payload in found.items())
        assert log.corrupt_entries == 0
        log.abandon()
    assert durable > 300
