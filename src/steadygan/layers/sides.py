"""Several batches that go through a network in one pass, one after the other, as if each went alone.

One pass over real and fake images costs less than two: weights are brought into the order of the processor once, and
their derivative is one product instead of a sum of two. Layers that treat every example by itself never notice; batch
normalisation, inside of :func:`side_by_side`, takes the batches apart, and :func:`separable` finds what cannot.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import ParametrizationList

from steadygan.layers.minibatch import MinibatchDiscrimination, MinibatchStddev


class _Sided(nn.modules.batchnorm._BatchNorm):
    """PyTorch's, of each side by itself.

    Attributes:
        sides: batches of one size that come in together, one after the other.
    """

    sides: int = 1

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002  # as the base class calls it
        """Normalise [sides · N, C, ...]."""
        return on_each_side(super().forward, input, self.sides)


class BatchNorm1d(_Sided, nn.BatchNorm1d):
    """Of vectors [sides · N, D]."""


class BatchNorm2d(_Sided, nn.BatchNorm2d):
    """Of maps [sides · N, C, H, W]."""


@contextmanager
def side_by_side(network: nn.Module, sides: int) -> Iterator[None]:
    """Where a network is given so many batches of one size, one after the other.

    Args:
        network: of this package.
        sides: how many.
    """
    # An attribute of the layers rather than a context variable, which cannot be compiled.
    norms = [module for module in network.modules() if isinstance(module, _Sided)]
    for norm in norms:
        norm.sides = sides
    try:
        yield
    finally:
        for norm in norms:
            norm.sides = 1


def on_each_side(compute: Callable[[Tensor], Tensor], x: Tensor, sides: int) -> Tensor:
    """What a layer that mixes the examples of a batch computes for each batch by itself.

    Args:
        compute: from [N, ...] to [N, ...].
        x: [sides · N, ...].
        sides: how many batches.

    Returns:
        [sides · N, ...].
    """
    return compute(x) if sides == 1 else torch.cat([compute(side) for side in x.chunk(sides)])


def separable(network: nn.Module) -> bool:
    """Whether a network of this package gives each of several batches in one pass what it would give it alone.

    Args:
        network: of whose modules none mixes a batch but normalisation that takes sides apart, or counts its uses.
    """
    mixing = (MinibatchDiscrimination, MinibatchStddev)
    return not any(
        isinstance(module, mixing)
        # Spectral normalisation goes on with its power iteration in each pass.
        or (isinstance(module, ParametrizationList) and any(True for _ in module.buffers()))
        for module in network.modules()
    )
