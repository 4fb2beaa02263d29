"""How labels enter a network: as a vector beside z, or as a channel beside the image."""

import torch
from torch import Tensor, nn


class LabelVector(nn.Module):
    """Labels [N] to vectors [N, dimension] that are learnt; 0 where a label is unknown.

    Args:
        classes: how many there are.
        dimension: of a vector.

    Source: Mirza and Osindero 2014, section 3.2; ganhacks, item 16.
    """

    def __init__(self, classes: int, dimension: int) -> None:
        super().__init__()
        self.table = nn.Embedding(classes, dimension)

    def forward(self, labels: Tensor) -> Tensor:
        """Vectors of labels, int64 [N], -1 where unknown."""
        vectors: Tensor = self.table(labels.clamp(min=0))
        return torch.where((labels < 0)[:, None], torch.zeros_like(vectors), vectors)


class LabelChannel(nn.Module):
    """Labels [N] to a channel [N, 1, size, size]: a vector, then a dense layer; 0 where a label is unknown.

    Args:
        classes: how many there are.
        dimension: of the vector.
        size: height and width of the channel.

    Source: ganhacks, item 16.
    """

    def __init__(self, classes: int, dimension: int, size: int) -> None:
        super().__init__()
        self.size = size
        self.table = nn.Embedding(classes, dimension)
        self.dense = nn.Linear(dimension, size**2)

    def forward(self, labels: Tensor) -> Tensor:
        """Channels of labels, int64 [N], -1 where unknown."""
        channels: Tensor = self.dense(self.table(labels.clamp(min=0))).view(-1, 1, self.size, self.size)
        return torch.where((labels < 0)[:, None, None, None], torch.zeros_like(channels), channels)
