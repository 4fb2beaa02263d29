"""Networks of any framework, as far as the doctor reads them: their weights, and their gradients if they keep any."""

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from steadygan.doctor.given import as_tensor
from steadygan.errors import SteadyganError


def as_network(given: Any, what: str) -> nn.Module:
    """A network whose parameters can be read.

    Args:
        given: a module of PyTorch, which is taken as it is; a model of Keras; or the weights themselves, in mappings
            and lists as JAX' libraries have them.
        what: what it is, for the message.

    Returns:
        The module, or one that holds copies of the weights in PyTorch's order of axes, [out, in, ...].

    Raises:
        SteadyganError: when it is none of these.
    """
    if isinstance(given, nn.Module):
        return given
    held = {variable.path: variable for variable in given.weights} if hasattr(given, "weights") else given
    if not isinstance(held, Mapping | list | tuple):
        raise SteadyganError(
            f"{what} is a {type(given).__name__}, which has no weights to read; give a module of PyTorch, a model of "
            "Keras, or a mapping of arrays, or leave it out"
        )
    network = nn.Module()
    for place, (name, values) in enumerate(_leaves(held, what)):
        weight = as_tensor(values, name).float()
        # Keras and JAX put what comes out last
        weight = weight.movedim(-1, 0).contiguous() if weight.ndim > 1 else weight
        network.register_parameter(f"weight_{place}", nn.Parameter(weight.clone(), requires_grad=False))
    return network


def _leaves(given: Any, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(given, Mapping):
        for key, each in given.items():
            yield from _leaves(each, f"{name}.{key}")
    elif isinstance(given, list | tuple):
        for place, each in enumerate(given):
            yield from _leaves(each, f"{name}.{place}")
    elif given is not None:
        yield name, given


@torch.no_grad()
def gradient_norm(network: nn.Module) -> float | None:
    """The length of all gradients together that a network holds; None if it holds none."""
    gradients = [each.grad for each in network.parameters() if each.grad is not None and not each.grad.is_sparse]
    return float(nn.utils.get_total_norm(gradients)) if gradients else None


@torch.no_grad()
def is_finite(network: nn.Module) -> bool:
    """Whether all weights are finite."""
    norms: list[Tensor] = [each.detach().float().norm() for each in network.parameters()]
    return all(bool(each.isfinite()) for each in norms)
