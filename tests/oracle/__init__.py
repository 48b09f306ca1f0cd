"""A second implementation of docs/travel.md, written from that page alone: it imports nothing from layers, scenarios or planning."""
