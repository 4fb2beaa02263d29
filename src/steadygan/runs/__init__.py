"""Runs: what a run folder holds, and how its files are written safely and read again."""
