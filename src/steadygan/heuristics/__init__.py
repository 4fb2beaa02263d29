"""Every heuristic: a folder for each slot and a module for each heuristic, with plain functions and a class."""
