"""Decodes images from files or from memory, after choosing the resolution and channels that suit all of them."""

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from steadygan.amounts import things
from steadygan.arrays import Array
from steadygan.data.data_source import Progress, Sink
from steadygan.data.decode import Target
from steadygan.data.decoder_pool import DecodeResult, DecoderPool, Item
from steadygan.data.prepared import Skipped
from steadygan.data.resolution import choose_resolution
from steadygan.errors import printable
from steadygan.settings import DataSettings

IMAGE_CONVENTION = "wholly transparent images are skipped"
"""A part of the identity of sources of encoded images, so that those prepared under another convention are read again.
"""
CHUNK_FILES = 64
CHUNK_BYTES = 16_000_000
# a square size that all images of a folder share is kept if it is at most this
LARGEST_KEPT_SIZE = 64


@dataclass(frozen=True)
class EncodedImages:
    """Images that still have to be decoded.

    Args:
        name: a function from the position of an image to its name in the list of skipped files.
        sizes: the approximate bytes of each image, int64 [N], by which the images are divided into chunks.
        items: a function from the first and the last position of a range to the paths or the bytes of its images.
    """

    name: Callable[[int], str]
    sizes: Array
    items: Callable[[int, int], Sequence[Item]]

    def __len__(self) -> int:
        return len(self.sizes)


@dataclass(frozen=True)
class DecodedImages:
    """The images that were decoded, and those that could not be.

    Args:
        kept: the positions of the images that were put into the sink, int64, ascending.
        skipped: the other images, each with the reason.
        notes: sentences for the user.
        single_colour: the names of those that were decoded and whose pixels are all the same.
    """

    kept: Array
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...]
    single_colour: tuple[str, ...] = ()


class Collected(NamedTuple):
    """The images that were put into a sink, and the others.

    Attributes:
        kept: the positions of the images that were decoded, int64.
        skipped: the other images, each with the reason.
        single_colour: the names of those that were decoded and whose pixels are all the same.
    """

    kept: Array
    skipped: list[Skipped]
    single_colour: list[str]


@dataclass(frozen=True)
class _Headers:
    """What the headers say: the positions of the images that have one, their (width, height), whether they are grey."""

    positions: Array
    sizes: Array
    grey: Array
    skipped: list[Skipped]


def read_encoded(
    encoded: EncodedImages, settings: DataSettings, sink: Sink, workers: int, progress: Progress
) -> DecodedImages:
    """Decodes images into a sink; all headers are read first, if the settings leave the resolution or channels open.

    Args:
        encoded: the images.
        settings: the resolution and channels of the prepared images.
        sink: receives uint8 [n, H, W, C].
        workers: how many decoding processes to use.
        progress: called with the number of images done and the number of all images.

    Returns:
        The images that were decoded, and those that could not be.
    """
    if len(encoded) == 0:
        return DecodedImages(np.empty(0, np.int64), (), ())
    # the same processes read headers and pixels, and end when this function returns or raises
    with DecoderPool(max(1, min(workers, sum(1 for _ in _ranges(encoded.sizes))))) as decoders:
        return _read_with(decoders, encoded, settings, sink, progress)


