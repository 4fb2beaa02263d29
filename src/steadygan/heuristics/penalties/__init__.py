"""Slot penalty: what is added to a loss?"""

from steadygan.heuristics.penalties.consistency import Consistency, answer_gap, flip_and_shift, latent_response
from steadygan.heuristics.penalties.dragan import Dragan, dragan_penalty, perturbed
from steadygan.heuristics.penalties.gradient_penalty import GradientPenalty, gradient_penalty
from steadygan.heuristics.penalties.historical_averaging import (
    HistoricalAveraging,
    historical_penalty,
    running_mean_update,
)
from steadygan.heuristics.penalties.input_gradient import input_gradient
from steadygan.heuristics.penalties.lecam import Lecam, lecam_anchor, lecam_penalty
from steadygan.heuristics.penalties.mode_seeking import ModeSeeking, mode_seeking_penalty, pair_up
from steadygan.heuristics.penalties.orthogonal import Orthogonal, orthogonal_penalty, row_overlap, weight_matrix
from steadygan.heuristics.penalties.r1 import R1, r1_penalty
from steadygan.heuristics.penalties.r2 import R2, r2_penalty
from steadygan.heuristics.penalties.slope import between, slope_penalty
from steadygan.heuristics.penalties.zero_centred import zero_centred_penalty

__all__ = [
    "R1",
    "R2",
    "Consistency",
    "Dragan",
    "GradientPenalty",
    "HistoricalAveraging",
    "Lecam",
    "ModeSeeking",
    "Orthogonal",
    "answer_gap",
    "between",
    "dragan_penalty",
    "flip_and_shift",
    "gradient_penalty",
    "historical_penalty",
    "input_gradient",
    "latent_response",
    "lecam_anchor",
    "lecam_penalty",
    "mode_seeking_penalty",
    "orthogonal_penalty",
    "pair_up",
    "perturbed",
    "r1_penalty",
    "r2_penalty",
    "row_overlap",
    "running_mean_update",
    "slope_penalty",
    "weight_matrix",
    "zero_centred_penalty",
]
