# ruff: noqa: INP001 - a script, no module of a package
"""Make the platform table of README.md again: which pinned packages have a wheel where, as pip resolves them.

    python deploy/platforms.py [PYTHON]       prints the table; asks the package index some dozens of questions

For glibc 2.36, which is Debian 12 and Raspberry Pi OS Bookworm, and Python 3.11 unless another is named. A package
without a wheel has to be compiled on the spot.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement

PINNED = Path(__file__).resolve().parent.parent / "requirements" / "demo.txt"
PYTHON = sys.argv[1] if len(sys.argv) > 1 else "3.11"
GLIBC = ("2_36", "2_35", "2_34", "2_31", "2_28", "2_27", "2_26", "2_24", "2_17")
PLATFORMS = {
    "x86-64": "x86_64",
    "64-bit ARM (aarch64)": "aarch64",
    "32-bit ARM (armv7l)": "armv7l",
}


class Found(NamedTuple):
    """What pip said of one platform."""

    packages: int
    compiled: list[str]
    without_wheel: list[str]


def pinned_for(machine: str) -> list[Requirement]:
    """The pins that hold on such a machine."""
    text = PINNED.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.split("--hash")[0] for line in text.splitlines() if re.match(r"[a-z0-9]", line)]
    where = {"platform_machine": machine, "sys_platform": "linux", "python_version": PYTHON}
    wanted = [Requirement(line.strip()) for line in lines]
    return [one for one in wanted if one.marker is None or one.marker.evaluate(where)]


def look(machine: str) -> Found:
    """Let pip resolve until what is left has wheels."""
    wanted = [f"{one.name}{one.specifier}" for one in pinned_for(machine)]
    without: list[str] = []
    while True:
        done = pip(machine, [one for one in wanted if one not in without])
        if done.returncode == 0:
            break
        missing = re.search(r"No matching distribution found for (\S+)", done.stderr)
        if missing is None:
            sys.exit(done.stderr)
        without.append(missing[1])
    wheels = re.findall(r'"url": "[^"]*/([^/"]+\.whl)', done.stdout)
    compiled = sorted(wheel.split("-")[0].replace("_", "-") for wheel in wheels if not wheel.endswith("-none-any.whl"))
    return Found(len(wanted), compiled, without)


def pip(machine: str, wanted: list[str]) -> subprocess.CompletedProcess[str]:
    """One dry run for a foreign platform: nothing is installed."""
    tags = [f"manylinux_{glibc}_{machine}" for glibc in GLIBC] + [f"manylinux2014_{machine}", f"linux_{machine}"]
    with tempfile.TemporaryDirectory() as target:
        foreign = ["--python-version", PYTHON, "--implementation", "cp", "--target", target]
        for tag in tags:
            foreign += ["--platform", tag]
        command = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-deps", "--only-binary=:all:", *foreign]
        command += ["--quiet", "--ignore-installed", "--disable-pip-version-check", "--report", "-", *wanted]
        return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our words


def main() -> None:
    """Print the table in Markdown."""
    rows = ["| | packages | with compiled parts, from wheels | without a wheel |", "| --- | --- | --- | --- |"]
    for name, machine in PLATFORMS.items():
        found = look(machine)
        compiled, without = (", ".join(names) or "none" for names in (found.compiled, found.without_wheel))
        rows.append(f"| {name} | {found.packages} | {compiled} | {without} |")
    sys.stdout.write("\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
