"""What several tables of ``county.toml`` share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Text = Annotated[str, Field(min_length=1)]
TaskKey = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Frozen(BaseModel):
    """A table that never changes and refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class CandidateSource(Frozen):
    """Where candidate sites of a plan task come from."""

    origin: Literal["file", "villages", "streets", "kmeans"] = Field(
        default="streets", description="Candidate files, village centres, street nodes on a lattice, or centres of people."
    )
    spacing_m: float = Field(default=1000.0, gt=0, description="Spacing of the lattice of street nodes, in m.")
    count: int = Field(default=200, ge=1, description="Number of k-means centres.")
