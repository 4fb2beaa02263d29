"""Training: turns, steps, the loop, and how runs begin and resume."""
