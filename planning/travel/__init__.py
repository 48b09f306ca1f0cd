"""Travel costs on the street network: network, snapping, search."""

from planning.travel.attaching import Attached, attach
from planning.travel.costs import TravelCosts, within
from planning.travel.hierarchy import Hierarchy, build_hierarchy
from planning.travel.imported import from_table
from planning.travel.nearest import Nearest, nearest
from planning.travel.network import Network, build_network
from planning.travel.routes import path, service_area
from planning.travel.search import search, search_blocks
from planning.travel.snapping import Snapped, snap

__all__ = [
    "Attached",
    "Hierarchy",
    "Nearest",
    "Network",
    "Snapped",
    "TravelCosts",
    "attach",
    "build_hierarchy",
    "build_network",
    "from_table",
    "nearest",
    "path",
    "search",
    "search_blocks",
    "service_area",
    "snap",
    "within",
]
