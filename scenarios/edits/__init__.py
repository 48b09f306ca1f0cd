"""The edits: open, resize, close, merge, convert and move facilities; close and build streets.

Edit k is checked against the state after edit k - 1; an edit that changes nothing is an error.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from scenarios.edits.build_street import BuildStreet
from scenarios.edits.close import Close
from scenarios.edits.close_street import CloseStreet
from scenarios.edits.convert import Convert
from scenarios.edits.merge import Merge
from scenarios.edits.move import Move
from scenarios.edits.open import Open, open_all
from scenarios.edits.place import Place
from scenarios.edits.resize import Resize

Edit = Annotated[Open | Resize | Close | Merge | Convert | Move | CloseStreet | BuildStreet, Field(discriminator="action")]

__all__ = ["BuildStreet", "Close", "CloseStreet", "Convert", "Edit", "Merge", "Move", "Open", "Place", "Resize", "open_all"]
