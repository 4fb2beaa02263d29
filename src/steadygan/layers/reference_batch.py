"""How a network runs a fixed reference batch before each batch.

Virtual and reference batch normalisation take their statistics from the activations of a reference batch in the same
network with the same weights. :class:`WithReferenceBatch` does that for any network. A network can also hold the batch
itself and run through :func:`with_reference`:

    self.reference = ReferenceBatch(64, (latent,), labelled=False)

    def forward(self, z, labels=None):
        return with_reference(self, self.reference, self._images, z, labels)  # self._images(z, labels) does the work

The training session then fills the batch by ``network.reference.hold(inputs, labels)``; until then it is normal noise.
"""

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor, nn

from steadygan.distributed import replicated
from steadygan.layers.norms import VirtualBatchNorm

Result = TypeVar("Result")


class ReferenceBatch(nn.Module):
    """A fixed batch of a network's inputs, which is part of the network's state and never trained.

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
        """Fill the batch.

        Args:
            inputs: float [count, ...] of the shape given before.
            labels: int64 [count]; None for unknown, and ignored where examples have no labels.

        Raises:
            ValueError: when the shape is another.
        """
        if inputs.shape != self.inputs.shape:
            raise ValueError(f"A reference batch of {list(self.inputs.shape)} cannot hold {list(inputs.shape)}")
        with torch.no_grad():
            self.inputs.copy_(inputs)
            if self.labels is not None and labels is not None:
                self.labels.copy_(labels)
            elif self.labels is not None:
                self.labels.fill_(-1)


class WithReferenceBatch(nn.Module):
    """Run a network after a fixed reference batch, from which its :class:`VirtualBatchNorm` layers take statistics.

    Args:
        network: anyone's; it takes x, and labels too if its attribute ``takes_labels`` is true.
        inputs: float [M, ...], the reference batch: real images for a discriminator, latents for a generator.
        labels: int64 [M], for a network that takes labels; None otherwise.

    Shapes: those of the network.

    Source: Salimans et al. 2016, section 3.5.
    """

    def __init__(self, network: nn.Module, inputs: Tensor, labels: Tensor | None = None) -> None:
        super().__init__()
        self.network = network
        self.reference = ReferenceBatch(len(inputs), tuple(inputs.shape[1:]), labels is not None)
        self.reference.to(inputs.device, inputs.dtype).hold(inputs, labels)

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Run the network on x; ``labels`` is int64 [N] for a network that takes labels."""
        return with_reference(self.network, self.reference, self._run, x, labels)

    def _run(self, x: Tensor, labels: Tensor | None) -> Tensor:
        made: Tensor = self.network(x, labels) if getattr(self.network, "takes_labels", False) else self.network(x)
        return made


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
        What ``run(x, labels)`` returns. The layers forget the statistics afterwards.
    """
    if reference is None:
        return run(x, labels)
    norms = [module for module in network.modules() if isinstance(module, VirtualBatchNorm)]
    try:
        _collect(norms, True)
        with replicated():  # every process has the whole reference batch
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
