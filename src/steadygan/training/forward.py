"""Forward passes of both players, with their own parameters or with others, with labels or without.

A compiled network takes the place of the plain one here, wherever :func:`may_be_compiled` allows it.
"""

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn
from torch.func import functional_call

from steadygan.heuristics.turn import DiscriminatorOutput
from steadygan.training.compiled import NetworkCall, compiled


class _Discriminates(nn.Module):
    """Turns :func:`_discriminate` into the forward pass of a module, because only that can use other parameters."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor, labels: Tensor | None) -> DiscriminatorOutput:
        """See :func:`discriminator_forward`."""
        return _discriminate(self.network, images, labels)


def discriminator_forward(
    network: nn.Module, images: Tensor, labels: Tensor | None, parameters: Mapping[str, Tensor] | None = None
) -> DiscriminatorOutput:
    """A discriminator's output.

    Args:
        network: one of the package's discriminators, or any network that returns logits.
        images: float32 [N, ...].
        labels: int64 [N]; None for a network that takes none.
        parameters: replacements for its parameters and buffers, by their names; those that are not named stay.

    Returns:
        Logits, features, class logits. If a network returns only logits, they are also its features.
    """
    if parameters is not None:
        named = {f"network.{name}": tensor for name, tensor in parameters.items()}
        output: DiscriminatorOutput = functional_call(_Discriminates(network), named, (images, labels))
        return output
    called: DiscriminatorOutput = _call(_discriminate, network, images, labels)
    return called


def generator_forward(
    network: nn.Module, latents: Tensor, labels: Tensor | None, parameters: Mapping[str, Tensor] | None = None
) -> Tensor:
    """Images of a generator.

    Args:
        network: the generator.
        latents: float32 [N, D].
        labels: int64 [N]; None for a network that takes none.
        parameters: replacements for its parameters and buffers, by their names; those that are not named stay.

    Returns:
        Images, [N, ...].
    """
    if parameters is None:
        images: Tensor = _call(_generate, network, latents, labels)
        return images
    given = (latents,) if labels is None else (latents, labels)
    changed: Tensor = functional_call(network, dict(parameters), given)
    return changed


def may_be_compiled(network: nn.Module, inputs: Tensor) -> bool:
    """Whether a call may be compiled, because its derivatives will not be differentiated.

    Only derivatives with respect to inputs are differentiated again. A penalty that needs them makes the inputs leaves
    that require gradients; if both sides go through the network together, these leaves are concatenated, and the
    network is one that trains. All other inputs require gradients only because they come from a network that trains.

    Args:
        network: the network that is called with its own parameters.
        inputs: the inputs of the call.
    """
    if not inputs.requires_grad:
        return True
    return not inputs.is_leaf and not any(parameter.requires_grad for parameter in network.parameters())


def _call(forward: NetworkCall, network: nn.Module, inputs: Tensor, labels: Tensor | None) -> Any:
    compiled_call = compiled(network)
    if compiled_call is None or not may_be_compiled(network, inputs):
        return forward(network, inputs, labels)
    return compiled_call(forward, network, inputs, labels)


def _discriminate(network: nn.Module, images: Tensor, labels: Tensor | None) -> DiscriminatorOutput:
    discriminate = getattr(network, "discriminate", None)
    if discriminate is not None:
        output: DiscriminatorOutput = discriminate(images) if labels is None else discriminate(images, labels)
        return output
    logits: Tensor = network(images) if labels is None else network(images, labels)
    return DiscriminatorOutput(logits, logits.flatten(1) if logits.ndim > 1 else logits.unsqueeze(1))


def _generate(network: nn.Module, latents: Tensor, labels: Tensor | None) -> Tensor:
    images: Tensor = network(latents) if labels is None else network(latents, labels)
    return images
