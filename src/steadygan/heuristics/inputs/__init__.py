"""Slot input: what does the discriminator get to see?"""

from steadygan.heuristics.inputs.adaptive_augment import AdaptiveAugment
from steadygan.heuristics.inputs.diff_augment import DiffAugment, Policy, color_jitter, cutout, diff_augment, translate
from steadygan.heuristics.inputs.experience_replay import ExperienceReplay, choose_slots, exchange
from steadygan.heuristics.inputs.horizontal_flip import HorizontalFlip, horizontal_flip
from steadygan.heuristics.inputs.instance_noise import InstanceNoise, instance_noise
from steadygan.heuristics.inputs.mixed_batches import MixedBatches
from steadygan.heuristics.inputs.pipeline import AugmentationKind, augment

__all__ = [
    "AdaptiveAugment",
    "AugmentationKind",
    "DiffAugment",
    "ExperienceReplay",
    "HorizontalFlip",
    "InstanceNoise",
    "MixedBatches",
    "Policy",
    "augment",
    "choose_slots",
    "color_jitter",
    "cutout",
    "diff_augment",
    "exchange",
    "horizontal_flip",
    "instance_noise",
    "translate",
]
