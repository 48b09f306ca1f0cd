"""The six edits: open, resize, close, merge, convert, move.

Edit k is checked against the state after edit k - 1; an edit that changes nothing is an error.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from scenarios.edits.close import Close
from scenarios.edits.convert import Convert
from scenarios.edits.merge import Merge
from scenarios.edits.move import Move
from scenarios.edits.open import Open, open_all
from scenarios.edits.place import Place
from scenarios.edits.resize import Resize

Edit = Annotated[Open | Resize | Close | Merge | Convert | Move, Field(discriminator="action")]

__all__ = ["Close", "Convert", "Edit", "Merge", "Move", "Open", "Place", "Resize", "open_all"]
