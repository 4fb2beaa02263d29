"""Slot penalty: what is added to a loss?"""

from steadygan.heuristics.penalties.answers import Lecam, lecam_anchor, lecam_penalty
from steadygan.heuristics.penalties.consistency import Consistency, answer_gap, flip_and_shift, latent_response
from steadygan.heuristics.penalties.diversity import ModeSeeking, mode_seeking_penalty, pair_up
from steadygan.heuristics.penalties.gradients import (
    R1,
    R2,
    input_gradient,
    r1_penalty,
    r2_penalty,
    zero_centred_penalty,
)
from steadygan.heuristics.penalties.interpolation import (
    Dragan,
    GradientPenalty,
    between,
    dragan_penalty,
    gradient_penalty,
    perturbed,
    slope_penalty,
)
from steadygan.heuristics.penalties.weights import (
    HistoricalAveraging,
    Orthogonal,
    historical_penalty,
    orthogonal_penalty,
    row_overlap,
    running_mean_update,
    weight_matrix,
)

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
