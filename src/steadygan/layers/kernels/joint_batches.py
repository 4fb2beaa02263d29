"""Several batches that go through a network in one pass, with the results that each would have by itself.

One pass over real and fake images costs less than two: weights are brought into the order of the processor once, and
their gradient is one product instead of a sum of two. Layers that treat every example by itself need no change; batch
normalisation, inside of :func:`joint_batches`, normalises each batch by its own statistics, and
:func:`supports_joint_batches` tells whether a network has layers that can do neither.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import ParametrizationList


class _JointBatchNorm(nn.modules.batchnorm._BatchNorm):
    """PyTorch's batch normalisation, applied to each of the joint batches by itself.

    Attributes:
        batches: how many batches of one size come in together, concatenated.
    """

    batches: int = 1

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002  # as the base class calls it
        """Normalise [batches · N, C, ...]."""
        return per_batch(super().forward, input, self.batches)


class BatchNorm1d(_JointBatchNorm, nn.BatchNorm1d):
    """A :class:`torch.nn.BatchNorm1d` that can take several batches together: [batches · N, D]."""


class BatchNorm2d(_JointBatchNorm, nn.BatchNorm2d):
    """A :class:`torch.nn.BatchNorm2d` that can take several batches together: [batches · N, C, H, W]."""


@contextmanager
def joint_batches(network: nn.Module, batches: int) -> Iterator[None]:
    """Let a network take so many concatenated batches of one size, each with batch statistics of its own.

    Args:
        network: of this package.
        batches: how many.
    """
    # An attribute of the layers rather than a context variable, which cannot be compiled.
    norms = [module for module in network.modules() if isinstance(module, _JointBatchNorm)]
    for norm in norms:
        norm.batches = batches
    try:
        yield
    finally:
        for norm in norms:
            norm.batches = 1


def per_batch(compute: Callable[[Tensor], Tensor], x: Tensor, batches: int) -> Tensor:
    """Apply a function that mixes the examples of a batch to each of several concatenated batches.

    Args:
        compute: from [N, ...] to [N, ...].
        x: [batches · N, ...].
        batches: how many batches x holds.

    Returns:
        [batches · N, ...].
    """
    return compute(x) if batches == 1 else torch.cat([compute(batch) for batch in x.chunk(batches)])


def supports_joint_batches(network: nn.Module) -> bool:
    """Tell whether a network of this package gives joint batches what it gives each of them alone.

    Args:
        network: the only layers in it that mix the examples of a batch are this module's batch normalisation and those
            that have an attribute ``mixes_examples``.

    Returns:
        False if a layer mixes the examples of joint batches, or counts how often it is used, as spectral normalisation
        does by going on with its power iteration in every pass.
    """
    return not any(
        getattr(module, "mixes_examples", False)
        or (isinstance(module, ParametrizationList) and any(True for _ in module.buffers()))
        for module in network.modules()
    )
