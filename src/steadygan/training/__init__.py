"""Order in time: turns, steps, the loop, checkpoints and the run folder."""
