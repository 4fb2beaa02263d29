"""Features of the reference and of samples; those of the reference are kept in the cache."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from steadygan.arrays import Array, Indices
from steadygan.data import Prepared
from steadygan.data.derived import is_derived, load_or_derive
from steadygan.data.store import cache_key
from steadygan.distributed import any_process, local_main_process_first
from steadygan.evaluation.material import Material
from steadygan.evaluation.processes import extract_shared
from steadygan.evaluation.reference import Split
from steadygan.evaluation.samples import Samples
from steadygan.features import Extractor, Features, extract
from steadygan.feeding.prefetch import RowReader
from steadygan.metrics.gaussian import Gaussian

_AT_ONCE = 256


def sample_material(samples: Samples, extractor: Extractor | None, classes: int) -> Material:
    """Samples in all forms that metrics need; several processes share the work, and all of them call this.

    Args:
        samples: what is evaluated.
        extractor: of their features; None for vectors, which are their own.
        classes: how many the data have; as many of the features are taken for the same ones.
    """
    if extractor is None:
        return Material(samples.items, labels=samples.labels)
    found = extract_shared(extractor, lambda some: samples.items[some], len(samples.items))
    probabilities = None if found.probabilities is None else found.probabilities.numpy()
    return Material(
        samples.items,
        labels=samples.labels,
        features=found.features.numpy(),
        probabilities=probabilities,
        own_classes=probabilities is not None and probabilities.shape[1] == classes,
    )


def real_material(
    data: Prepared, split: Split, extractor: Extractor | None, root: Path, shared: bool = False
) -> tuple[Material, Material]:
    """The reference and the held-out items in all forms that metrics need.

    Their features are computed once for these data, this split and this extractor.

    Args:
        data: the real data.
        split: which items are which.
        extractor: of their features; None for vectors, which are their own.
        root: the folder of the cache.
        shared: whether all processes of a group call this, so that each takes a share of the work.
    """
    parts = [_without_features(data, indices) for indices in (split.training, split.held_out)]
    if extractor is None:
        return parts[0], parts[1]
    size = len(split.training)
    order = np.concatenate([split.training, split.held_out])
    key = cache_key("features", data.fingerprint, extractor.name, hashlib.blake2b(order.tobytes()).hexdigest())
    found = _features(root, key, extractor, data.images, order, size, shared)
    known = Gaussian.from_tensor(torch.from_numpy(np.array(found["statistics"])))
    probabilities = found.get("probabilities")
    whole = Material(
        data.images,
        order,
        None if data.labels is None else data.labels[order],
        found["features"],
        probabilities,
        probabilities is not None and probabilities.shape[1] == len(data.class_names),
    )
    return whole.part(0, size).with_statistics(known), whole.part(size, len(order))


def _without_features(data: Prepared, indices: Indices) -> Material:
    return Material(data.images, indices, None if data.labels is None else data.labels[indices])


def _features(
    root: Path, key: str, extractor: Extractor, images: Array, order: Indices, size: int, shared: bool
) -> dict[str, Array]:
    """The features from the cache, where they are now if they were not."""
    if not shared or not any_process(not is_derived(root, key)):
        return load_or_derive(root, key, lambda: _arrays(extract(extractor, rows(images, order)), size))[0]
    found = extract_shared(extractor, lambda some: rows(images, order[some]), len(order))
    return local_main_process_first(
        "features of the real data", lambda: load_or_derive(root, key, lambda: _arrays(found, size))[0]
    )


def _arrays(found: Features, size: int) -> dict[str, Array]:
    arrays = {
        "features": found.features.numpy(),
        "statistics": Gaussian.of(found.features[:size]).to_tensor().numpy(),
    }
    if found.probabilities is not None:
        arrays["probabilities"] = found.probabilities.numpy()
    return arrays


def rows(images: Array, order: Indices) -> Iterator[Tensor]:
    """Images in this order, a few at a time: uint8 [n, H, W, C]."""
    reader = RowReader(images)
    for low in range(0, len(order), _AT_ONCE):
        yield torch.from_numpy(reader.read(order[low : low + _AT_ONCE]))
