"""The order in which training sees images: it is shuffled, leaves no image out, and can be resumed."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Protocol

import numpy as np

from steadygan.amounts import things
from steadygan.arrays import Indices
from steadygan.errors import SteadyganError

# at least this many items are given a class at a time, because small permutations would be slow
_LEAST_BLOCK = 1024
_CLASSES, _ITEMS = 0, 1


class Order(Protocol):
    """An endless order of items, whose state can be saved and loaded."""

    def next(self, batch: int) -> Indices:
        """Returns the indices of the next ``batch`` items, int64 [batch]."""

    def state_dict(self) -> dict[str, int]:
        """Everything that :meth:`load_state_dict` needs to go on exactly from here."""

    def load_state_dict(self, state: Mapping[str, int]) -> None:
        """Goes on from where ``state`` was saved."""


def order(count: int, seed: int, groups: Indices | None = None) -> Order:
    """Returns an order for training, in which either all items or all classes are equally frequent.

    Args:
        count: how many items there are, at least 1.
        seed: any whole number from 0 on.
        groups: the class of each item, int64 [count], -1 where an item has none. None makes all items equally frequent.

    Returns:
        A ``BalancedSampler`` if ``groups`` is given, otherwise a ``Sampler``.
    """
    if groups is None:
        return Sampler(count, seed)
    if groups.shape != (count,):
        raise ValueError(f"groups of shape {list(groups.shape)} for {count} items")
    return BalancedSampler(groups, seed)


class Sampler:
    """Walks through a fresh random permutation of all indices in every epoch.

    A batch may span two epochs, so no index is left out, whatever the batch size is. The state is a few numbers,
    because the permutation of an epoch is determined by the seed and the epoch.

    Args:
        count: how many items there are, at least 1.
        seed: any whole number from 0 on.
    """

    def __init__(self, count: int, seed: int) -> None:
        if count < 1:
            raise ValueError(f"a sampler needs at least one item, not {count}")
        self._count = count
        self._seed = seed
        self._start(epoch=0, position=0)

    def next(self, batch: int) -> Indices:
        """Returns the indices of the next ``batch`` items.

        Args:
            batch: how many items, at least 1; it may change from call to call and exceed the number of items.

        Returns:
            int64 [batch], each from 0 to count - 1.
        """
        if batch < 1:
            raise ValueError(f"a batch holds at least one item, not {batch}")
        indices = np.empty(batch, dtype=np.int64)
        filled = 0
        while filled < batch:
            if self._position == self._count:
                self._start(self._epoch + 1, position=0)
            part = self._order[self._position : self._position + batch - filled]
            indices[filled : filled + len(part)] = part
            filled += len(part)
            self._position += len(part)
        return indices

    def state_dict(self) -> dict[str, int]:
        """Everything that :meth:`load_state_dict` needs to go on exactly from here."""
        return {"count": self._count, "seed": self._seed, "epoch": self._epoch, "position": self._position}

    def load_state_dict(self, state: Mapping[str, int]) -> None:
        """Goes on from where ``state`` was saved.

        Args:
            state: the result of ``state_dict`` of a sampler over the same number of items.

        Raises:
            SteadyganError: when the number of items is another, or the state belongs to a sampler of balanced classes.
        """
        _check_count(state, self._count)
        if "groups" in state:
            raise SteadyganError(
                "This run was started with classes drawn equally often: switch that on again to go on."
            )
        self._seed = state["seed"]
        self._start(state["epoch"], state["position"])

    def _start(self, epoch: int, position: int) -> None:
        self._epoch = epoch
        self._position = position
        # SeedSequence mixes the seed and the epoch, so that (1, 0) and (0, 1) give unrelated permutations
        generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence([self._seed, epoch])))
        self._order = generator.permutation(self._count)


class BalancedSampler:
    """Draws every class equally often, and walks through a fresh random permutation of a class in each of its epochs.

    The classes come in rounds, each of which is a fresh random permutation of all classes, so that the numbers of items
    drawn from any two classes never differ by more than one. They are determined by the number of items drawn in total.
    The state is therefore this number, together with the seed and a check that the classes are the same.

    Args:
        groups: the class of each item, int64 [count]; items with -1 are never drawn, and at least one item has a class.
        seed: any whole number from 0 on.
    """

    def __init__(self, groups: Indices, seed: int) -> None:
        if groups.ndim != 1 or not len(groups) or groups.max() < 0 or groups.min() < -1:
            raise ValueError("groups must be [count], -1 or more, with at least one item of a class")
        self._count = len(groups)
        self._digest = int.from_bytes(hashlib.blake2b(groups.astype("<i8").tobytes(), digest_size=6).digest(), "big")
        by_class = np.argsort(groups, kind="stable")[np.count_nonzero(groups < 0) :]
        self._values, starts = np.unique(groups[by_class], return_index=True)
        self._items = np.split(by_class, starts[1:])
        self._rounds = max(1, _LEAST_BLOCK // len(self._items))
        self._start(seed, drawn=0)

    def next(self, batch: int) -> Indices:
        """Returns the indices of the next ``batch`` items.

        Args:
            batch: how many items, at least 1; it may change from call to call.

        Returns:
            int64 [batch], each from 0 to count - 1.
        """
        if batch < 1:
            raise ValueError(f"a batch holds at least one item, not {batch}")
        classes = np.concatenate(list(self._next_classes(batch)))
        indices = np.empty(batch, dtype=np.int64)
        for one in np.unique(classes):
            places = np.flatnonzero(classes == one)
            indices[places] = self._take(int(one), len(places))
        return indices

    def state_dict(self) -> dict[str, int]:
        """Everything that :meth:`load_state_dict` needs to go on exactly from here."""
        return {"count": self._count, "seed": self._seed, "drawn": self._drawn, "groups": self._digest}

    def load_state_dict(self, state: Mapping[str, int]) -> None:
        """Goes on from where ``state`` was saved.

        Args:
            state: the result of ``state_dict`` of a sampler with the same groups.

        Raises:
            SteadyganError: when the items or their classes are others, or the state belongs to a plain sampler.
        """
        _check_count(state, self._count)
        if "groups" not in state:
            raise SteadyganError(
                "This run was started without drawing classes equally often: switch that off again to go on."
            )
        if state["groups"] != self._digest:
            raise SteadyganError(
                "The data have other classes than when this run was started: name the same data and labels to go on."
            )
        self._start(state["seed"], state["drawn"])

    def _start(self, seed: int, drawn: int) -> None:
        self._seed = seed
        self._drawn = drawn
        self._block = -1
        self._permutations: dict[int, tuple[int, Indices]] = {}
        classes = len(self._items)
        rounds, begun = divmod(drawn, classes)
        # every class was drawn once in each full round, and those at the start of the current round once more
        self._taken = np.full(classes, rounds, dtype=np.int64)
        head = drawn % (self._rounds * classes)
        self._taken[self._classes_of_block(drawn // (self._rounds * classes))[head - begun : head]] += 1

    def _next_classes(self, batch: int) -> Iterator[Indices]:
        length = self._rounds * len(self._items)
        missing = batch
        while missing:
            block, low = divmod(self._drawn, length)
            part = self._classes_of_block(block)[low : low + missing]
            self._drawn += len(part)
            missing -= len(part)
            yield part

    def _classes_of_block(self, block: int) -> Indices:
        if block != self._block:
            classes = np.tile(np.arange(len(self._items)), (self._rounds, 1))
            self._order = self._generator(_CLASSES, block).permuted(classes, axis=1).reshape(-1)
            self._block = block
        return self._order

    def _take(self, one: int, number: int) -> Indices:
        size = len(self._items[one])
        parts = []
        while number:
            epoch, low = divmod(int(self._taken[one]), size)
            parts.append(self._permutation(one, epoch)[low : low + number])
            self._taken[one] += len(parts[-1])
            number -= len(parts[-1])
        return np.concatenate(parts)

    def _permutation(self, one: int, epoch: int) -> Indices:
        held = self._permutations.get(one)
        if held is None or held[0] != epoch:
            generator = self._generator(_ITEMS, int(self._values[one]), epoch)
            held = epoch, generator.permutation(self._items[one])
            self._permutations[one] = held
        return held[1]

    def _generator(self, *place: int) -> np.random.Generator:
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(self._seed, spawn_key=place)))


def _check_count(state: Mapping[str, int], count: int) -> None:
    if state["count"] != count:
        raise SteadyganError(
            f"The data hold {things(count, 'item')}, but held {state['count']:,} when this run was started: "
            "name the same data to go on."
        )
