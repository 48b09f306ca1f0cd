"""Travel costs on the street network: network, snapping, search."""

from planning.travel.costs import TravelCosts, within
from planning.travel.imported import from_table
from planning.travel.network import Network, build_network
from planning.travel.routes import path, service_area
from planning.travel.search import Attached, attach, search
from planning.travel.snapping import Snapped, snap

__all__ = [
    "Attached",
    "Network",
    "Snapped",
    "TravelCosts",
    "attach",
    "build_network",
    "from_table",
    "path",
    "search",
    "service_area",
    "snap",
    "within",
]
