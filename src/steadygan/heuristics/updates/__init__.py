"""Slot update: how do weights move?"""

from steadygan.heuristics.updates.clipping import GradientClipping, WeightClipping, clip_gradients, clip_weights
from steadygan.heuristics.updates.differentiable import adam_step, sgd_step
from steadygan.heuristics.updates.extra_adam import ExtraAdam, ExtraAdamHeuristic
from steadygan.heuristics.updates.lookahead import Lookahead, look_back
from steadygan.heuristics.updates.optimizers import Adam, Beta, SgdDiscriminator, adam, sgd
from steadygan.heuristics.updates.rates import LrDecay, TwoTimeScales, linear_decay, two_time_scales

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