def _read_with(
    decoders: DecoderPool, encoded: EncodedImages, settings: DataSettings, sink: Sink, progress: Progress
) -> DecodedImages:
    count = len(encoded)
    begun = 0
    if settings.resolution is None or settings.channels is None:
        # reading the headers counts as the first half of the work
        begun = count // 2
        headers = _probe(encoded, settings, decoders, lambda done: progress(done // 2, count))
    else:
        headers = _Headers(np.arange(count), np.empty((0, 2), np.int64), np.empty(0, bool), [])
    if len(headers.positions) == 0:
        return DecodedImages(headers.positions, tuple(headers.skipped), ())

    def decode_into_sink(positions: Array, target: Target) -> Collected:
        def report(done: int) -> None:
            progress(begun + done * (count - begun) // len(positions), count)

        return _decode(encoded, positions, target, sink, decoders, report)

    target = _target(headers, settings)
    kept, broken, single_colour = decode_into_sink(headers.positions, target)
    if begun and broken and len(kept):
        # files with a good header and broken pixels influenced the choice, and must not
        headers = _only(headers, kept)
        chosen, target = target, _target(headers, settings)
        if target != chosen:
            kept, also_broken, single_colour = decode_into_sink(kept, target)
            broken += also_broken
    smaller = int((headers.sizes.min(axis=1) < target.resolution).sum()) if len(headers.sizes) else 0
    notes = enlarged_note(smaller, target.resolution)
    return DecodedImages(kept, (*headers.skipped, *broken), notes, tuple(single_colour))


def _target(headers: _Headers, settings: DataSettings) -> Target:
    resolution = settings.resolution or choose_resolution(headers.sizes, LARGEST_KEPT_SIZE)
    channels = settings.channels or (1 if headers.grey.all() else 3)
    return Target(resolution, channels, settings.background_rgb, settings.max_pixels)


def _only(headers: _Headers, kept: Array) -> _Headers:
    chosen = np.isin(headers.positions, kept)
    return _Headers(kept, headers.sizes[chosen], headers.grey[chosen], headers.skipped)


def nothing_usable(name: str, skipped: Sequence[Skipped]) -> str:
    """Returns the error message for a source without any usable image."""
    if not skipped:
        return f"'{name}' holds no files: name a folder of images."
    most, count = Counter(one.reason for one in skipped).most_common(1)[0]
    if len(skipped) == 1:
        return f"'{name}' holds no usable image, only one entry, and that is skipped: {most}."
    return f"'{name}' holds no usable image: {len(skipped):,} entries were looked at, {count:,} of them: {most}."


def enlarged_note(count: int, resolution: int) -> tuple[str, ...]:
    """Returns a note that some images were enlarged, or no note if none were."""
    if count == 0:
        return ()
    size = f"smaller than {resolution} x {resolution}"
    return (f"{things(count, f'image {size} was', f'images {size} were')} enlarged (bicubic).",)


def _probe(
    encoded: EncodedImages, settings: DataSettings, decoders: DecoderPool, progress: Callable[[int], None]
) -> _Headers:
    target = Target(1, 1, settings.background_rgb, settings.max_pixels)
    found = array("q")  # four numbers for each image; a million tuples would be as large as the images
    skipped: list[Skipped] = []
    position = 0
    chunks = (encoded.items(low, high) for low, high in _ranges(encoded.sizes))
    for answer in decoders.ask_all(chunks, target, only_header=True):
        for result in answer.results:
            if isinstance(result, str):
                skipped.append(Skipped(printable(encoded.name(position)), result))
            else:
                found.extend((position, *result))
            position += 1
        progress(position)
    table = np.frombuffer(found, dtype=np.int64).reshape(-1, 4)
    return _Headers(table[:, 0], table[:, 1:3], table[:, 3].astype(bool), skipped)


def _decode(
    encoded: EncodedImages,
    candidates: Array,
    target: Target,
    sink: Sink,
    decoders: DecoderPool,
    progress: Callable[[int], None],
) -> Collected:
    answers = decoders.ask_all(_chosen_chunks(encoded, candidates), target, only_header=False)
    return collect(answers, map(int, candidates), encoded.name, target, sink, progress)


def collect(
    answers: Iterable[DecodeResult],
    positions: Iterator[int],
    name: Callable[[int], str],
    target: Target,
    sink: Sink,
    progress: Callable[[int], None],
) -> Collected:
    """Puts decoded images into a sink as they arrive.

    Args:
        answers: the answers of the decoding processes.
        positions: the positions of the images in these answers, in the same order.
        name: a function from the position of an image to its name in lists for the user.
        target: the form of the decoded images.
        sink: receives uint8 [n, H, W, C].
        progress: called with the number of images done.

    Returns:
        The images that were decoded, and the others.
    """
    shape = (target.resolution, target.resolution, target.channels)
    sink.start(shape, np.uint8)
    kept = array("q")
    skipped: list[Skipped] = []
    plain: list[str] = []
    done = 0
    for answer in answers:
        before = len(kept)
        for result, position in zip(answer.results, positions, strict=False):
            if result is None:
                kept.append(position)
            else:
                skipped.append(Skipped(printable(name(position)), result))
        if answer.pixels:
            block = np.frombuffer(answer.pixels, dtype=np.uint8).reshape(-1, *shape)
            sink.append(block)
            plain += [printable(name(kept[before + place])) for place in np.flatnonzero(is_single_colour(block))]
        done += len(answer.results)
        progress(done)
    return Collected(np.frombuffer(kept, dtype=np.int64), skipped, plain)


def is_single_colour(images: Array) -> Array:
    """Finds the images of which all pixels are the same.

    Args:
        images: uint8 [N, H, W, C].

    Returns:
        bool [N].
    """
    same: Array = (images == images[:, :1, :1]).all(axis=(1, 2, 3))
    return same


def _chosen_chunks(encoded: EncodedImages, candidates: Array) -> Iterator[Sequence[Item]]:
    chosen = np.zeros(len(encoded), dtype=bool)
    chosen[candidates] = True
    for low, high in _ranges(encoded.sizes):
        if chosen[low:high].any():
            yield [item for item, wanted in zip(encoded.items(low, high), chosen[low:high], strict=True) if wanted]


def _ranges(sizes: Array) -> Iterator[tuple[int, int]]:
    """Divides the images into ranges of at most 64 images and about 16 MB."""
    low, position, held = 0, 0, 0
    for size in map(int, sizes):
        if position > low and (position - low == CHUNK_FILES or held + size > CHUNK_BYTES):
            yield low, position
            low, held = position, 0
        position += 1
        held += size
    if position > low:
        yield low, position
