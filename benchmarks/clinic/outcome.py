"""How good a training came out, by judges that know nothing of the doctor's signals."""

import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import numpy as np

sys.path.append(str(Path(__file__).parent.parent))
from glyph_evaluator import UNSEEN_SEED, features_and_classes, trained_classifier
from rank_agreement import ruler_in
from steadygan.data.glyphs import draw_glyphs
from steadygan.metrics.gaussian import Gaussian, frechet_distance

SAMPLES = 2000


def judged(data: str, samples: np.ndarray, shared: Path) -> dict[str, float]:
    """The figures of samples: a Fréchet distance of images, modes and high quality of points.

    Args:
        data: the name of the clinic's data.
        samples: uint8 [N, H, W, C], or float [N, 2].
        shared: the folder that holds the evaluator and its data.
    """
    if not np.isfinite(samples).all():
        return {"finite": 0.0}
    if data in ("grid25", "ring8"):
        found = ruler(shared).judge_points(data, samples)
        return {key: float(found[key]) for key in ("modes", "of", "high_quality")}
    if data == "glyphs":
        fake, _ = features_and_classes(trained_classifier(), _enlarged(samples))
        return {"fid": frechet_distance(_glyph_features(), Gaussian.of(fake))}
    return {"fid": _Images(data, shared).distance(samples)}


@cache
def ruler(shared: Path) -> ModuleType:
    """The evaluator as a module."""
    return ruler_in(shared)


class _Images:
    """The evaluator's distance of images to its own 10,000 real ones, brought to the size of the samples first."""

    _known: ClassVar[dict[str, np.ndarray]] = {}

    def __init__(self, data: str, shared: Path) -> None:
        self.module, self.data = ruler(shared), data
        self.channels = 1 if data == "mnist" else 3
        self.network = self.module.load_evaluator(data)

    def distance(self, samples: np.ndarray) -> float:
        """Of samples, uint8 [N, H, W, C]."""
        size = samples.shape[1]
        key = f"{self.data}-{size}"
        if key not in self._known:
            images, _ = self.module.mnist_train() if self.data == "mnist" else self.module.cifar_split("train")
            chosen = np.random.default_rng(1234).permutation(len(images))[:10_000]
            self._known[key] = self._features(_reduced(images[chosen], size))
        return float(self.module.frechet(self._known[key], self._features(samples)))

    def _features(self, images: np.ndarray) -> np.ndarray:
        return self.module.run(self.network, self.module.as_unit(images, self.channels))[0]


@cache
def _glyph_features() -> Gaussian:
    real = _enlarged(_reduced(draw_glyphs(5000, seed=UNSEEN_SEED)[0], 16))
    return Gaussian.of(features_and_classes(trained_classifier(), real)[0])


def _reduced(images: np.ndarray, size: int) -> np.ndarray:
    return _resized(images, size)


def _enlarged(images: np.ndarray) -> np.ndarray:
    return _resized(images, 32)


def _resized(images: np.ndarray, size: int) -> np.ndarray:
    import torch

    images = images[..., None] if images.ndim == 3 else images
    if images.shape[1] == size:
        return images
    x = torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).float()
    x = torch.nn.functional.interpolate(x, size=(size, size), mode="bilinear", antialias=True, align_corners=False)
    return x.round().clamp(0, 255).byte().permute(0, 2, 3, 1).numpy()


def harm(figures: dict[str, float], twins: list[dict[str, float]]) -> float | None:
    """The distance of a training to the data over that of its healthy twins; None for points, and without numbers.

    Args:
        figures: of the training.
        twins: of the healthy ones.
    """
    usual = [each["fid"] for each in twins if "fid" in each]
    return figures["fid"] / float(np.median(usual)) if "fid" in figures and usual else None


def failed(figures: dict[str, float], twins: list[dict[str, float]]) -> bool | None:
    """Whether a training failed, beside healthy ones of the same recipe and data.

    Args:
        figures: of the training.
        twins: of the healthy ones.

    Returns:
        None between the two: not clearly worse, and not as good.
    """
    if not figures.get("finite", 1.0):
        return True
    ratio = harm(figures, twins)
    if ratio is not None:
        return True if ratio > WORSE else False if ratio < ALIKE else None
    usual_modes = float(np.median([each["modes"] for each in twins]))
    usual_quality = float(np.median([each["high_quality"] for each in twins]))
    modes, quality = figures["modes"] / usual_modes, figures["high_quality"] / max(usual_quality, 1e-9)
    if modes < 0.8 or quality < 0.4:
        return True
    return False if modes >= 0.95 and quality > 0.7 else None


WORSE, ALIKE = 1.6, 1.3
"""Times a healthy twin's Fréchet distance above which a training has failed, and below which it is healthy."""
