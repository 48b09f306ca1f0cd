"""Checks on layers that were read: what cannot be true, what is hardly true, what is there twice, and what does not add up.

Checks know tables and findings, no files; readers run them and keep every error out of the facts. :mod:`layers.checking.ledger_repairs` alone
opens a file: the ledger that it writes a repaired copy of.
"""

from layers.checking.ledger_repairs import Repairs, certain_repairs, repaired
from layers.checking.ledgers import check_ledgers

__all__ = ["Repairs", "certain_repairs", "check_ledgers", "repaired"]
