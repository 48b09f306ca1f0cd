"""Demand: estimates of beds, disabled elders, deaths and plots, children and community floor area, with every number's source."""

from planning.demand.estimates import Estimate, estimate_demand
from planning.demand.parameters import LOCAL, Parameter, parameters

__all__ = ["LOCAL", "Estimate", "Parameter", "estimate_demand", "parameters"]
