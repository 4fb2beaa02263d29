"""Studies: which heuristics a data set needs, and which recipe is the best for it.

A plan says which variants of a recipe are compared. Each trial is a variant with a seed: it is trained in a process of
its own, in a run folder, and judged by one encoder for all. Ray runs them; the results are one table.
"""
