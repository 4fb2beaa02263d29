"""Slot objective: what do the generator and the discriminator minimise?

All functions take raw logits (no sigmoid); all losses are per image and are averaged by the step.
"""

from steadygan.heuristics.objectives.cross_entropy import cross_entropy, discriminator_cross_entropy
from steadygan.heuristics.objectives.feature_matching import FeatureMatching, feature_matching_loss
from steadygan.heuristics.objectives.hinge import Hinge, hinge_discriminator_loss, hinge_generator_loss
from steadygan.heuristics.objectives.least_squares import (
    LeastSquares,
    least_squares,
    least_squares_discriminator_loss,
    least_squares_generator_loss,
)
from steadygan.heuristics.objectives.minimax import Minimax, minimax_generator_loss
from steadygan.heuristics.objectives.non_saturating import NonSaturating, non_saturating_generator_loss
from steadygan.heuristics.objectives.relativistic import Relativistic, relativistic_loss
from steadygan.heuristics.objectives.relativistic_average import RelativisticAverage, relativistic_average_loss
from steadygan.heuristics.objectives.top_k import TopK, annealed_count, top_k
from steadygan.heuristics.objectives.vae_hybrid import (
    VaeHybrid,
    kl_to_standard_normal,
    reconstruction_error,
    reparameterise,
)
from steadygan.heuristics.objectives.wasserstein import (
    Wasserstein,
    wasserstein_discriminator_loss,
    wasserstein_generator_loss,
)

__all__ = [
    "FeatureMatching",
    "Hinge",
    "LeastSquares",
    "Minimax",
    "NonSaturating",
    "Relativistic",
    "RelativisticAverage",
    "TopK",
    "VaeHybrid",
    "Wasserstein",
    "annealed_count",
    "cross_entropy",
    "discriminator_cross_entropy",
    "feature_matching_loss",
    "hinge_discriminator_loss",
    "hinge_generator_loss",
    "kl_to_standard_normal",
    "least_squares",
    "least_squares_discriminator_loss",
    "least_squares_generator_loss",
    "minimax_generator_loss",
    "non_saturating_generator_loss",
    "reconstruction_error",
    "relativistic_average_loss",
    "relativistic_loss",
    "reparameterise",
    "top_k",
    "wasserstein_discriminator_loss",
    "wasserstein_generator_loss",
]
