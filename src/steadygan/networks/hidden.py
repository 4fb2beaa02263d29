"""Hidden layers as a blueprint asks for them: normalisation, activation, noise, dropout, and the reference batch."""

from torch import nn

from steadygan.blueprint import Norm
from steadygan.layers.kernels.joint_batches import BatchNorm1d, BatchNorm2d
from steadygan.layers.norms import ConditionalNorm, ReferenceBatchNorm, VirtualBatchNorm
from steadygan.layers.reference_batch import ReferenceBatch
from steadygan.layers.sequential import ConditionalSequential
from steadygan.layers.stochastic import GeneratorDropout, GeneratorNoise


class NormActivation(ConditionalSequential):
    """What follows a convolution or a dense layer: normalisation, activation, noise and dropout, as far as wanted.

    Args:
        features: channels, or features of a vector.
        norm: normalisation before the activation; None for none.
        slope: of the activation below 0; 0 is ReLU.
        dropout: share of activations that become 0.
        noise: standard deviation of the noise that is added.
        maps: whether the features are maps [N, C, H, W] rather than vectors [N, D].
        classes: how many there are, for a conditional normalisation.
        inplace: whether the activation may overwrite its input even without a normalisation before it.
    """

    def __init__(
        self,
        features: int,
        norm: Norm | None,
        slope: float,
        dropout: float,
        noise: float,
        maps: bool,
        classes: int,
        inplace: bool = False,
    ) -> None:
        # Only the activation reads the output of a normalisation; the input of the layer may also feed a shortcut.
        inplace = norm is not None or inplace
        layers = [] if norm is None else [make_norm(features, norm, maps, classes)]
        layers.append(nn.LeakyReLU(slope, inplace=inplace) if slope > 0 else nn.ReLU(inplace=inplace))
        if noise > 0:
            layers.append(GeneratorNoise(noise))
        if dropout > 0:
            layers.append(GeneratorDropout(dropout))
        super().__init__(*layers)


def make_norm(features: int, norm: Norm, maps: bool, classes: int) -> nn.Module:
    """Make a normalisation layer.

    Instance normalisation keeps no running statistics. Vectors have a single value in each feature, so it normalises
    over the features of each vector instead (layer normalisation).

    Args:
        features: channels, or features of a vector.
        norm: which kind, and its parameters.
        maps: whether the features are maps [N, C, H, W] rather than vectors [N, D].
        classes: how many there are if it is conditional; otherwise ignored.

    Returns:
        A module for x, or for x and labels if ``norm.conditional``.
    """
    unconditional = _unconditional(features, norm, maps, affine=not norm.conditional)
    return ConditionalNorm(unconditional, features, classes) if norm.conditional else unconditional


def _unconditional(features: int, norm: Norm, maps: bool, affine: bool) -> nn.Module:
    if norm.has_reference:
        kind = ReferenceBatchNorm if norm.kind == "reference-batch" else VirtualBatchNorm
        return kind(features, eps=norm.eps, affine=affine)
    if norm.kind == "instance":
        if maps:
            return nn.InstanceNorm2d(features, eps=norm.eps, affine=affine)
        return nn.LayerNorm(features, eps=norm.eps, elementwise_affine=affine)
    batch_norm = BatchNorm2d if maps else BatchNorm1d
    return batch_norm(features, eps=norm.eps, momentum=norm.momentum, affine=affine)


def reference_batch(norm: Norm | None, shape: tuple[int, ...], labelled: bool) -> ReferenceBatch | None:
    """Make the reference batch that a network with this normalisation needs; None if it needs none.

    Args:
        norm: of its hidden layers.
        shape: of one input.
        labelled: whether it takes labels.
    """
    return ReferenceBatch(norm.reference, shape, labelled) if norm is not None and norm.has_reference else None
