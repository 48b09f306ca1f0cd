"""Evidence: what is known of one item, and what share of its points it earns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from layers import texts
from layers.texts import Language

EvidenceState = Literal["computed", "document", "missing"]


@dataclass(frozen=True)
class Evidence:
    """What is known of one item.

    Attributes
    ----------
    state : {"computed", "document", "missing"}
        Missing evidence earns no points and is listed; it is never scored in silence.
    share : float
        Share of the item's points, 0–1; 0 when missing.
    code : str
        Code of the sentence that says what was found, or what is missing.
    value : float or None
        The measured quantity, in the unit the sentence names.
    values : mapping
        Values named in the sentence.
    """

    state: EvidenceState
    share: float
    code: str
    value: float | None = None
    values: Mapping[str, object] = field(default_factory=dict)

    def say(self, lang: Language = "zh") -> str:
        """Return the evidence as a sentence."""
        return texts.say(self.code, lang, value=self.value, **self.values)


def missing(code: str, **values: object) -> Evidence:
    """Return missing evidence with the reason."""
    return Evidence("missing", 0.0, code, None, values)


def computed(earned: float, code: str, value: float, **values: object) -> Evidence:
    """Return computed evidence; the share of points earned is clamped to 0–1."""
    return Evidence("computed", clamp(earned), code, float(value), values)


def clamp(share: float) -> float:
    """Return a share cut to 0–1."""
    return min(max(float(share), 0.0), 1.0)
