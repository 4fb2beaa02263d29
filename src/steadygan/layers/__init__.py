"""Layers of the heuristics, for anyone's networks: each works in a plain :class:`torch.nn.Sequential`.

Layers that PyTorch has, such as :class:`torch.nn.BatchNorm2d`, :class:`torch.nn.InstanceNorm2d` and
:class:`torch.nn.PixelShuffle`, are used as they are and not repeated here. Those of this package by what they do:

- judging several images at once: :class:`MinibatchDiscrimination`, :class:`MinibatchStddev`, :class:`Packing`;
- normalising: :class:`VirtualBatchNorm` and :class:`ReferenceBatchNorm` inside of :class:`WithReferenceBatch`,
  :class:`ConditionalBatchNorm`, :class:`ConditionalNorm`;
- constraining and initialising weights: :func:`spectral_norm`, :func:`equalised_lr`, :func:`normal_init`,
  :func:`icnr_init`;
- changing the size of maps: :class:`Downsample`, :class:`Upsample`, :class:`LowPassFilter`;
- seeing the whole map: :class:`SelfAttention`;
- staying random in the generator: :class:`GeneratorDropout`, :class:`GeneratorNoise`;
- knowing classes: :class:`LabelEmbedding`, :class:`LabelChannel`, :class:`Projection`, and
  :class:`ConditionalSequential`, which passes labels on.

``steadygan.layers.kernels`` holds what is there for speed alone.
"""

from steadygan.layers.attention import SelfAttention
from steadygan.layers.embedding import LabelChannel, LabelEmbedding, Projection
from steadygan.layers.initialise import icnr_init, normal_init
from steadygan.layers.minibatch import MinibatchDiscrimination, MinibatchStddev, Packing
from steadygan.layers.norms import ConditionalBatchNorm, ConditionalNorm, ReferenceBatchNorm, VirtualBatchNorm
from steadygan.layers.reference_batch import WithReferenceBatch
from steadygan.layers.resample import Downsample, LowPassFilter, Upsample
from steadygan.layers.sequential import ConditionalSequential
from steadygan.layers.stochastic import GeneratorDropout, GeneratorNoise
from steadygan.layers.weights import equalised_lr, spectral_norm

__all__ = [
    "ConditionalBatchNorm",
    "ConditionalNorm",
    "ConditionalSequential",
    "Downsample",
    "GeneratorDropout",
    "GeneratorNoise",
    "LabelChannel",
    "LabelEmbedding",
    "LowPassFilter",
    "MinibatchDiscrimination",
    "MinibatchStddev",
    "Packing",
    "Projection",
    "ReferenceBatchNorm",
    "SelfAttention",
    "Upsample",
    "VirtualBatchNorm",
    "WithReferenceBatch",
    "equalised_lr",
    "icnr_init",
    "normal_init",
    "spectral_norm",
]
