"""Slot architecture: how are the generator and the discriminator built?

The maths of these heuristics is the layers themselves; each class changes one thing in the blueprint.
"""

from steadygan.heuristics.architecture.classes import (
    AuxiliaryClassifier,
    SemiSupervised,
    class_cross_entropy,
    semi_supervised_logit,
)
from steadygan.heuristics.architecture.diversity import (
    MinibatchDiscrimination,
    MinibatchStddev,
    Packing,
    SelfAttention,
)
from steadygan.heuristics.architecture.images import TanhOutput, scale_images, unscale_images
from steadygan.heuristics.architecture.labels import LabelEmbedding, Projection
from steadygan.heuristics.architecture.normalisation import (
    BatchNormHeuristic,
    ConditionalBatchNorm,
    InstanceNormHeuristic,
    ReferenceBatchNormHeuristic,
    VirtualBatchNormHeuristic,
)
from steadygan.heuristics.architecture.resampling import (
    AveragePooling,
    FilteredResampling,
    KernelDivisibleByStride,
    PixelShuffle,
    ResizeConvolutions,
    StridedConvolutions,
    TransposedConvolutions,
)
from steadygan.heuristics.architecture.shape import LargerDiscriminator, NoHiddenDense
from steadygan.heuristics.architecture.units import GeneratorDropout, GeneratorNoise, LeakyReLU
from steadygan.heuristics.architecture.weights import EqualisedLR, IcnrInit, NormalInit, SpectralNormHeuristic

__all__ = [
    "AuxiliaryClassifier",
    "AveragePooling",
    "BatchNormHeuristic",
    "ConditionalBatchNorm",
    "EqualisedLR",
    "FilteredResampling",
    "GeneratorDropout",
    "GeneratorNoise",
    "IcnrInit",
    "InstanceNormHeuristic",
    "KernelDivisibleByStride",
    "LabelEmbedding",
    "LargerDiscriminator",
    "LeakyReLU",
    "MinibatchDiscrimination",
    "MinibatchStddev",
    "NoHiddenDense",
    "NormalInit",
    "Packing",
    "PixelShuffle",
    "Projection",
    "ReferenceBatchNormHeuristic",
    "ResizeConvolutions",
    "SelfAttention",
    "SemiSupervised",
    "SpectralNormHeuristic",
    "StridedConvolutions",
    "TanhOutput",
    "TransposedConvolutions",
    "VirtualBatchNormHeuristic",
    "class_cross_entropy",
    "scale_images",
    "semi_supervised_logit",
    "unscale_images",
]
