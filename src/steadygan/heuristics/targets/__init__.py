"""Slot target: what should the discriminator answer?"""

from steadygan.heuristics.targets.noisy_labels import NoisyLabels, flip_labels
from steadygan.heuristics.targets.one_sided_smoothing import OneSidedSmoothing, one_sided_smoothing
from steadygan.heuristics.targets.soft_classes import SoftClasses, smooth_classes
from steadygan.heuristics.targets.soft_labels import SoftLabels, soft_labels

__all__ = [
    "NoisyLabels",
    "OneSidedSmoothing",
    "SoftClasses",
    "SoftLabels",
    "flip_labels",
    "one_sided_smoothing",
    "smooth_classes",
    "soft_labels",
]
