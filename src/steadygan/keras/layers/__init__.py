"""Layers of the heuristics for anyone's Keras models; each works on every backend and can be differentiated twice.

By what they do:

- judging several images at once: :class:`MinibatchDiscrimination`, :class:`MinibatchStddev`;
- normalising: :class:`BatchNormalization`, and :class:`VirtualBatchNormalization` and
  :class:`ReferenceBatchNormalization` inside of :class:`WithReferenceBatch`;
- constraining weights: :class:`SpectralNormalization`, and :func:`refresh` for it; :class:`EqualisedLearningRate`;
- staying random in the generator: :class:`GeneratorDropout`, :class:`GaussianNoise`;
- blurring what the discriminator sees: :class:`InstanceNoise`.
"""

from steadygan.keras.layers.batch_norm import BatchNormalization
from steadygan.keras.layers.equalised import EqualisedLearningRate
from steadygan.keras.layers.instance_noise import InstanceNoise
from steadygan.keras.layers.minibatch import MinibatchDiscrimination, MinibatchStddev
from steadygan.keras.layers.reference_batch import WithReferenceBatch
from steadygan.keras.layers.spectral_norm import SpectralNormalization, refresh
from steadygan.keras.layers.stochastic import GaussianNoise, GeneratorDropout
from steadygan.keras.layers.virtual_batch_norm import ReferenceBatchNormalization, VirtualBatchNormalization

__all__ = [
    "BatchNormalization",
    "EqualisedLearningRate",
    "GaussianNoise",
    "GeneratorDropout",
    "InstanceNoise",
    "MinibatchDiscrimination",
    "MinibatchStddev",
    "ReferenceBatchNormalization",
    "SpectralNormalization",
    "VirtualBatchNormalization",
    "WithReferenceBatch",
    "refresh",
]
