"""Normalisation of hidden layers with the help of a reference batch, or with a scale and a shift for each class."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn


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
    """Normalise each example by a fixed reference batch and itself, so that no example depends on its neighbours.

    With the means m and mean squares s of n reference examples and those of the example itself, the statistics are
    n / (n + 1) and 1 / (n + 1) parts of each. The reference examples are normalised by their own statistics, and
    gradients flow through these. The network must be wrapped in :class:`steadygan.layers.WithReferenceBatch`, which
    runs the reference batch through it first::

        network = WithReferenceBatch(nn.Sequential(nn.Linear(64, 128), VirtualBatchNorm(128), nn.ReLU()), latents)

    Args:
        features: channels, or features of a vector.
        eps: added to the variance, at least 0.
        affine: whether it has a scale and a shift.

    Shapes: float [N, C] or [N, C, ...], and the same comes out.

    Source: Salimans et al. 2016, section 3.5.
    """

    def __init__(self, features: int, eps: float = 1e-5, affine: bool = True) -> None:
        super().__init__()
        self.eps = eps
        self.collecting = False
        self.held: Moments | None = None
        self.weight = nn.Parameter(torch.ones(features)) if affine else None
        self.bias = nn.Parameter(torch.zeros(features)) if affine else None

    def forward(self, x: Tensor) -> Tensor:
        """Normalise the reference batch while its statistics are collected, and other examples afterwards.

        Raises:
            RuntimeError: when no reference batch went through before.
        """
        # Sums over many pixels need more than the digits of half precision.
        wide = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
        if self.collecting:
            variance, mean = torch.var_mean(wide, [0, *range(2, x.ndim)], correction=0, keepdim=True)
            self.held = Moments(mean, variance, x.shape[0])
        elif self.held is None:
            raise RuntimeError(f"{type(self).__name__} has no reference batch; wrap the network in WithReferenceBatch")
        else:
            mean, variance = self._statistics(self.held, wide)
        normal = (wide - mean) * torch.rsqrt(variance + self.eps)
        if self.weight is not None and self.bias is not None:
            normal = normal * _broadcastable(self.weight, x) + _broadcastable(self.bias, x)
        return normal.to(x.dtype)

    def _statistics(self, reference: Moments, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance of the reference batch and each example, which counts as one of n + 1."""
        if x.ndim > 2:
            own_variance, own_mean = torch.var_mean(x, list(range(2, x.ndim)), correction=0, keepdim=True)
        else:
            own_variance, own_mean = torch.zeros_like(x), x
        share = 1.0 / (reference.examples + 1.0)
        # The same as mean squares minus the squared mean, without the difference of two large numbers.
        distance = own_mean - reference.mean
        mean = reference.mean + share * distance
        spread = share * (own_variance - reference.variance) + share * (1.0 - share) * distance**2
        return mean, reference.variance + spread


class ReferenceBatchNorm(VirtualBatchNorm):
    """Normalise each example by the statistics of a fixed reference batch alone.

    It is used like :class:`VirtualBatchNorm`, inside of :class:`steadygan.layers.WithReferenceBatch`.

    Args:
        features: channels, or features of a vector.
        eps: added to the variance, at least 0.
        affine: whether it has a scale and a shift.

    Shapes: float [N, C] or [N, C, ...], and the same comes out.

    Source: Goodfellow 2016, section 4.3.
    """

    def _statistics(self, reference: Moments, x: Tensor) -> tuple[Tensor, Tensor]:
        return reference.mean, reference.variance


class ConditionalNorm(nn.Module):
    """Give any normalisation a scale and a shift for each class.

    Args:
        norm: normalises [N, C, ...] and has no scale and shift of its own.
        features: channels, or features of a vector.
        classes: rows of the tables of scales (1 at first) and shifts (0 at first).

    Shapes: float [N, C] or [N, C, ...], and labels int64 [N]; the shape of x comes out.

    Source: Dumoulin et al. 2016, section 2.2, equation 5; Miyato and Koyama 2018 (in a GAN's generator).
    """

    takes_labels = True

    def __init__(self, norm: nn.Module, features: int, classes: int) -> None:
        super().__init__()
        self.norm = norm
        # Not nn.Embedding, whose weight spectral normalisation would rescale.
        self.scales = nn.Parameter(torch.ones(classes, features))
        self.shifts = nn.Parameter(torch.zeros(classes, features))

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Normalise; where the label is -1, or labels are None, the class is unknown: the mean over all classes."""
        scale, shift = (_rows(table, labels, x.shape[0]).to(x.dtype) for table in (self.scales, self.shifts))
        normal: Tensor = self.norm(x)
        return torch.addcmul(_broadcastable(shift, x), normal, _broadcastable(scale, x))


class ConditionalBatchNorm(ConditionalNorm):
    """Normalise over the batch, with a scale and a shift for each class.

    In an :class:`steadygan.layers.ConditionalSequential` it is given the labels; in an :class:`torch.nn.Sequential` it
    is not, and takes the mean over all classes.

    Args:
        features: channels, or features of a vector.
        classes: how many there are.
        eps: added to the variance.
        momentum: of the running statistics.

    Shapes: float [N, C] or [N, C, H, W], and labels int64 [N], -1 where unknown; the shape of x comes out.

    Source: Dumoulin et al. 2016, section 2.2, equation 5; Miyato and Koyama 2018.
    """

    def __init__(self, features: int, classes: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        super().__init__(_BatchNorm(features, eps, momentum, affine=False), features, classes)


class _BatchNorm(nn.modules.batchnorm._BatchNorm):
    """Batch normalisation of vectors and maps alike."""

    def _check_input_dim(self, input: Tensor) -> None:  # noqa: A002  # as the base class calls it
        if input.ndim < 2:
            raise ValueError(f"Batch normalisation takes [N, C] or [N, C, ...] and was given {list(input.shape)}")


def _rows(table: Tensor, labels: Tensor | None, count: int) -> Tensor:
    """The rows of a table [K, C] for labels [N], the mean row where a label is unknown."""
    if labels is None:
        return table.mean(0).expand(count, -1)
    return torch.where((labels < 0)[:, None], table.mean(0), F.embedding(labels.clamp(min=0), table))


def _broadcastable(values: Tensor, x: Tensor) -> Tensor:
    """Values [C] or [N, C] shaped so that they multiply x [N, C, ...]."""
    return values.reshape(-1, values.shape[-1], *(1,) * (x.ndim - 2))
