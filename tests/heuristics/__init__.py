"""Tests of the heuristics, in the folders of their slots; what concerns several of one slot is in one file of it."""
