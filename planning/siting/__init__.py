"""Location-allocation: a problem, models that say what to aim for, and plans with a value and a valid bound."""
