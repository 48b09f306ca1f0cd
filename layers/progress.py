"""How slow work tells where it is, and how it is stopped (convention 14)."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called by slow work; may raise :class:`layers.errors.Cancelled`.

    ``stage`` is a code of :mod:`layers.texts` such as ``stage.streets``; ``more`` carries ``value``, ``bound`` and ``gap`` from a solver.
    """

    def __call__(self, stage: str, done: float, total: float, **more: float) -> None:
        """Take note of one step."""


def silent(stage: str, done: float, total: float, **more: float) -> None:
    """Take no note: the default progress."""
