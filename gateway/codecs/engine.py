"""Where the JavaScript engine is, or why there is none.

Five distributions own the module name ``quickjs`` and overwrite each other silently; only one of them was measured and
keeps its limits, so it is looked for by its distribution's name and version, never by importing a module.
"""

from pathlib import Path

DISTRIBUTION = "quickjs-ng"
SERIES = "0.17."
RIVALS = ("quickjs", "python-quickjs-ng", "edwh-quickjs-ng", "quickjs-py")
MEND = "pip install 'citygate[codecs]'"


class NoEngineError(Exception):
    """No JavaScript here; the text says why and how to mend it."""


def engine_file() -> Path:
    """The extension module's file. Raises NoEngineError."""
    from importlib.metadata import PackageNotFoundError, distribution  # noqa: PLC0415 - only where JavaScript is in use

    try:
        found = distribution(DISTRIBUTION)
    except PackageNotFoundError as error:
        raise NoEngineError(f"JavaScript codecs need {DISTRIBUTION}, which is not installed: {MEND}") from error
    if not found.version.startswith(SERIES):
        raise NoEngineError(f"{DISTRIBUTION} {found.version} is installed; {SERIES}x is needed: {MEND}")
    for rival in RIVALS:
        if _installed(rival):
            raise NoEngineError(
                f"'{rival}' is installed beside {DISTRIBUTION} and shares its files: uninstall both, then {MEND}"
            )
    for file in found.files or ():
        if file.name.startswith("_quickjs.") and file.suffix in {".so", ".pyd"}:
            return Path(str(found.locate_file(file))).resolve()
    raise NoEngineError(f"{DISTRIBUTION} {found.version} carries no engine for this machine: {MEND}")


def _installed(name: str) -> bool:
    from importlib.metadata import PackageNotFoundError, distribution  # noqa: PLC0415 - as above

    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True
