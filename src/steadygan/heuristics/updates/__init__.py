"""Slot update: how do weights move?"""

from steadygan.heuristics.updates.adam import Adam, Beta, adam
from steadygan.heuristics.updates.differentiable import adam_step, sgd_step
from steadygan.heuristics.updates.extra_adam import ExtraAdam, ExtraAdamHeuristic
from steadygan.heuristics.updates.gradient_clipping import GradientClipping, clip_gradients
from steadygan.heuristics.updates.lookahead import Lookahead, look_back
from steadygan.heuristics.updates.lr_decay import LrDecay, linear_decay
from steadygan.heuristics.updates.sgd_discriminator import SgdDiscriminator, sgd
from steadygan.heuristics.updates.two_time_scales import TwoTimeScales, two_time_scales
from steadygan.heuristics.updates.weight_clipping import WeightClipping, clip_weights

__all__ = [
    "Adam",
    "Beta",
    "ExtraAdam",
    "ExtraAdamHeuristic",
    "GradientClipping",
    "Lookahead",
    "LrDecay",
    "SgdDiscriminator",
    "TwoTimeScales",
    "WeightClipping",
    "adam",
    "adam_step",
    "clip_gradients",
    "clip_weights",
    "linear_decay",
    "look_back",
    "sgd",
    "sgd_step",
    "two_time_scales",
]
