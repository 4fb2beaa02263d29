"""The nearest training item of each sample and of each held-out item, by features and by pixels."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from steadygan.arrays import Array
from steadygan.data.derived import load_or_derive
from steadygan.data.store import cache_key
from steadygan.evaluation.material import Material
from steadygan.metrics.memorisation import Nearest, nearest


def with_nearest(
    real: Material, held_out: Material, fake: Material, root: Path, fingerprint: str, features: str
) -> tuple[Material, Material]:
    """The held-out items and the samples, each with the nearest item of the reference.

    Those of held-out items are kept in the cache, as are the reference's small images.

    Args:
        real: the reference.
        held_out: real items that are not in the reference.
        fake: the samples.
        root: the folder of the cache.
        fingerprint: of the real data.
        features: the name of the extractor.
    """
    identity = (fingerprint, real.digest, held_out.digest)
    small, _ = load_or_derive(root, cache_key("pixels", *identity), lambda: _small(real, held_out))
    pixels = torch.from_numpy(np.array(small["reference"]))
    points = real.points()

    def derive() -> dict[str, Array]:
        by_features = nearest(held_out.points(), points)
        by_pixels = nearest(torch.from_numpy(np.array(small["heldout"])), pixels)
        return {**_packed(by_features, "features"), **_packed(by_pixels, "pixels")}

    found, _ = load_or_derive(root, cache_key("nearest", features, *identity), derive)
    theirs = held_out.with_nearest(_unpacked(found, "features"), _unpacked(found, "pixels"))
    return theirs, fake.with_nearest(nearest(fake.points(), points), nearest(fake.pixels, pixels))


def _small(real: Material, held_out: Material) -> dict[str, Array]:
    return {"reference": real.pixels.numpy(), "heldout": held_out.pixels.numpy()}


def _packed(found: Nearest, name: str) -> dict[str, Array]:
    return {f"{name}distances": found.distances.numpy(), f"{name}indices": found.indices.numpy()}


def _unpacked(found: dict[str, Array], name: str) -> Nearest:
    return Nearest(_tensor(found[f"{name}distances"]), _tensor(found[f"{name}indices"]))


def _tensor(array: Array) -> Tensor:
    return torch.from_numpy(np.array(array))
