"""Every heuristic: one file per slot, a plain function that does the maths and a class that fills the slot."""
