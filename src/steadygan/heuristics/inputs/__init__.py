"""Slot input: what does the discriminator get to see?"""

from steadygan.heuristics.inputs.adaptive import (
    AdaptiveAugment,
)
from steadygan.heuristics.inputs.augment import (
    DiffAugment,
    HorizontalFlip,
    Policy,
    color_jitter,
    cutout,
    diff_augment,
    horizontal_flip,
    translate,
)
from steadygan.heuristics.inputs.batches import MixedBatches
from steadygan.heuristics.inputs.noise import InstanceNoise, instance_noise
from steadygan.heuristics.inputs.pipeline import Kind, augment
from steadygan.heuristics.inputs.replay import ExperienceReplay, exchange

__all__ = [
    "AdaptiveAugment",
    "DiffAugment",
    "ExperienceReplay",
    "HorizontalFlip",
    "InstanceNoise",
    "Kind",
    "MixedBatches",
    "Policy",
    "augment",
    "color_jitter",
    "cutout",
    "diff_augment",
    "exchange",
    "horizontal_flip",
    "instance_noise",
    "translate",
]
