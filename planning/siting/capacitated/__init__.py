"""Sites with a number of places: who gets one, and where. Prices bound every plan, flows place people, branching proves."""
