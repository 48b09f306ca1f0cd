"""Evaluation: one facility type under one scenario, from people, facilities and travel costs alone."""

from planning.evaluation.evaluate import evaluate
from planning.evaluation.indicators import Indicator, indicators, measure_indicators
from planning.evaluation.result import COUNTY, UNASSIGNED, Evaluation

__all__ = ["COUNTY", "UNASSIGNED", "Evaluation", "Indicator", "evaluate", "indicators", "measure_indicators"]
