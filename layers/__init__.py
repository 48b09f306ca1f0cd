"""Facts: ledgers, population, streets and outlines of a county, read and checked."""
