"""How a network lets a fixed reference batch go through it before each batch.

Virtual and reference batch normalisation take their statistics from the activations of a reference batch in the same
network with the same weights. A network that has such layers holds the batch and runs itself through
:func:`with_reference`, in one line:

    self.reference = reference_batch(blueprint.generator_norm, (latent,), labelled)  # None for other norms

    def forward(self, z, labels=None):
        return with_reference(self, self.reference, self._images, z, labels)  # self._images(z, labels) does the work

Whoever begins a run fills the batch: ``network.reference.hold(inputs, labels)``. Until then it is normal noise.
"""

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor, nn

from steadygan.blueprint import Norm
from steadygan.distributed import replicated
from steadygan.layers.norms import VirtualBatchNorm

Result = TypeVar("Result")


class ReferenceBatch(nn.Module):
    """A fixed batch of a network's inputs; it is part of the network's state and never trained.

    Args:
        count: examples.
        shape: of one example: (D,) for latents, (C, H, W) for images.
        labelled: whether each example has a label.

    Source: Salimans et al. 2016, section 3.5 ("chosen once and fixed at the start of training").
    """

    inputs: Tensor
    labels: Tensor | None

    def __init__(self, count: int, shape: tuple[int, ...], labelled: bool) -> None:
        super().__init__()
        # A source of its own, so that a network with a reference batch starts from the same weights as one without.
        noise = torch.randn(count, *shape, generator=torch.Generator().manual_seed(0))
        self.register_buffer("inputs", noise)
        self.register_buffer("labels", torch.full((count,), -1) if labelled else None)

    def hold(self, inputs: Tensor, labels: Tensor | None = None) -> None:
        """Fill it.

        Args:
            inputs: float [count, ...] of the shape given before.
            labels: int64 [count]; None for unknown, and of no importance where examples have no labels.

        Raises:
            ValueError: when the shapes are others.
        """
        if inputs.shape != self.inputs.shape:
            raise ValueError(f"A reference batch of {list(self.inputs.shape)} cannot hold {list(inputs.shape)}")
        with torch.no_grad():
            self.inputs.copy_(inputs)
            if self.labels is not None and labels is not None:
                self.labels.copy_(labels)
            elif self.labels is not None:
                self.labels.fill_(-1)


def reference_batch(norm: Norm | None, shape: tuple[int, ...], labelled: bool) -> ReferenceBatch | None:
    """The reference batch that a network with this normalisation needs; None if it needs none.

    Args:
        norm: of its hidden layers.
        shape: of one input.
        labelled: whether it takes labels.
    """
    return ReferenceBatch(norm.reference, shape, labelled) if norm is not None and norm.has_reference else None


def with_reference(
    network: nn.Module,
    reference: ReferenceBatch | None,
    run: Callable[[Tensor, Tensor | None], Result],
    x: Tensor,
    labels: Tensor | None = None,
) -> Result:
    """Run a network on inputs, after its reference batch if it has one.

    Args:
        network: whose :class:`VirtualBatchNorm` layers take their statistics from the reference batch.
        reference: what to run first; None for nothing.
        run: does the network's work on inputs and labels, at least as far as its last such layer.
        x: float [N, ...].
        labels: int64 [N], or None.

    Returns:
        What ``run(x, labels)`` returns. Nothing is held afterwards.
    """
    if reference is None:
        return run(x, labels)
    norms = [module for module in network.modules() if isinstance(module, VirtualBatchNorm)]
    try:
        _collect(norms, True)
        with replicated():  # all processes have all of it
            run(reference.inputs.to(x.dtype), reference.labels)
        _collect(norms, False)
        return run(x, labels)
    finally:
        _collect(norms, False)
        for norm in norms:
            norm.held = None


def _collect(norms: list[VirtualBatchNorm], collecting: bool) -> None:
    for norm in norms:
        norm.collecting = collecting
