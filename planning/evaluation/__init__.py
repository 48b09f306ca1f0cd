"""Evaluation: one facility type under one scenario, from people, facilities and travel costs alone."""

from planning.evaluation.evaluate import evaluate
from planning.evaluation.result import COUNTY, UNASSIGNED, Evaluation

__all__ = ["COUNTY", "UNASSIGNED", "Evaluation", "evaluate"]
