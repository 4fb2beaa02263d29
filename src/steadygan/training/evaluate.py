"""Asking networks, with their own parameters or with others, whether they take labels or not."""

from collections.abc import Mapping

from torch import Tensor, nn
from torch.func import functional_call

from steadygan.heuristics.turn import Answer


class _Answers(nn.Module):
    """Makes a discriminator's whole answer a forward pass, which is what can be called with other parameters."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor, labels: Tensor | None) -> Answer:
        """See :func:`answer_of`."""
        return answer_of(self.network, images, labels)


def answer_of(
    network: nn.Module, images: Tensor, labels: Tensor | None, parameters: Mapping[str, Tensor] | None = None
) -> Answer:
    """A discriminator's answer.

    Args:
        network: one of the package's, or anyone's that gives logits.
        images: float32 [N, ...].
        labels: int64 [N]; None for a network that takes none.
        parameters: what it has instead of its own parameters and buffers, by their names; those not named stay.

    Returns:
        Logits, features, class logits. A network that gives only logits has them as its features.
    """
    if parameters is not None:
        named = {f"network.{name}": tensor for name, tensor in parameters.items()}
        answer: Answer = functional_call(_Answers(network), named, (images, labels))
        return answer
    ask = getattr(network, "answer", None)
    if ask is not None:
        told: Answer = ask(images) if labels is None else ask(images, labels)
        return told
    logits: Tensor = network(images) if labels is None else network(images, labels)
    return Answer(logits, logits.flatten(1) if logits.ndim > 1 else logits.unsqueeze(1))


def made_by(
    network: nn.Module, latents: Tensor, labels: Tensor | None, parameters: Mapping[str, Tensor] | None = None
) -> Tensor:
    """Images of a generator.

    Args:
        network: the generator.
        latents: float32 [N, D].
        labels: int64 [N]; None for a network that takes none.
        parameters: what it has instead of its own parameters and buffers, by their names.

    Returns:
        What it makes, [N, ...].
    """
    given = (latents,) if labels is None else (latents, labels)
    images: Tensor = network(*given) if parameters is None else functional_call(network, dict(parameters), given)
    return images
