"""Orthogonal regularisation."""

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from steadygan.errors import SteadyganError
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.penalties.weight_penalty import WeightPenalty
from steadygan.heuristics.turn import Turn

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

    Raises:
        SteadyganError: when there is no such layer.

    Source: Brock et al. 2018, equation 3.
    """
    matrices = [matrix for layer in network.modules() if (matrix := weight_matrix(layer)) is not None]
    if not matrices:
        raise SteadyganError(
            "'orthogonal' finds no dense or convolutional layer of PyTorch in this network; leave it out, or set "
            "orthogonal.in_generator or orthogonal.in_discriminator to false"
        )
    return weight * torch.stack([row_overlap(matrix) for matrix in matrices]).sum()


class Orthogonal(WeightPenalty):
    """Keeps the filters of each layer orthogonal to each other."""

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
        penalty = orthogonal_penalty(turn.state.network(turn.player), self.weight)
        turn.log(f"{self.name}/{turn.player.value}", penalty.detach())
        return penalty
