"""Node.js with the packages that JavaScript subscribers import: `javascript/package-lock.json`, installed once.

They are kept outside the repository, one folder for each lock file. A missing program, or packages that cannot be had,
skip the test by name, and are an error when ``CI=true``.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

from tests import servers

ASKED = Path(__file__).parent / "javascript"
FILES = ("package.json", "package-lock.json", ".npmrc")
INSTALLED_WITHIN_S = 100.0
STRICT = (
    "--noEmit",
    "--allowJs",
    "--checkJs",
    "--strict",
    "--skipLibCheck",
    "--module",
    "nodenext",
    "--target",
    "es2022",
)


def packages() -> Path:
    """The folder ``node_modules``."""
    npm = servers.program("npm")
    digest = hashlib.sha256(b"\0".join((ASKED / name).read_bytes() for name in FILES)).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "citygate-tests"
    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / f"node-{digest}"
    with (cache / "node.lock").open("w") as lock:  # tests run side by side
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            for name in FILES:
                shutil.copy(ASKED / name, folder)
            done = subprocess.run(
                [npm, "ci"], cwd=folder, capture_output=True, text=True, timeout=INSTALLED_WITHIN_S, check=False
            )
            if done.returncode != 0:
                _not_at_hand(done.stderr[-2000:])
            (folder / "done").touch()
    return folder / "node_modules"


def give(folder: Path) -> None:
    """Let programs in a folder, and below it, import the packages."""
    modules = folder / "node_modules"
    if not modules.exists():
        modules.symlink_to(packages())


def type_mistakes(folder: Path) -> str:
    """What TypeScript's compiler says of the JavaScript programs in a folder; nothing where their types agree."""
    give(folder)
    compiler = packages() / "typescript" / "bin" / "tsc"
    files = sorted(map(str, folder.glob("*.mjs")))
    command = [servers.program("node"), str(compiler), *STRICT, *files]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, check=False).stdout


def _not_at_hand(said: str) -> NoReturn:
    what = f"the packages of {ASKED.name}/package-lock.json cannot be installed: {said}"
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)
