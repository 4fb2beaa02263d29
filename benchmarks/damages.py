"""Known damage to real images, in degrees from 0 (none) to 1; benchmarks/damage.py says what measures make of it.

Every damage makes N images of a set of real ones. At degree 0 they are the first N images of that set, and of the same
set it always makes the same.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Images = NDArray[np.uint8]
Labels = NDArray[np.int64]

BLUR = 1 / 16
"""Standard deviation of the strongest blur, of the side of an image: 2 pixels of 32."""
LEVELS = 64
"""Standard deviation of the strongest noise, and the largest shift of the mean, of 255 levels."""
DROPPED = 0.5
"""Share of the classes that are dropped at most."""
DUPLICATES = 0.9
"""Share of the images that repeat others at most, so that each that is left comes ten times."""
SEED = 14


@dataclass(frozen=True, eq=False)
class Real:
    """Real images that are damaged.

    Args:
        images: uint8 [M, H, W, C], in random order.
        labels: int64 [M]; their classes.
        training: uint8 [K, H, W, C], K at least N: what a generator may copy.
        count: N, at most M.
    """

    images: Images
    labels: Labels
    training: Images
    count: int

    @property
    def first(self) -> Images:
        """The images that nothing is done to, uint8 [N, H, W, C]."""
        return self.images[: self.count]

    def some(self, share: float) -> NDArray[np.int64]:
        """Places of that share of the N images, drawn at random; those of a smaller share are among them."""
        order = np.random.Generator(np.random.PCG64(SEED)).permutation(self.count)
        return order[: round(share * self.count)]


def blurred(real: Real, degree: float) -> Images:
    """Each image blurred by a Gaussian; the border is continued."""
    deviation = degree * BLUR * real.images.shape[1]
    if deviation == 0:
        return real.first
    reach = int(np.ceil(4 * deviation))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / deviation) ** 2)
    weights /= weights.sum()
    found = real.first.astype(np.float32)
    for axis in (1, 2):
        padding = [(reach, reach) if each == axis else (0, 0) for each in range(4)]
        padded, length = np.pad(found, padding, mode="edge"), found.shape[axis]
        found = np.zeros_like(found)
        for low, weight in enumerate(weights):
            found += np.float32(weight) * padded.take(range(low, low + length), axis)
    return _levels(found)


def noisy(real: Real, degree: float) -> Images:
    """Normal noise of each pixel and channel added to each image: the same at every degree, scaled."""
    noise = np.random.Generator(np.random.PCG64(SEED)).standard_normal(real.first.shape, np.float32)
    return _levels(real.first + degree * LEVELS * noise)


def brighter(real: Real, degree: float) -> Images:
    """Every value of each image raised alike, up to white."""
    return _levels(real.first + np.float32(degree * LEVELS))


def without_classes(real: Real, degree: float) -> Images:
    """Images of fewer classes, the last of which are dropped; others of the set take the place of what is missing."""
    classes = np.unique(real.labels)
    kept = classes[: len(classes) - round(degree * DROPPED * len(classes))]
    found = real.images[np.isin(real.labels, kept)][: real.count]
    if len(found) < real.count:
        raise SystemExit(f"Only {len(found):,} images are left without {len(classes) - len(kept)} classes; take fewer")
    return found


def duplicated(real: Real, degree: float) -> Images:
    """Images that repeat a few, each of these about equally often, in random order."""
    few = real.count - round(degree * DUPLICATES * real.count)
    places = np.arange(real.count)
    repeated = real.some(degree * DUPLICATES)
    kept = np.setdiff1d(places, repeated)
    assert len(kept) == few
    places[repeated] = kept[np.arange(len(repeated)) % max(1, few)]
    return real.first[places]


def copied(real: Real, degree: float) -> Images:
    """Copies of training images in the place of a share of the images."""
    return _replaced(real, degree, real.training[: real.count])


def swapped(real: Real, degree: float) -> Images:
    """Red and blue swapped in a share of the images."""
    return _replaced(real, degree, real.first[..., ::-1])


def mirrored(real: Real, degree: float) -> Images:
    """A share of the images mirrored, left for right."""
    return _replaced(real, degree, real.first[:, :, ::-1])


DAMAGES: Mapping[str, Callable[[Real, float], Images]] = {
    "blur": blurred,
    "noise": noisy,
    "brightness": brighter,
    "swapped channels": swapped,
    "mirrored": mirrored,
    "dropped classes": without_classes,
    "duplicates": duplicated,
    "copies of training": copied,
}
"""By name: from real images and a degree to uint8 [N, H, W, C]."""


def damages_for(channels: int) -> list[str]:
    """The damages that can be done to images of so many channels."""
    return [name for name in DAMAGES if channels > 1 or name != "swapped channels"]


def _replaced(real: Real, share: float, others: Images) -> Images:
    found, places = real.first.copy(), real.some(share)
    found[places] = others[places]
    return found


def _levels(values: NDArray[np.float32]) -> Images:
    return np.rint(values).clip(0, 255).astype(np.uint8)
