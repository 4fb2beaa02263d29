"""Compares the measures with other people's, on the same features; prints differences and times.

    python -m pip install prdc torchmetrics
    python -m pip install --no-deps torch-fidelity
    python benchmarks/metric_references.py [--items 10000] [--length 128] [--threads 1]

Features are random, because weights of Inception do not matter here. torch-fidelity wants torchvision, for feature
extractors that are not used here; where that is not installed, something empty takes its place. References that are not
installed are left out, and named.
"""

import argparse
import contextlib
import importlib
import importlib.util
import io
import sys
import time
import types
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from steadygan.metrics.classes import inception_score
from steadygan.metrics.gaussian import Gaussian, frechet_distance
from steadygan.metrics.kernel import kernel_distance
from steadygan.metrics.neighbourhoods import neighbourhoods
from steadygan.metrics.similarity import WEIGHTS, scales, structural_similarity

SEED = 2020
"""torch-fidelity's."""
PARTS = 10


class Case(NamedTuple):
    """What is measured: features of real and generated items, logits, and pairs of images by their size."""

    real: Tensor
    fake: Tensor
    logits: Tensor
    images: dict[int, tuple[Tensor, Tensor]]


class Comparison(NamedTuple):
    """A measure, ours and somebody else's: figures in the same order."""

    measure: str
    reference: str
    ours: Callable[[Case], Sequence[float]]
    theirs: Callable[[Case], Sequence[float]]

    @property
    def name(self) -> str:
        """Tells it from the others."""
        return f"{self.measure}, {self.reference}"


