"""Normalisation of hidden layers: over a batch, over one image, or with the help of a reference batch."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from steadygan.blueprint import Norm
from steadygan.layers.sides import BatchNorm1d, BatchNorm2d


class Moments(NamedTuple):
    """Mean and variance of each feature over a reference batch.

    Attributes:
        mean: float [1, C, ...].
        variance: float [1, C, ...], the mean of the squares minus the square of the mean.
        examples: how many there are.
    """

    mean: Tensor
    variance: Tensor
    examples: int


class VirtualBatchNorm(nn.Module):
    """Each example normalised by a fixed reference batch and itself, so that no example depends on its neighbours.

    With the means m and mean squares s of n reference examples and those of the example itself, the statistics are
    n / (n + 1) and 1 / (n + 1) parts of each. The reference examples are normalised by their own statistics, and
    gradients flow through these. Which batch is which is said by :func:`steadygan.layers.reference.with_reference`.

    Args:
        features: channels, or features of a vector.
        eps: added to the variance.
        alone: whether examples are normalised by the reference batch alone (reference batch normalisation).
        affine: whether it has a scale and a shift.

    Source: Salimans et al. 2016, section 3.5; Goodfellow 2016, section 4.3 (``alone``).
    """

    def __init__(self, features: int, eps: float = 1e-5, alone: bool = False, affine: bool = True) -> None:
        super().__init__()
        self.eps = eps
        self.alone = alone
        self.collecting = False
        self.held: Moments | None = None
        self.weight = nn.Parameter(torch.ones(features)) if affine else None
        self.bias = nn.Parameter(torch.zeros(features)) if affine else None

    def forward(self, x: Tensor) -> Tensor:
        """Normalise [N, C, ...]; the reference batch while it is collecting, other examples afterwards.

        Raises:
            RuntimeError: when no reference batch went through before.
        """
        # Sums over many pixels need more than the digits of half precision.
        wide = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
        if self.collecting:
            variance, mean = torch.var_mean(wide, [0, *range(2, x.ndim)], correction=0, keepdim=True)
            self.held = Moments(mean, variance, x.shape[0])
        elif self.held is None:
            raise RuntimeError("Virtual batch norm has met no reference batch; call the network through with_reference")
        else:
            mean, variance = (self.held.mean, self.held.variance) if self.alone else _together(self.held, wide)
        normal = (wide - mean) * torch.rsqrt(variance + self.eps)
        if self.weight is not None and self.bias is not None:
            normal = normal * _beside(self.weight, x) + _beside(self.bias, x)
        return normal.to(x.dtype)


class ConditionalNorm(nn.Module):
    """A normalisation whose scale and shift belong to the class of each example.

    Args:
        norm: normalises [N, C, ...] and has no scale and shift of its own.
        features: channels, or features of a vector.
        classes: rows of the tables of scales (1 at first) and shifts (0 at first).

    Source: Dumoulin et al. 2016, section 2.2, equation 5; Miyato and Koyama 2018 (in a GAN's generator).
    """

    takes_labels = True

    def __init__(self, norm: nn.Module, features: int, classes: int) -> None:
        super().__init__()
        self.norm = norm
        # Not nn.Embedding: what rescales the weights of layers must leave these alone.
        self.scales = nn.Parameter(torch.ones(classes, features))
        self.shifts = nn.Parameter(torch.zeros(classes, features))

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Normalise [N, C, ...] with labels int64 [N]; -1 and None stand for unknown: the mean over all classes."""
        scale, shift = (_rows(table, labels, x.shape[0]).to(x.dtype) for table in (self.scales, self.shifts))
        normal: Tensor = self.norm(x)
        return torch.addcmul(_beside(shift, x), normal, _beside(scale, x))


def make_norm(features: int, norm: Norm, maps: bool, classes: int) -> nn.Module:
    """A normalisation layer.

    Instance normalisation keeps no running statistics. For vectors, which have nothing but one value in each feature,
    it normalises over the features of each vector (layer normalisation).

    Args:
        features: channels, or features of a vector.
        norm: which kind, and its parameters.
        maps: whether the features are maps [N, C, H, W] rather than vectors [N, D].
        classes: how many there are if it is conditional; otherwise of no importance.

    Returns:
        A module for x, or for x and labels if ``norm.conditional``.
    """
    plain = _plain(features, norm, maps, affine=not norm.conditional)
    return ConditionalNorm(plain, features, classes) if norm.conditional else plain


def _plain(features: int, norm: Norm, maps: bool, affine: bool) -> nn.Module:
    if norm.has_reference:
        return VirtualBatchNorm(features, norm.eps, alone=norm.kind == "reference-batch", affine=affine)
    if norm.kind == "instance":
        if maps:
            return nn.InstanceNorm2d(features, eps=norm.eps, affine=affine)
        return nn.LayerNorm(features, eps=norm.eps, elementwise_affine=affine)
    kind = BatchNorm2d if maps else BatchNorm1d
    return kind(features, eps=norm.eps, momentum=norm.momentum, affine=affine)


def _together(reference: Moments, x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance of the reference batch and each example, which counts as one of n + 1."""
    if x.ndim > 2:
        own_variance, own_mean = torch.var_mean(x, list(range(2, x.ndim)), correction=0, keepdim=True)
    else:
        own_variance, own_mean = torch.zeros_like(x), x
    share = 1.0 / (reference.examples + 1.0)
    # The same as mean squares minus the squared mean, without the difference of two large numbers.
    distance = own_mean - reference.mean
    mean = reference.mean + share * distance
    variance = reference.variance + share * (own_variance - reference.variance) + share * (1.0 - share) * distance**2
    return mean, variance


def _rows(table: Tensor, labels: Tensor | None, count: int) -> Tensor:
    """The rows of a table [K, C] for labels [N], the mean row where a label is unknown."""
    if labels is None:
        return table.mean(0).expand(count, -1)
    return torch.where((labels < 0)[:, None], table.mean(0), F.embedding(labels.clamp(min=0), table))


def _beside(values: Tensor, x: Tensor) -> Tensor:
    """Values [C] or [N, C] shaped so that they multiply x [N, C, ...]."""
    return values.reshape(-1, values.shape[-1], *(1,) * (x.ndim - 2))
