"""Reads arrays of images or vectors row by row: finds their layout, and scales their values to 0..255."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from steadygan.amounts import things
from steadygan.arrays import Array
from steadygan.data.data_source import Outcome, Progress, Sink
from steadygan.data.decode import fit, flatten
from steadygan.data.encoded_images import enlarged_note
from steadygan.data.labels import UNLABELLED, labels_with_notes
from steadygan.data.resolution import choose_resolution
from steadygan.errors import SteadyganError
from steadygan.settings import LARGEST_RESOLUTION, DataSettings

_BLOCK_BYTES = 16_000_000
_LABEL_BYTES = 4_096
"""The most bytes of one label, which are 1,024 characters."""
# resizing and rounding may overshoot a range by a little
_OVERSHOOT = 1e-3


class VectorsError(SteadyganError):
    """The data are vectors, but the settings ask for a resolution or a number of channels."""


@dataclass(frozen=True)
class ArrayRows:
    """An array that is read in blocks along its first axis.

    Args:
        shape: the shape of the whole array.
        dtype: the type of its values.
        blocks: a function from a number of rows to the blocks, from the first to the last.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    blocks: Callable[[int], Iterator[Array]]

    def walk(self) -> Iterator[Array]:
        """Yields blocks that are small compared with memory."""
        row = self.dtype.itemsize * max(1, int(np.prod(self.shape[1:], dtype=np.int64)))
        return self.blocks(max(1, _BLOCK_BYTES // row))


@dataclass(frozen=True)
class Classes:
    """Labels, and the names of the classes.

    Args:
        labels: int64 [N]; each is an index into ``names``, or -1 where an item is unlabelled.
        names: the name of each class.
    """

    labels: Array
    names: tuple[str, ...]


def rows_of(array: Array) -> ArrayRows:
    """Wraps an array in memory, or a memory map."""

    def blocks(rows: int) -> Iterator[Array]:
        for low in range(0, len(array), rows):
            yield np.asarray(array[low : low + rows])

    return ArrayRows(tuple(array.shape), array.dtype, blocks)


def refuse_labels(shape: tuple[int, ...], dtype: np.dtype[Any], count: int, where: str) -> None:
    """Refuses labels by what the header of their array says, before they take memory; for arguments see `classes_of`.

    Raises:
        SteadyganError: when the shape or the type does not fit.
    """
    if shape not in ((count,), (count, 1)) or dtype.kind not in "biuU" or dtype.itemsize > _LABEL_BYTES:
        raise SteadyganError(
            f"The labels in {where} are {dtype} {list(shape)}, but {things(count, 'item needs', 'items need')} "
            f"whole numbers or text [{count}], each of at most {_LABEL_BYTES // 4:,} characters."
        )


def classes_of(values: Array, count: int, where: str) -> Classes:
    """Turns an array of whole numbers or of text into labels.

    Args:
        values: [N] or [N, 1]; classes are ordered by value and numbered from 0. The number -1 means that an item is
            unlabelled.
        count: N.
        where: where the array is, for error messages, such as ``memory`` or a quoted file name.

    Returns:
        The labels and their names.

    Raises:
        SteadyganError: when the shape or the type does not fit.
    """
    refuse_labels(values.shape, values.dtype, count, where)
    flat = values.reshape(-1)
    known = flat != UNLABELLED if flat.dtype.kind == "i" else np.ones(count, dtype=bool)
    names, positions = np.unique(flat[known], return_inverse=True)
    labels = np.full(count, UNLABELLED, dtype=np.int64)
    labels[known] = positions.reshape(-1)
    return Classes(labels, tuple(str(one) for one in names))


def read_rows(
    rows: ArrayRows,
    classes: Classes | None,
    where: str,
    settings: DataSettings,
    sink: Sink,
    progress: Progress,
    channels_first: bool = False,
) -> Outcome:
    """Reads an array of images or vectors into a sink.

    Args:
        rows: images [N, H, W], [N, H, W, C] or [N, C, H, W] with C 1, 3 or 4; vectors [N, D].
        classes: labels, or None.
        where: where the array is, for error messages, such as ``memory`` or a quoted file name.
        settings: the resolution and channels of the prepared images.
        sink: receives the items.
        progress: called with the number of items done and the number of all items.
        channels_first: whether an ambiguous shape such as [N, 3, H, 3] has its channels first.

    Returns:
        The labels, and notes for the user.

    Raises:
        SteadyganError: when the shape, the type or the values do not fit.
    """
    if len(rows.shape) not in (2, 3, 4) or rows.dtype.kind not in "biuf":
        raise SteadyganError(
            f"The array in {where} is {rows.dtype} {list(rows.shape)}, neither images [N, H, W], [N, H, W, C] "
            "or [N, C, H, W] nor vectors [N, D] of numbers."
        )
    if 0 in rows.shape:
        raise SteadyganError(f"The array in {where} is empty, {list(rows.shape)}.")
    if len(rows.shape) == 2:
        notes = _read_vectors(rows, where, settings, sink, progress)
    else:
        notes = _read_images(rows, where, settings, sink, progress, channels_first)
    if classes is None:
        return Outcome(None, (), (), notes)
    labels, names, about_labels = labels_with_notes(classes.labels, classes.names, where)
    return Outcome(labels, names, (), notes + about_labels)


def _read_vectors(
    rows: ArrayRows, where: str, settings: DataSettings, sink: Sink, progress: Progress
) -> tuple[str, ...]:
    if settings.resolution is not None or settings.channels is not None:
        raise VectorsError(
            f"The vectors in {where}, {list(rows.shape)}, have no resolution or channels: leave these settings out."
        )
    sink.start(rows.shape[1:], np.float32)
    done = 0
    for block in rows.walk():
        # a value beyond float32 becomes infinite, and is refused just below
        with np.errstate(over="ignore"):
            values = block.astype(np.float32)
        if not np.isfinite(values).all():
            raise SteadyganError(
                f"The vectors in {where} hold values that are not finite: remove those with nan or inf."
            )
        sink.append(values)
        done += len(block)
        progress(done, rows.shape[0])
    return ()


def _read_images(
    rows: ArrayRows, where: str, settings: DataSettings, sink: Sink, progress: Progress, channels_first: bool
) -> tuple[str, ...]:
    first = _channels_axis(rows.shape, channels_first, where) == 1
    height, width, channels = _item_shape(rows.shape, first)
    if height * width > settings.max_pixels:
        raise SteadyganError(
            f"The images in {where} are {width}x{height}, "
            f"more than {things(settings.max_pixels, 'pixel')}: raise --max-pixels."
        )
    resolution = settings.resolution or choose_resolution([(width, height)], LARGEST_RESOLUTION)
    wanted = settings.channels or (1 if channels == 1 else 3)
    scale = value_rule(rows, where)
    sink.start((resolution, resolution, wanted), np.uint8)
    done = 0
    for block in rows.walk():
        images = scale(block)
        if images.ndim == 3:
            images = images[..., None]
        elif first:
            images = images.transpose(0, 2, 3, 1)
        if images.shape[1:] != (resolution, resolution, wanted):
            images = _refit(images, resolution, wanted, settings.background_rgb)
        sink.append(images)
        done += len(block)
        progress(done, rows.shape[0])
    return enlarged_note(rows.shape[0] if min(height, width) < resolution else 0, resolution)


def _channels_axis(shape: tuple[int, ...], channels_first: bool, where: str) -> int:
    if len(shape) == 3:
        return 3
    axes = (1, 3) if channels_first else (3, 1)
    for axis in axes:
        if shape[axis] in (1, 3, 4):
            return axis
    raise SteadyganError(
        f"The array in {where} is {list(shape)}, and neither its last nor its second axis is 1, 3 or 4 channels."
    )


def _item_shape(shape: tuple[int, ...], first: bool) -> tuple[int, int, int]:
    if len(shape) == 3:
        return shape[1], shape[2], 1
    return (shape[2], shape[3], shape[1]) if first else (shape[1], shape[2], shape[3])


def _refit(images: Array, resolution: int, channels: int, background: tuple[int, int, int]) -> Array:
    pixels = images[..., 0] if images.shape[-1] == 1 else images
    fitted = [
        fit(flatten(Image.fromarray(np.ascontiguousarray(one)), background), resolution, channels) for one in pixels
    ]
    return np.stack(fitted)


def value_rule(rows: ArrayRows, where: str) -> Callable[[Array], Array]:
    """Chooses how the values of an image array are scaled to 0..255, from the range of the whole array.

    uint8 is unchanged, and True becomes 255. Other whole numbers within 0..255 are unchanged; uint16 beyond that range
    is divided by 257. Floats of which some are below 0 must lie in -1..1, and become (x + 1) * 127.5; floats within
    0..1 are multiplied by 255; floats within 0..255 are rounded. Values may exceed a range by 0.001.

    Args:
        rows: the array.
        where: where the array is, for error messages, such as ``memory`` or a quoted file name.

    Returns:
        A function from a block to uint8 of the same shape.

    Raises:
        SteadyganError: when the values fit none of these rules.
    """
    if rows.dtype == np.uint8:
        return lambda block: block
    if rows.dtype.kind == "b":
        return lambda block: block.astype(np.uint8) * np.uint8(255)
    least, greatest = _range(rows)
    if rows.dtype.kind == "f":
        rule = _float_rule(least, greatest)
    elif least >= 0 and greatest <= 255:
        rule = _affine(0.0, 1.0)
    else:
        rule = _affine(0.0, 1.0 / 257.0) if rows.dtype == np.uint16 else None
    if rule is None:
        raise SteadyganError(
            f"The images in {where} are {rows.dtype} from {least:g} to {greatest:g}: scale them to 0..255, 0..1 or "
            "-1..1 (finite values)."
        )
    return rule


def _range(rows: ArrayRows) -> tuple[float, float]:
    least, greatest = np.inf, -np.inf
    for block in rows.walk():
        # nan propagates into both, and then fits no rule
        least, greatest = np.minimum(least, block.min()), np.maximum(greatest, block.max())
    return float(least), float(greatest)


def _float_rule(least: float, greatest: float) -> Callable[[Array], Array] | None:
    if not (least >= -1 - _OVERSHOOT and greatest <= 255 + _OVERSHOOT):
        return None
    if least < -_OVERSHOOT:
        return _affine(1.0, 127.5) if greatest <= 1 + _OVERSHOOT else None
    return _affine(0.0, 255.0) if greatest <= 1 + _OVERSHOOT else _affine(0.0, 1.0)


def _affine(shift: float, factor: float) -> Callable[[Array], Array]:
    def rule(block: Array) -> Array:
        values = (block.astype(np.float64) + shift) * factor
        return np.clip(np.rint(values), 0, 255).astype(np.uint8)

    return rule
