"""Travel costs on the street network: network, snapping, search."""
