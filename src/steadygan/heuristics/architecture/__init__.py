"""Slot architecture: how are the generator and the discriminator built?

The maths of these heuristics is the layers themselves; each class changes one thing in the blueprint.
"""

from steadygan.heuristics.architecture.auxiliary_classifier import AuxiliaryClassifier, class_cross_entropy
from steadygan.heuristics.architecture.average_pooling import AveragePooling
from steadygan.heuristics.architecture.batch_norm import BatchNormHeuristic
from steadygan.heuristics.architecture.conditional_batch_norm import ConditionalBatchNorm
from steadygan.heuristics.architecture.equalised_lr import EqualisedLR
from steadygan.heuristics.architecture.filtered_resampling import FilteredResampling
from steadygan.heuristics.architecture.generator_dropout import GeneratorDropout
from steadygan.heuristics.architecture.generator_noise import GeneratorNoise
from steadygan.heuristics.architecture.icnr_init import IcnrInit
from steadygan.heuristics.architecture.instance_norm import InstanceNormHeuristic
from steadygan.heuristics.architecture.kernel_divisible_by_stride import KernelDivisibleByStride
from steadygan.heuristics.architecture.label_embedding import LabelEmbedding
from steadygan.heuristics.architecture.larger_discriminator import LargerDiscriminator
from steadygan.heuristics.architecture.leaky_relu import LeakyReLU
from steadygan.heuristics.architecture.minibatch_discrimination import MinibatchDiscrimination
from steadygan.heuristics.architecture.minibatch_stddev import MinibatchStddev
from steadygan.heuristics.architecture.no_hidden_dense import NoHiddenDense
from steadygan.heuristics.architecture.normal_init import NormalInit
from steadygan.heuristics.architecture.packing import Packing
from steadygan.heuristics.architecture.pixel_shuffle import PixelShuffle
from steadygan.heuristics.architecture.projection import Projection
from steadygan.heuristics.architecture.reference_batch_norm import ReferenceBatchNormHeuristic
from steadygan.heuristics.architecture.resize_convolutions import ResizeConvolutions
from steadygan.heuristics.architecture.self_attention import SelfAttention
from steadygan.heuristics.architecture.semi_supervised import SemiSupervised, semi_supervised_logit
from steadygan.heuristics.architecture.spectral_norm import SpectralNormHeuristic
from steadygan.heuristics.architecture.strided_convolutions import StridedConvolutions
from steadygan.heuristics.architecture.tanh_output import TanhOutput, scale_images, unscale_images
from steadygan.heuristics.architecture.transposed_convolutions import TransposedConvolutions
from steadygan.heuristics.architecture.virtual_batch_norm import VirtualBatchNormHeuristic

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