def case(items: int = 10_000, length: int = 128, pairs: int = 10) -> Case:
    """Correlated features, the generated ones wider and moved; noisy images with structure."""
    generator = torch.Generator().manual_seed(0)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    mixed = normal(length, length) / length**0.5
    real, fake = normal(items, length) @ mixed, 1.1 * normal(items - items // 10, length) @ mixed + 0.05
    images = {}
    for size in (11, 28, 32, 48, 104, 176):
        smooth = torch.nn.functional.interpolate(normal(pairs, 3, 6, 6), size=size, mode="bilinear")
        both = [(127 + 60 * smooth + 20 * normal(pairs, 3, size, size)).clamp(0, 255) for _ in range(2)]
        first, second = (image.to(torch.uint8).permute(0, 2, 3, 1).contiguous() for image in both)
        images[size] = (first, second)
    return Case(real, fake, 3 * normal(items, 10), images)


@contextlib.contextmanager
def _torchvision() -> Iterator[None]:
    """Something empty in place of torchvision, if that is not there."""
    if importlib.util.find_spec("torchvision"):
        yield
        return

    class Empty(types.ModuleType):
        def __getattr__(self, name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            return sys.modules.get(f"{self.__name__}.{name}") or type(name, (), {})

    names = ("torchvision", *(f"torchvision.{part}" for part in ("datasets", "transforms", "transforms.functional")))
    sys.modules |= {name: Empty(name) for name in names}
    try:
        yield
    finally:
        for name in names:
            del sys.modules[name]


def fidelity(part: str) -> Any:
    """A module of torch-fidelity."""
    with _torchvision():
        return importlib.import_module(f"torch_fidelity.metric_{part}")


def _frechet(case: Case) -> list[float]:
    return [frechet_distance(Gaussian.of(case.fake), Gaussian.of(case.real))]


def _frechet_scipy(case: Case) -> list[float]:
    from scipy.linalg import sqrtm

    means = [features.mean(0).numpy() for features in (case.fake, case.real)]
    first, second = (np.cov(features.numpy(), rowvar=False) for features in (case.fake, case.real))
    root = sqrtm(first @ second).real
    return [float(np.square(means[0] - means[1]).sum() + np.trace(first + second - 2 * root))]


def _frechet_fidelity(case: Case) -> list[float]:
    module = fidelity("fid")
    first, second = (module.fid_features_to_statistics(features) for features in (case.fake, case.real))
    return list(module.fid_statistics_to_metric(first, second, verbose=False).values())


def _kernel(case: Case) -> list[float]:
    found = kernel_distance(case.fake, case.real, size=_size(case), seed=SEED)  # the first is drawn first
    independent = min(100, len(case.fake) / _size(case))
    return [found.value, found.error * (independent * 99 / 100) ** 0.5]  # the deviation, with 100 below it


def _kernel_fidelity(case: Case) -> list[float]:
    found = fidelity("kid").kid_features_to_metric(
        case.fake, case.real, kid_subsets=100, kid_subset_size=_size(case), rng_seed=SEED, verbose=False
    )
    return list(found.values())


def _size(case: Case) -> int:
    return min(1000, len(case.fake) // 2)


def _inception(case: Case) -> list[float]:
    found = inception_score(case.logits.softmax(1), PARTS, seed=SEED)
    return [found.value, found.error * (PARTS - 1) ** 0.5]


def _inception_fidelity(case: Case) -> list[float]:
    return list(fidelity("isc").isc_features_to_metric(case.logits, PARTS, shuffle=True, rng_seed=SEED).values())


def _precision_fidelity(case: Case) -> list[float]:
    options = {"prc_neighborhood": 3, "prc_batch_size": 10_000, "save_cpu_ram": False, "verbose": False}
    return list(fidelity("prc").prc_features_to_metric(case.fake, case.real, **options).values())[:2]


def _prdc(case: Case) -> list[float]:
    prdc = importlib.import_module("prdc")
    with contextlib.redirect_stdout(io.StringIO()):
        found = prdc.compute_prdc(case.real.numpy(), case.fake.numpy(), nearest_k=5)
    return [float(found[name]) for name in ("precision", "recall", "density", "coverage")]


def _similarity(size: int) -> Callable[[Case], list[float]]:
    return lambda case: structural_similarity(*case.images[size]).tolist()


def _similarity_torchmetrics(size: int) -> Callable[[Case], list[float]]:
    def theirs(case: Case) -> list[float]:
        functional = importlib.import_module("torchmetrics.functional.image")
        first, second = (images.permute(0, 3, 1, 2).double() for images in case.images[size])
        weights = WEIGHTS[: scales(size, size)]
        weights = tuple(weight / sum(weights) for weight in weights)
        found = functional.multiscale_structural_similarity_index_measure(
            first, second, data_range=255.0, betas=weights, reduction="none"
        )
        return found.tolist()

    return theirs


COMPARISONS = (
    Comparison("Fréchet distance", "scipy", _frechet, _frechet_scipy),
    Comparison("Fréchet distance", "torch_fidelity", _frechet, _frechet_fidelity),
    Comparison("kernel distance and deviation", "torch_fidelity", _kernel, _kernel_fidelity),
    Comparison("Inception score and deviation", "torch_fidelity", _inception, _inception_fidelity),
    Comparison(
        "precision, recall",
        "torch_fidelity",
        lambda case: neighbourhoods(case.real, case.fake)[:2],
        _precision_fidelity,
    ),
    Comparison(
        "precision, recall, density, coverage",
        "prdc",
        lambda case: neighbourhoods(case.real, case.fake, k=5),
        _prdc,
    ),
    *(
        Comparison(
            f"MS-SSIM at {scales(size, size)} of 5 scales, {size}x{size}",
            "torchmetrics",
            _similarity(size),
            _similarity_torchmetrics(size),
        )
        for size in (11, 28, 32, 48, 104, 176)
    ),
)


def relative_difference(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The largest of several figures."""
    return max(abs(our - their) / abs(their) if our != their else 0.0 for our, their in zip(ours, theirs, strict=True))


def _timed(measure: Callable[[Case], Sequence[float]], given: Case) -> tuple[Sequence[float], float]:
    start = time.perf_counter()
    found = measure(given)
    return found, time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--length", type=int, default=128)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    given = case(arguments.items, arguments.length)
    print("| measure | reference | ours | theirs | relative difference | seconds | theirs | ratio |")
    print("| --- " * 8 + "|")
    missing = set()
    for comparison in COMPARISONS:
        if importlib.util.find_spec(comparison.reference) is None:
            missing.add(comparison.reference)
            continue
        if comparison.reference == "torch_fidelity":
            fidelity("fid")  # importing it takes longer than measuring
        theirs, their_seconds = _timed(comparison.theirs, given)
        ours, seconds = _timed(comparison.ours, given)
        figures = [", ".join(f"{figure:.8g}" for figure in found[:4]) for found in (ours, theirs)]
        cells = [comparison.measure, comparison.reference, *figures, f"{relative_difference(ours, theirs):.1e}"]
        cells += [f"{seconds:.2f}", f"{their_seconds:.2f}", f"{seconds / their_seconds:.2f}"]
        print("| " + " | ".join(cells) + " |", flush=True)
    if missing:
        print(f"Not installed: {', '.join(sorted(missing))}", file=sys.stderr)


if __name__ == "__main__":
    main()
