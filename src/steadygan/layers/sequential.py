"""A sequence of modules, some of which are given class labels."""

from torch import Tensor, nn


class ConditionalSequential(nn.Sequential):
    """An :class:`torch.nn.Sequential` that passes labels on to those of its modules that take them.

    A module takes labels if its attribute ``takes_labels`` is true, such as
    :class:`steadygan.layers.ConditionalBatchNorm`; it is called as ``module(x, labels)``.

    Args:
        modules: in order.
    """

    def __init__(self, *modules: nn.Module) -> None:
        super().__init__(*modules)

    @property
    def takes_labels(self) -> bool:
        """Whether any of the modules takes labels."""
        return any(_takes_labels(module) for module in self)

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Run the modules one after the other; ``labels`` is int64 [N], or None."""
        for module in self:
            x = module(x, labels) if _takes_labels(module) else module(x)
        return x


def _takes_labels(module: nn.Module) -> bool:
    return bool(getattr(module, "takes_labels", False))
