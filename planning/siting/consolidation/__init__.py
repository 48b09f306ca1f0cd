"""Consolidation (撤并整合): which homes are kept, resized, converted, merged or closed, where new ones open, and who moves where."""

from planning.siting.consolidation.answer import ConsolidationPlan, Move, WayOut
from planning.siting.consolidation.edits import NewPlace, edits_of
from planning.siting.consolidation.options import Choices, Prices, existing_home, new_home
from planning.siting.consolidation.problem import Consolidation, Deed, Home, Option, Rules
from planning.siting.consolidation.search import consolidate
from planning.siting.consolidation.tables import FATES, WHOLE, Sites, balance_table, deeds_table, money, moves_table, served

__all__ = [
    "FATES",
    "WHOLE",
    "Choices",
    "Consolidation",
    "ConsolidationPlan",
    "Deed",
    "Home",
    "Move",
    "NewPlace",
    "Option",
    "Prices",
    "Rules",
    "Sites",
    "WayOut",
    "balance_table",
    "consolidate",
    "deeds_table",
    "edits_of",
    "existing_home",
    "money",
    "moves_table",
    "new_home",
    "served",
]
