"""What the papers behind the heuristics claim, each tried by the smallest experiment that can show or refute it."""
