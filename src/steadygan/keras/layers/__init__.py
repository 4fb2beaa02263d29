"""Layers of the heuristics for anyone's Keras models; each works on every backend and can be differentiated twice.

By what they do:

- judging several images at once: :class:`MinibatchDiscrimination`, :class:`MinibatchStddev`, :class:`Packing`;
- normalising: :class:`BatchNormalization`, and :class:`VirtualBatchNormalization` and
  :class:`ReferenceBatchNormalization` inside of :class:`WithReferenceBatch`; :class:`ConditionalNormalization`;
- constraining weights: :class:`SpectralNormalization`, and :func:`refresh` for it; :class:`EqualisedLearningRate`;
- changing the size of maps: :class:`PixelShuffle`, :class:`LowPassFilter`, :class:`BilinearResize`;
- seeing the whole map: :class:`SelfAttention`;
- knowing classes: :class:`LabelEmbedding`, :class:`LabelChannel`, :class:`Projection`;
- staying random in the generator: :class:`GeneratorDropout`, :class:`GaussianNoise`;
- blurring what the discriminator sees: :class:`InstanceNoise`.
"""

from steadygan.keras.layers.attention import SelfAttention
from steadygan.keras.layers.batch_norm import BatchNormalization
from steadygan.keras.layers.conditional import ConditionalNormalization
from steadygan.keras.layers.embedding import LabelChannel, LabelEmbedding, Projection
from steadygan.keras.layers.equalised import EqualisedLearningRate
from steadygan.keras.layers.instance_noise import InstanceNoise
from steadygan.keras.layers.minibatch import MinibatchDiscrimination, MinibatchStddev
from steadygan.keras.layers.packing import Packing
from steadygan.keras.layers.reference_batch import WithReferenceBatch
from steadygan.keras.layers.resample import BilinearResize, LowPassFilter, PixelShuffle
from steadygan.keras.layers.spectral_norm import SpectralNormalization, refresh
from steadygan.keras.layers.stochastic import GaussianNoise, GeneratorDropout
from steadygan.keras.layers.virtual_batch_norm import ReferenceBatchNormalization, VirtualBatchNormalization

__all__ = [
    "BatchNormalization",
    "BilinearResize",
    "ConditionalNormalization",
    "EqualisedLearningRate",
    "GaussianNoise",
    "GeneratorDropout",
    "InstanceNoise",
    "LabelChannel",
    "LabelEmbedding",
    "LowPassFilter",
    "MinibatchDiscrimination",
    "MinibatchStddev",
    "Packing",
    "PixelShuffle",
    "Projection",
    "ReferenceBatchNormalization",
    "SelfAttention",
    "SpectralNormalization",
    "VirtualBatchNormalization",
    "WithReferenceBatch",
    "refresh",
]
