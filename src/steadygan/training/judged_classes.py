"""Which classes samples of a run come from, as features that know the classes of the data see them."""

from typing import cast

import torch
from torch import Tensor

from steadygan.evaluation.material import Material
from steadygan.metrics import Needs
from steadygan.metrics.classes import class_divergence, modes

CLASSES = Needs(kinds=frozenset({"images"}), of="classes")


class RealClasses:
    """What classes of samples are compared with.

    Args:
        training: probabilities of the training images, any floats [N, K].
        held_out: the same of images that are held out, which set the floor: as many as there are samples, or fewer.

    Attributes:
        floors: the figures of the held-out images.
    """

    def __init__(self, training: Tensor, held_out: Tensor) -> None:
        self._shares = _rows(training).mean(0, keepdim=True)
        self.floors = self.figures(held_out)

    def figures(self, probabilities: Tensor) -> dict[str, float]:
        """How many classes come, how unevenly, and how far from the frequencies in the training images.

        Args:
            probabilities: any floats [M, K].

        Returns:
            ``modes``, ``reverse_kl`` and ``class_divergence``, as :mod:`steadygan.metrics.classes` defines them.
        """
        rows = _rows(probabilities)
        found = modes(rows.argmax(1), rows.shape[1])
        divergence = class_divergence(self._shares, rows)
        return {"modes": found.found, "reverse_kl": found.reverse_kl, "class_divergence": divergence}


def real_classes(training: Material, held_out: Material, samples: int) -> RealClasses | None:
    """What classes of samples are compared with; None where the features do not know the classes of the data.

    Args:
        training: the training images.
        held_out: images that are held out.
        samples: how many samples are judged: the number of classes that come depends on it.
    """
    if not (training.fits(CLASSES) and held_out.fits(CLASSES)):
        return None
    parts = (training, held_out.part(0, samples))
    return RealClasses(*(cast(Tensor, part.given(CLASSES)) for part in parts))


def _rows(probabilities: Tensor) -> Tensor:
    """In float64, each row summing to 1."""
    rows = probabilities.to(torch.float64)
    return rows / rows.sum(1, keepdim=True)
