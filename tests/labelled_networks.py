"""Networks that are told classes, and numbered data: what becomes of labels can be read off both."""

import numpy as np
import torch
from torch import Tensor, nn

from steadygan.data import Prepared
from steadygan.feeding.scaling import Scaling
from tests import tiny

UNIT = Scaling(image_range=(-1.0, 1.0))
CPU = torch.device("cpu")


class Told(nn.Module):
    """Adds a number of the class to what a network answers."""

    def __init__(self, network: nn.Module, classes: int = 3) -> None:
        super().__init__()
        self.network = network
        self.shift = nn.Embedding(classes, 1)
        self.heard: list[Tensor] = []

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        """The answer, moved by the class."""
        self.heard.append(labels.clone())
        answer: Tensor = self.network(x)
        shift: Tensor = self.shift(labels).view(-1, *[1] * (answer.ndim - 1))
        return answer + shift


class Painter(nn.Module):
    """Paints images of one grey each, which is its class: 0 for the first, 100 for the second, 200 for the third."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Tensor] = []

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        """Images of 8x8 in [-1, 1]."""
        self.heard.append(labels.clone())
        return (labels * 100 / 127.5 - 1).view(-1, 1, 1, 1).expand(-1, 1, 8, 8).clone()


def numbered(sizes: tuple[int, ...]) -> Prepared:
    """Images each of which is one grey, its number; so many of each class, the classes mixed.

    Args:
        sizes: of each class, 255 in all at most.
    """
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(len(sizes)), sizes))
    greys = np.arange(len(labels), dtype=np.uint8)
    made = np.broadcast_to(greys[:, None, None, None], (len(labels), 8, 8, 1)).copy()
    return Prepared(made, labels, tiny.CLASSES[: len(sizes)], (), "numbered", "0", 0.0, False)


def numbers(images: Tensor) -> list[int]:
    """Which of the numbered images these are."""
    return [int(grey) for grey in ((images[:, 0, 0, 0] + 1) * 127.5).round()]
