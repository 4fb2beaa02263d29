"""Where a run's real images come from: training batches in order, and what heuristics ask for beside them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from steadygan.data import Prepared, order
from steadygan.data.labels import UNLABELLED, keep_label_count, keep_label_share, split_held_out
from steadygan.distributed import local_rows, replicated
from steadygan.training.ahead import Ahead
from steadygan.training.scaling import Scaling
from steadygan.training.sending import Items, sent

REFERENCE_SEED = 1606
MOST_HELD_OUT = 10_000

Places = np.ndarray[Any, np.dtype[np.int64]]


class Batch(NamedTuple):
    """Real images of one move.

    Attributes:
        images: as networks see them, float32 [N, ...].
        labels: int64 [N], -1 where unknown; None where no heuristic asks for labels.
    """

    images: Tensor
    labels: Tensor | None = None

    def __len__(self) -> int:
        """How many images, not how many attributes."""
        return len(self.images)


@dataclass(frozen=True)
class View:
    """How a run looks at its data.

    Attributes:
        classes: classes that the run uses; 0 where it asks for no labels.
        label_share: share of the labels that training knows.
        labels_per_class: how many labels of each class training knows, instead of a share.
        held_out_share: share of the images that no move is trained on.
        balanced: whether every class is seen equally often, and what is unlabelled never.
    """

    classes: int = 0
    label_share: float = 1.0
    labels_per_class: int | None = None
    held_out_share: float = 0.0
    balanced: bool = False


class Supply:
    """Real images for a run.

    Args:
        data: prepared images or vectors.
        scaling: how data become network inputs.
        device: where they go.
        seed: of the order, of which labels are known, and of what is held out.
        view: how the run looks at the data.

    Attributes:
        waited: seconds spent on fetching real images so far, with scaling them and sending them to the device.
    """

    def __init__(self, data: Prepared, scaling: Scaling, device: torch.device, seed: int, view: View) -> None:
        self.data, self.scaling, self.device, self.view = data, scaling, device, view
        true = data.labels if view.classes else None
        self._places, self._held_out = split_held_out(len(data), true, view.held_out_share, MOST_HELD_OUT, seed)
        self._labels = None if true is None else _known(true[self._places], view, seed)
        self._true = data.labels
        groups = None if data.labels is None or not view.balanced else data.labels[self._places]
        self._items = items = Items(data.images, device)
        places = self._places
        self._ahead = Ahead(order(len(places), seed, groups), lambda drawn: items.ask(places[local_rows(drawn)]))
        self.waited = 0.0
        self._of_class: list[Places] | None = None

    # --- training

    def next(self, batch: int) -> Batch:
        """The next batch of the order; on several processes this one's part of it."""
        with self._waiting():
            return self._batch(local_rows(self._ahead.next(batch)))

    def state_dict(self) -> dict[str, int]:
        """Where the order is."""
        return self._ahead.state_dict()

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on from :meth:`state_dict`."""
        self._ahead.load_state_dict(state)

    def _batch(self, places: Places) -> Batch:
        """Items by their place among those that are trained on."""
        labels = None
        if self._labels is not None:
            labels = sent(torch.from_numpy(self._labels[places]), self.device)
        return Batch(self._read(self._places[places]), labels)

    def _read(self, places: Places) -> Tensor:
        """Items by their place in the data, scaled, on the device."""
        return self.scaling.to_network(self._items.at(places))

    @contextmanager
    def _waiting(self) -> Iterator[None]:
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.waited += time.perf_counter() - begun

    # --- what heuristics ask for

    def reference(self, count: int) -> Batch:
        """Always the same items, with repetition if there are fewer."""
        generator = np.random.Generator(np.random.PCG64(REFERENCE_SEED))
        return self._at_once(np.resize(generator.permutation(len(self._places)), count))

    def labelled(self, count: int) -> tuple[Tensor, Tensor]:
        """Random items with known labels, each class equally often; drawn by PyTorch's global randomness.

        On several processes these are this one's part of them.
        """
        if self._labels is None:
            raise ValueError("this run uses no labels")
        if self._of_class is None:
            classes = (np.flatnonzero(self._labels == each) for each in range(self.view.classes))
            self._of_class = [places for places in classes if len(places)]
        with replicated():
            classes_drawn = torch.randint(len(self._of_class), (count,)).tolist()
            shares = torch.rand(count).tolist()
        chosen = [self._of_class[each] for each in classes_drawn]
        places = np.array([of[int(share * len(of))] for of, share in zip(chosen, shares, strict=True)], dtype=np.int64)
        images, labels = self._at_once(local_rows(places))
        assert labels is not None  # there are labels: see above
        return images, labels

    def held_out(self, count: int) -> tuple[Tensor, Tensor | None]:
        """Random items that are not trained on; drawn by PyTorch's global randomness.

        On several processes these are this one's part of them.
        """
        with replicated():
            drawn = torch.randint(len(self._held_out), (count,)).numpy()
        return self._true_at(self._held_out[local_rows(drawn)])

    def held_out_chunks(self, size: int) -> Iterator[tuple[Tensor, Tensor | None]]:
        """All items that are not trained on, in order, ``size`` at a time."""
        for low in range(0, len(self._held_out), size):
            yield self._true_at(self._held_out[low : low + size])

    def _at_once(self, places: Places) -> Batch:
        """Items by their place among those that are trained on, of which nobody knew early."""
        with self._waiting():
            self._items.ask(self._places[places])
            return self._batch(places)

    def _true_at(self, places: Places) -> tuple[Tensor, Tensor | None]:
        labels = None if self._true is None else sent(torch.from_numpy(self._true[places]), self.device)
        with self._waiting():
            self._items.ask(places)
            return self._read(places), labels

    @property
    def held_out_count(self) -> int:
        """How many items are not trained on."""
        return len(self._held_out)

    @cached_property
    def class_shares(self) -> tuple[float, ...]:
        """The frequencies of the classes among the known labels; () where the run uses none."""
        if self._labels is None:
            return ()
        counts = np.bincount(self._labels[self._labels != UNLABELLED], minlength=self.view.classes)
        if self.view.balanced:
            counts = np.minimum(counts, 1)  # a class without any image is never seen
        return tuple(float(count) / int(counts.sum()) for count in counts)


def _known(labels: Places, view: View, seed: int) -> Places:
    if view.labels_per_class is not None:
        return keep_label_count(labels, view.labels_per_class, view.classes, seed)
    return keep_label_share(labels, view.label_share, view.classes, seed)


def random_labels(count: int, shares: tuple[float, ...], generator: torch.Generator | None = None) -> Tensor:
    """Labels with the given frequencies, int64 [count] on the CPU.

    Args:
        count: how many.
        shares: of each class, of sum 1.
        generator: source of randomness; the global one when None.
    """
    return torch.multinomial(torch.tensor(shares), count, replacement=True, generator=generator)
