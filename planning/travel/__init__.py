"""Travel costs on the street network: network, snapping, search."""

from planning.travel.costs import TravelCosts, within
from planning.travel.network import Network, build_network
from planning.travel.search import Attached, attach, search
from planning.travel.snapping import Snapped, snap

__all__ = ["Attached", "Network", "Snapped", "TravelCosts", "attach", "build_network", "search", "snap", "within"]
