"""Says when training fails, since when, by what evidence, and which heuristics treat it."""
