"""What an operator writes for the quarantine."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class QuarantineSettings(BaseModel):
    """``[sinks.<name>]`` with ``kind = "quarantine"``; it is there by default."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    kind: Literal["quarantine"] = "quarantine"
    path: Path | None = None
    quota_bytes: Annotated[int, Field(ge=65_536)] = 64 << 20
    max_batch: Annotated[int, Field(ge=1, le=20_000)] = 1_000
