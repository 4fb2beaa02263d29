"""What every kind of source gives and takes, so that the cache can be filled from any of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from steadygan.arrays import Array
from steadygan.data.prepared import Skipped
from steadygan.settings import DataSettings

Progress = Callable[[int, int], None]


class Sink(Protocol):
    """Where a source puts what it read, block by block."""

    def start(self, shape: tuple[int, ...], dtype: type[np.generic]) -> None:
        """Says what one item looks like; a second call drops all items and starts anew."""

    def append(self, block: Array) -> None:
        """Adds items, [n, *shape]."""


@dataclass(frozen=True)
class Outcome:
    """What is known of the items when all are read.

    Args:
        labels: int64 [N], -1 where an item is unlabelled, or None.
        class_names: the name of every class, empty without labels.
        skipped: what was left out.
        notes: sentences for the user.
    """

    labels: Array | None = None
    class_names: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class DataSource:
    """Something that can be prepared.

    Args:
        name: what the user named.
        identity: text that changes when the content may have changed, found without reading the content of files.
        read: puts all items into the sink.
    """

    name: str
    identity: str
    read: Callable[[DataSettings, Sink, int, Progress], Outcome]


def no_progress(done: int, total: int) -> None:
    """Reports nothing."""
