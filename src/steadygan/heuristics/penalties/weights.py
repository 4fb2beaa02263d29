"""Penalties on weights."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from steadygan.heuristics.base import Player
from steadygan.heuristics.card import Card, Finding, Source
from steadygan.heuristics.roles import Penalty
from steadygan.heuristics.turn import Memory, Table, Turn

_TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
_FORWARD = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)


def weight_matrix(layer: nn.Module) -> Tensor | None:
    """The weight of a dense or convolutional layer with one row for each output.

    Args:
        layer: any layer; of a parametrised one the weight that it computes with.

    Returns:
        float [outputs, rest]; None for other layers.
    """
    if isinstance(layer, _FORWARD):
        return layer.weight.flatten(1)
    if isinstance(layer, _TRANSPOSED):
        # [inputs, outputs of a group, ...]: the rows of a group are the outputs that belong to its inputs.
        weight: Tensor = layer.weight
        groups = weight.reshape(layer.groups, -1, *weight.shape[1:])
        return groups.transpose(1, 2).flatten(0, 1).flatten(1)
    return None


def row_overlap(matrix: Tensor) -> Tensor:
    """‖W Wᵀ ⊙ (1 - I)‖²: the sum of the squared inner products of every two different rows.

    Args:
        matrix: float [rows, columns].

    Returns:
        A scalar, float32 (float64 for float64).
    """
    wide = matrix.to(torch.promote_types(matrix.dtype, torch.float32))
    if len(wide) > wide.shape[1]:
        # W Wᵀ and Wᵀ W have the same norm: the smaller one is enough, and the diagonal is known.
        return (wide.mT @ wide).square().sum() - wide.square().sum(1).square().sum()
    products = wide @ wide.mT
    return (products - products.diagonal().diag()).square().sum()


def orthogonal_penalty(network: nn.Module, weight: float = 1e-4) -> Tensor:
    """β Σ ‖W Wᵀ ⊙ (1 - I)‖² over the dense and convolutional layers, whose rows W has for outputs.

    Args:
        network: at least one such layer.
        weight: β, at least 0.

    Returns:
        A scalar, float32 (float64 for float64).

    Source: Brock et al. 2018, equation 3.
    """
    matrices = [matrix for layer in network.modules() if (matrix := weight_matrix(layer)) is not None]
    return weight * torch.stack([row_overlap(matrix) for matrix in matrices]).sum()


def historical_penalty(weights: Iterable[Tensor], means: Iterable[Tensor], weight: float = 1.0) -> Tensor:
    """λ ‖θ - θ̄‖².

    Args:
        weights: θ, floats of any shapes; at least one.
        means: θ̄, of the same shapes.
        weight: λ, at least 0.

    Returns:
        A scalar, float32 (float64 for float64).

    Source: Salimans et al. 2016, section 3.3.
    """
    distances = []
    for now, mean in zip(weights, means, strict=True):
        wide = torch.promote_types(now.dtype, torch.float32)
        distances.append((now.to(wide) - mean).square().sum())
    return weight * torch.stack(distances).sum()


@torch.no_grad()
def running_mean_update(means: Sequence[Tensor], weights: Sequence[Tensor], count: int) -> None:
    """Take one more value into plain means, in place.

    Args:
        means: means of the values before, floats of any shapes.
        weights: the new values, of the same shapes.
        count: how many values there are now, the new one included.

    Source: Salimans et al. 2016, section 3.3, which says that the mean can be kept online.
    """
    for mean, now in zip(means, weights, strict=True):
        mean.lerp_(now.to(mean.dtype), 1 / count)


class _OfPlayers(Penalty):
    """A penalty on the weights of one player or of both, each in its own loss."""

    in_generator: bool
    in_discriminator: bool

    @model_validator(mode="after")
    def _someone(self) -> Self:
        if not self.players:
            raise ValueError("in_generator and in_discriminator are both off: switch one on, or leave this out")
        return self

    @property
    def players(self) -> frozenset[Player]:
        """Those whose weights are penalised."""
        wanted = {Player.GENERATOR: self.in_generator, Player.DISCRIMINATOR: self.in_discriminator}
        return frozenset(player for player, is_wanted in wanted.items() if is_wanted)


class Orthogonal(_OfPlayers):
    """Filters that do not overlap."""

    name: ClassVar[str] = "orthogonal"
    card: ClassVar[Card] = Card(
        summary="The filters of a layer are kept orthogonal to each other, while their lengths stay free.",
        formula="β Σ ‖W Wᵀ ⊙ (1 - I)‖², W with a row for each output of a layer",
        sources=(Source(citation="brock2018biggan", where="equation 3"),),
        cost="one product of each weight with itself a move, independent of the batch",
        example=(
            "from steadygan.heuristics.penalties import orthogonal_penalty\n"
            "loss = loss + orthogonal_penalty(generator, weight=1e-4)"
        ),
        note=(
            "Made so that latents can be truncated: the generator then stays smooth over them. Of parametrised "
            "layers (spectral norm) the weight is taken that they compute with; the public PyTorch code of BigGAN "
            "takes the one before, and its gradient is half of this formula's. Embeddings and norms are left out, "
            "and a layer with one output has no overlap."
        ),
    )
    weight: float = Field(1e-4, ge=0)
    in_generator: bool = True
    in_discriminator: bool = False
    every: int = Field(1, ge=1, description="only every so many moves of a player, with that many times the weight")

    def __call__(self, turn: Turn) -> Tensor:
        """See :func:`orthogonal_penalty`."""
        penalty = orthogonal_penalty(turn.table.network(turn.player), self.weight)
        turn.note(f"{self.name}/{turn.player.value}", penalty.detach())
        return penalty


class HistoricalAveraging(_OfPlayers):
    """Weights stay near the mean of their past."""

    name: ClassVar[str] = "historical-averaging"
    card: ClassVar[Card] = Card(
        summary="Each player pays for being far from the mean of its own past weights, which damps their circling.",
        formula="λ ‖θ - (1/t) Σ θ_i‖²",
        sources=(Source(citation="salimans2016improved", where="section 3.3"),),
        treats=(Finding.OSCILLATION,),
        cost="one more copy of each player's weights and a pass over them a move",
        example=(
            "from steadygan.heuristics.penalties import historical_penalty, running_mean_update\n"
            "weights = list(generator.parameters())\n"
            "means = [weight.detach().clone() for weight in weights]\n"
            "loss = loss + historical_penalty(weights, means, weight=0.01)\n"
            "running_mean_update(means, weights, count=2)"
        ),
        note=(
            "θ_i are the weights after each move of the player, all of them counted alike, and θ the ones that are "
            "trained, not those that a parametrisation makes of them. The first move has no past and no penalty. The "
            "paper prints no weight, and its public code does not contain this penalty: 0.01 is this project's "
            "choice, 1 is the formula as printed."
        ),
    )
    weight: float = Field(0.01, ge=0)
    in_generator: bool = True
    in_discriminator: bool = True
    every: int = Field(1, ge=1, description="only every so many moves of a player, with that many times the weight")

    def begin(self, table: Table) -> None:
        """No player has a past."""
        for player in self.players:
            table.memory(self.name)[player.value] = {"count": 0, "means": []}

    def __call__(self, turn: Turn) -> Tensor:
        """See :func:`historical_penalty`; 0 while there is no past."""
        weights, past = list(turn.table.network(turn.player).parameters()), self._past(turn)
        means = past["means"] if past["count"] else [weight.detach() for weight in weights]
        penalty = historical_penalty(weights, means, self.weight)
        turn.note(f"{self.name}/{turn.player.value}", penalty.detach())
        return penalty

    def after_move(self, turn: Turn) -> None:
        """The new weights belong to the past of the next move."""
        if turn.player not in self.players:
            return
        weights, past = list(turn.table.network(turn.player).parameters()), self._past(turn)
        if not past["count"]:
            past["means"] = [torch.zeros_like(weight, requires_grad=False) for weight in weights]
        past["count"] += 1
        running_mean_update(past["means"], weights, past["count"])

    def _past(self, turn: Turn) -> Memory:
        past: Memory = turn.table.memory(self.name)[turn.player.value]
        return past
