"""Prepares images as they arrive, for data sets that are never on this machine as a whole."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, count

import numpy as np

from steadygan.arrays import Array
from steadygan.data.data_source import Progress, Sink
from steadygan.data.decode import Target
from steadygan.data.decoder_pool import DecoderPool, Item
from steadygan.data.encoded_images import (
    CHUNK_BYTES,
    CHUNK_FILES,
    LARGEST_KEPT_SIZE,
    DecodedImages,
    collect,
    enlarged_note,
)
from steadygan.data.resolution import choose_resolution
from steadygan.settings import DataSettings

STREAMED = "streamed:"
EXAMINED_IMAGES = 1024
"""The number of images from which the resolution is chosen, if the user gives none."""
_LOOK_BYTES = 64_000_000
_USUAL_RESOLUTION = 64


@dataclass(frozen=True)
class Stream:
    """Images that still have to be decoded, and that arrive one after the other.

    Args:
        items: the paths or bytes of all images.
        name: a function from the position of an image to its name in the list of skipped files.
        count: the number of images; None if it is unknown.
    """

    items: Iterator[Item]
    name: Callable[[int], str]
    count: int | None


def read_streamed(
    stream: Stream, settings: DataSettings, sink: Sink, workers: int, progress: Progress
) -> DecodedImages:
    """Decodes images into a sink, several at a time, and never holds more than a few hundred megabytes of them.

    If the settings leave the resolution open, it is chosen from the first 1,024 images, or the first 64 MB of them, by
    the same rule as for other data. Images are kept in colour, unless the settings say otherwise or all turn out grey.

    Args:
        stream: the images.
        settings: the resolution and channels of the prepared images.
        sink: receives uint8 [n, H, W, C].
        workers: how many decoding processes to use.
        progress: called with the number of images done and the number of all images, as far as that is known.

    Returns:
        The images that were decoded, and those that could not be.
    """
    first = list(_first(stream.items))
    with DecoderPool(workers) as decoders:
        sizes = _sizes(decoders, first, settings) if settings.resolution is None else np.empty((0, 2), np.int64)
        resolution = settings.resolution or (
            choose_resolution(sizes, LARGEST_KEPT_SIZE) if len(sizes) else _USUAL_RESOLUTION
        )
        target = Target(resolution, settings.channels or 3, settings.background_rgb, settings.max_pixels)
        answers = decoders.ask_all(_chunks(chain(first, stream.items)), target, only_header=False)
        kept, skipped, single_colour = collect(
            answers, count(), stream.name, target, sink, lambda done: progress(done, max(done, stream.count or 0))
        )
    notes = enlarged_note(int((sizes.min(axis=1) < resolution).sum()), resolution)
    if settings.resolution is None and len(kept) + len(skipped) > len(first):
        begin = "first image" if len(first) == 1 else f"first {len(first):,} images"
        notes = (f"The resolution was chosen from the {begin}, because the data are streamed.",)
    return DecodedImages(kept, tuple(skipped), notes, tuple(single_colour))


def _first(items: Iterator[Item]) -> Iterator[Item]:
    held = 0
    for number, item in enumerate(items, 1):
        yield item
        held += len(item)
        if number == EXAMINED_IMAGES or held > _LOOK_BYTES:
            return


def _sizes(decoders: DecoderPool, items: list[Item], settings: DataSettings) -> Array:
    """Reads the width and height of each usable image, int64 [n, 2]."""
    target = Target(1, 1, settings.background_rgb, settings.max_pixels)
    answers = decoders.ask_all(_chunks(items), target, only_header=True)
    found = [result[:2] for answer in answers for result in answer.results if not isinstance(result, str)]
    return np.asarray(found, dtype=np.int64).reshape(-1, 2)


def _chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    chunk: list[Item] = []
    held = 0
    for item in items:
        chunk.append(item)
        held += len(item)
        if len(chunk) == CHUNK_FILES or held > CHUNK_BYTES:
            yield chunk
            chunk, held = [], 0
    if chunk:
        yield chunk
