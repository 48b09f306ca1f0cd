"""Changing what a person keeps, a county.toml or a ledger, in the places asked for and nowhere else.

Everything here takes the bytes of a file and returns those of its new version; saving it, with the old one kept, is :mod:`layers.history`'s.
"""

from layers.revising.changes import CellChange, Revision, Strike, Value
from layers.revising.files import EDITABLE, revised
from layers.revising.settings import with_entry, with_settings

__all__ = ["EDITABLE", "CellChange", "Revision", "Strike", "Value", "revised", "with_entry", "with_settings"]
