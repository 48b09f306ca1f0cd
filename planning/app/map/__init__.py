"""The live map: what stands where, who is covered, and where the planner clicks."""
