"""Tests of the heuristics, one file per slot."""
