"""README.md under test: its console blocks are run, its links resolve, its tables name what there is.

The blocks of a section are one session: ``$`` lines are typed into one bash (``>`` continues a line), the rest is what
it prints. Where they name ``$INFLUX_URL`` an InfluxDB of their own listens there; a sandbox
needs Mosquitto.
Figures are not compared, nor runs of blanks; a line ``…`` stands for any lines.
"""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests import servers

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SECTIONS = {
    section.partition("\n")[0]: "".join(re.findall(r"^```console\n(.*?)^```", section, re.MULTILINE | re.DOTALL))
    for section in re.split(r"^## ", README, flags=re.MULTILINE)
}
MARK = "--- end of command ---"


def steps(block: str) -> list[tuple[str, list[str]]]:
    """(command, lines it prints) in order."""
    found: list[tuple[str, list[str]]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif line.startswith(">"):
            command, printed = found[-1]
            found[-1] = (command + "\n" + line[2:], printed)
        else:
            found[-1][1].append(line)
    return found


def plain(line: str) -> str:
    """Without figures and runs of blanks."""
    return " ".join(re.sub(r"\d[\d,.:]*", "#", line).split())


def matches(expected: list[str], printed: list[str]) -> bool:
    """Whether the printed lines are the expected ones, ``…`` standing for any."""
    pattern = "".join(r"(?:.*\n)*" if line == "…" else re.escape(plain(line)) + r"\n" for line in expected if line)
    return re.fullmatch(pattern, "".join(plain(line) + "\n" for line in printed if line.strip())) is not None


@pytest.mark.parametrize("section", [title for title, session in SECTIONS.items() if session])
def test_the_commands_of_the_readme_print_what_it_says(
    section: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    session = steps(SECTIONS[section])
    script = "set -m\n" + "".join(f"{command}\necho '{MARK}'\n" for command, _ in session)
    bin_folder = Path(sys.executable).parent
    env = os.environ | {"PATH": f"{bin_folder}:{os.environ['PATH']}", "COLUMNS": "120"}
    if "$INFLUX_URL" in SECTIONS[section]:
        env["INFLUX_URL"] = request.getfixturevalue("influxdb1").url
    if "citygate sandbox" in SECTIONS[section]:
        servers.program("mosquitto")  # without it there are no accounts to add
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=90,
    )  # fmt: skip
    outputs = done.stdout.split(MARK + "\n")
    for (command, expected), output in zip(session, outputs, strict=False):
        assert matches(expected, output.splitlines()), f"$ {command}\n{output}"
    assert len(outputs) > len(session), done.stdout


@pytest.mark.parametrize("page", sorted(ROOT.rglob("*.md")), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_of_a_page_resolves(page: Path) -> None:
    if any(part.startswith(".") for part in page.relative_to(ROOT).parts):
        return
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} links {target}"


def test_every_dependency_is_in_the_readmes_table_with_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = list(project["dependencies"])
    for extra in project["optional-dependencies"].values():
        wanted += extra
    for requirement in wanted:
        name = re.split(r"[<>=\[; ]", requirement)[0]
        assert re.search(rf"^\|[^|]*\b{re.escape(name)}\b[^|]*\|.{{20,}}\|", README, re.MULTILINE), name


def test_what_a_day_of_a_street_becomes_is_all_accepted_and_delivered() -> None:
    """The figures of the status block belong together: they are real ones, of one run."""
    received, accepted = re.search(r"^refine +([\d,]+) +([\d,]+)", README, re.MULTILINE).groups()  # type: ignore[union-attr]
    rows = re.findall(r"^(?:quarantine|store) +([\d,]+) +(\d+) +([\d,]+)", README, re.MULTILINE)
    assert received == accepted
    assert rows == [(received, "0", received)] * 2


def test_every_file_and_folder_of_the_gateway_is_in_its_readme() -> None:
    page = (ROOT / "gateway" / "README.md").read_text()
    for path in (ROOT / "gateway").iterdir():
        name = path.name + "/" if path.is_dir() else path.name
        if name.endswith((".py", "/")) and not name.startswith(("__", "_deploy")):
            assert f"`{name}`" in page, name


def test_every_room_has_a_readme() -> None:
    for room in ("gateway", "device_profiles", "pipelines", "simulators", "deploy", "tests"):
        assert (ROOT / room / "README.md").is_file(), room
