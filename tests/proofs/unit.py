"""P18: how exposed systemd judges the unit to be, without running it."""

import re
import subprocess
from pathlib import Path

from tests import servers

UNIT = Path(__file__).parents[2] / "deploy" / "systemd" / "citygate.service"


def exposure() -> float:
    """The overall level, 0 (safe) to 10. Skips where systemd-analyze is not installed."""
    program = servers.program("systemd-analyze")
    done = subprocess.run(
        [program, "security", "--offline=true", str(UNIT)], capture_output=True, text=True, check=False, timeout=60
    )
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert found, done.stdout[-500:] + done.stderr
    return float(found[1])
