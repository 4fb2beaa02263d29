"""Which data and labels a run uses, and random labels with the frequencies of the classes."""

from dataclasses import dataclass

import torch
from torch import Tensor

from steadygan.arrays import Indices
from steadygan.data.labels import keep_label_count, keep_label_share


@dataclass(frozen=True)
class DataView:
    """The part of the data, and of their labels, that a run uses.

    Attributes:
        classes: classes that the run uses; 0 where it asks for no labels.
        label_share: share of the labels that training knows.
        labels_per_class: how many labels of each class training knows, instead of a share.
        held_out_share: share of the images that no move is trained on.
        balanced: whether every class is seen equally often, and unlabelled images are never seen.
    """

    classes: int = 0
    label_share: float = 1.0
    labels_per_class: int | None = None
    held_out_share: float = 0.0
    balanced: bool = False

    @property
    def knows_every_label(self) -> bool:
        """Whether training knows every label that the data have."""
        return self.label_share == 1 and self.labels_per_class is None


def known_labels(labels: Indices, view: DataView, seed: int) -> Indices:
    """The labels of the training images as training knows them.

    Args:
        labels: int64 [N], -1 where an image has none.
        view: how many of them training knows.
        seed: of the choice.

    Returns:
        int64 [N], -1 where training knows no label.
    """
    if view.labels_per_class is not None:
        return keep_label_count(labels, view.labels_per_class, view.classes, seed)
    return keep_label_share(labels, view.label_share, view.classes, seed)


def random_labels(count: int, shares: tuple[float, ...], generator: torch.Generator | None = None) -> Tensor:
    """Draw labels with the given frequencies.

    Args:
        count: how many.
        shares: the frequency of each class; they sum to 1.
        generator: source of randomness; the global one when None.

    Returns:
        int64 [count] on the CPU.
    """
    return torch.multinomial(torch.tensor(shares), count, replacement=True, generator=generator)
