"""Studies: which heuristics does a data set need? Trials of a recipe with edits and seeds, and what they say."""
