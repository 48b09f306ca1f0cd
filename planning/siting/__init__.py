"""Where sites should stand: one search for all models, with a proof or a stated gap."""

from planning.siting.frontier import Frontier, FrontierPoint, frontier
from planning.siting.models.backup import BackupCover
from planning.siting.models.capcover import CapacitatedCover
from planning.siting.models.capmedian import CapacitatedMedian
from planning.siting.models.equity import EquityCover
from planning.siting.models.fixedcharge import FixedCharge
from planning.siting.models.lscp import LSCP
from planning.siting.models.mclp import MCLP
from planning.siting.models.pcenter import PCenter
from planning.siting.models.pmedian import PMedian
from planning.siting.problem import SitingPlan, SitingProblem
from planning.siting.search import propose

__all__ = [
    "LSCP",
    "MCLP",
    "BackupCover",
    "CapacitatedCover",
    "CapacitatedMedian",
    "EquityCover",
    "FixedCharge",
    "Frontier",
    "FrontierPoint",
    "PCenter",
    "PMedian",
    "SitingPlan",
    "SitingProblem",
    "frontier",
    "propose",
]
