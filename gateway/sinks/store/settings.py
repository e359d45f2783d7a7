"""What an operator writes for the embedded store."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class StoreSettings(BaseModel):
    """``[sinks.<name>]`` with ``kind = "store"``. A day count of 0 keeps for ever."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    kind: Literal["store"] = "store"
    path: Path | None = None
    history_days: Annotated[int, Field(ge=0, le=36_525)] = 90
    rollup_days: Annotated[int, Field(ge=0, le=36_525)] = 1_096
    linger_s: Annotated[float, Field(ge=0, le=60)] = 1.0
    max_batch: Annotated[int, Field(ge=1, le=20_000)] = 2_000
