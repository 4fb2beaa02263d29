"""The batches of real images of a run: training batches in order, and those that heuristics ask for beside them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from steadygan.amounts import things
from steadygan.arrays import Indices
from steadygan.data import Prepared, order
from steadygan.data.labels import UNLABELLED, split_held_out
from steadygan.distributed import local_rows, replicated
from steadygan.errors import SteadyganError
from steadygan.feeding.labels import DataView, known_labels
from steadygan.feeding.prefetch import Prefetcher
from steadygan.feeding.scaling import Scaling
from steadygan.feeding.transfer import DeviceReader, to_device

REFERENCE_SEED = 1606
MOST_HELD_OUT = 10_000


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


class BatchLoader:
    """Loads the real images of a run onto the device, scaled, with the labels that training knows.

    Args:
        data: prepared images or vectors.
        scaling: how data become network inputs.
        device: where batches go.
        seed: of the order, of which labels are known, and of what is held out.
        view: the part of the data and labels that the run uses.

    Attributes:
        wait_seconds: seconds spent so far on fetching real images, scaling them and copying them to the device.
    """

    def __init__(self, data: Prepared, scaling: Scaling, device: torch.device, seed: int, view: DataView) -> None:
        self.data, self.scaling, self.device, self.view = data, scaling, device, view
        labels = data.labels if view.classes else None
        self._training, self._held_out = split_held_out(len(data), labels, view.held_out_share, MOST_HELD_OUT, seed)
        if view.held_out_share > 0 and not len(self._held_out):
            raise SteadyganError(
                f"Of {things(len(data), 'item')} none can be held out to measure on (a share of "
                f"{view.held_out_share:g}); give more data, or take out the heuristic that measures held-out items"
            )
        self._labels = None if labels is None else known_labels(labels[self._training], view, seed)
        self._true_labels = data.labels
        groups = None if data.labels is None or not view.balanced else data.labels[self._training]
        self._reader = reader = DeviceReader(data.images, device)
        training = self._training
        self._prefetcher = Prefetcher(
            order(len(training), seed, groups), lambda indices: reader.prefetch(training[local_rows(indices)])
        )
        self.wait_seconds = 0.0
        self._indices_by_class: list[Indices] | None = None

    # --- training

    def next(self, batch: int) -> Batch:
        """The next batch of the order; on several processes this one's part of it."""
        with self._timed():
            return self._batch(local_rows(self._prefetcher.next(batch)))

    def state_dict(self) -> dict[str, int]:
        """Where the order is."""
        return self._prefetcher.state_dict()

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on from :meth:`state_dict`."""
        self._prefetcher.load_state_dict(state)

    def _batch(self, indices: Indices) -> Batch:
        """Read items by their indices among the training images."""
        labels = None
        if self._labels is not None:
            labels = to_device(torch.from_numpy(self._labels[indices]), self.device)
        return Batch(self._read(self._training[indices]), labels)

    def _read(self, indices: Indices) -> Tensor:
        """Read items by their indices in the data; they are scaled and on the device."""
        return self.scaling.to_network(self._reader.read(indices))

    @contextmanager
    def _timed(self) -> Iterator[None]:
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.wait_seconds += time.perf_counter() - begun

    # --- what heuristics ask for

    def reference(self, count: int) -> Batch:
        """Always the same items, with repetition if there are fewer."""
        generator = np.random.Generator(np.random.PCG64(REFERENCE_SEED))
        return self._batch_at_once(np.resize(generator.permutation(len(self._training)), count))

    def labelled(self, count: int) -> tuple[Tensor, Tensor]:
        """Random items with known labels, each class equally often; drawn by PyTorch's global randomness.

        On several processes these are this one's part of them.
        """
        if self._labels is None:
            raise ValueError("this run uses no labels")
        if self._indices_by_class is None:
            by_class = (np.flatnonzero(self._labels == each) for each in range(self.view.classes))
            self._indices_by_class = [indices for indices in by_class if len(indices)]
        with replicated():
            classes = torch.randint(len(self._indices_by_class), (count,)).tolist()
            shares = torch.rand(count).tolist()
        chosen = [self._indices_by_class[each] for each in classes]
        drawn = [of_class[int(share * len(of_class))] for of_class, share in zip(chosen, shares, strict=True)]
        images, labels = self._batch_at_once(local_rows(np.array(drawn, dtype=np.int64)))
        assert labels is not None  # there are labels: see above
        return images, labels

    def held_out(self, count: int) -> tuple[Tensor, Tensor | None]:
        """Random items that are not trained on; drawn by PyTorch's global randomness.

        On several processes these are this one's part of them.
        """
        with replicated():
            drawn = torch.randint(len(self._held_out), (count,)).numpy()
        return self._with_true_labels(self._held_out[local_rows(drawn)])

    def held_out_chunks(self, size: int) -> Iterator[tuple[Tensor, Tensor | None]]:
        """All items that are not trained on, in order, ``size`` at a time."""
        for low in range(0, len(self._held_out), size):
            yield self._with_true_labels(self._held_out[low : low + size])

    def _batch_at_once(self, indices: Indices) -> Batch:
        """Read items by their indices among the training images, which could not be prefetched earlier."""
        with self._timed():
            self._reader.prefetch(self._training[indices])
            return self._batch(indices)

    def _with_true_labels(self, indices: Indices) -> tuple[Tensor, Tensor | None]:
        """Read items by their indices in the data, with the labels that the data have."""
        true_labels = self._true_labels
        labels = None if true_labels is None else to_device(torch.from_numpy(true_labels[indices]), self.device)
        with self._timed():
            self._reader.prefetch(indices)
            return self._read(indices), labels

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
