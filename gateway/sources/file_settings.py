"""What an operator writes for a recording-file source."""

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class FileSourceSettings(BaseModel):
    """``[sources.<name>]`` with ``kind = "file"``: a recording is read once, from where the last run stopped."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    kind: Literal["file"]
    path: Path
    dialect: str
    dialect_settings: dict[str, Any] = {}
