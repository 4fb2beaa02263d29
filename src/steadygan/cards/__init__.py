"""Recipes and heuristics in words, all of it derived from cards: for a terminal, as a handbook, and as BibTeX.

Nothing is imported here, so that the lists are there without PyTorch.
"""
