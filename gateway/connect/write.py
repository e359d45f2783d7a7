"""A source into ``citygate.toml``: the file is checked whole before it takes its place."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit

from gateway.config import FILE_NAME, load_config
from gateway.deploy_files import deploy_dir

SAMPLE_SOURCE = "broker"
SAMPLE_HEAD = f"[sources.{SAMPLE_SOURCE}]"


def source_text(name: str, settings: Mapping[str, Any]) -> str:
    """``[sources.<name>]`` with its keys, for the screen."""
    table = tomlkit.table()
    table.update(settings)
    return tomlkit.dumps({"sources": {name: table}}).replace("[sources]\n", "")


def write_source(folder: Path, name: str, settings: Mapping[str, Any]) -> Path:
    """Add the source to the config in ``folder``, or write a fresh one around it; returns the file.

    Raises KeyError where a source of this name is there, ConfigError for a file with mistakes, OSError.
    """
    path = folder / FILE_NAME
    if path.exists():
        document = tomlkit.parse(path.read_text("utf-8"))
        sources = document.setdefault("sources", tomlkit.table(is_super_table=True))
        if name in sources:
            raise KeyError(name)
        sources[name] = dict(settings)
    else:
        sample = (deploy_dir() / "samples" / FILE_NAME).read_text("utf-8")
        document = tomlkit.parse(sample.replace(SAMPLE_HEAD, f"[sources.{name}]"))
        document["sources"][name].update(settings)
    for part in ("pilots", "devices"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    fresh = folder / f".{FILE_NAME}.fresh"
    try:
        fresh.write_text(tomlkit.dumps(document), encoding="utf-8")
        load_config(fresh)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    return path
