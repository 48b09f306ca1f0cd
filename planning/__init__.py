"""Consequences: travel, coverage, siting, comparison, review and publishing."""

__version__ = "0.1.0"
