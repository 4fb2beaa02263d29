"""Do features of the domain put generators in the same order as an evaluator outside the package does?

    python benchmarks/rank_agreement.py SHARED NAME --data DATA SAMPLES ... [--samples 10000] [--last 6]
        [--learn labels images] [--seed 0] [--seen 160000] [--out table.json]

SHARED is a folder with `ruler/ruler.py` and the data that it reads; NAME is what it calls them, `mnist` or `cifar10`.
DATA is what `steadygan train` takes. Each of SAMPLES is a run folder, whose generator makes the samples, an `.npz` file
or a folder of images. Prints the Fréchet distance of each in the ruler's features and in those of the domain, learned
with labels and without, the floor (real images that were held out), and Spearman's rank correlation with the ruler:
over all, and over the last few, to be given in the order of their age.
"""

import argparse
import importlib.util
import json
import sys
import time
from pathlib import Path
from types import ModuleType

import numpy as np

import steadygan
from steadygan.data import Prepared, prepare
from steadygan.features import Extractor, extract, split_indices
from steadygan.features.domain import domain_extractor
from steadygan.features.encoder_training import SEEN
from steadygan.metrics.gaussian import Gaussian, frechet_distance

REFERENCE = 10_000
"""Real images that the samples are compared with."""


def ruler_in(shared: Path) -> ModuleType:
    """The ruler as a module."""
    path = shared / "ruler" / "ruler.py"
    spec = importlib.util.spec_from_file_location("ruler", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise SystemExit(f"there is no '{path}'")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def samples_of(path: Path, count: int, ruler: ModuleType) -> np.ndarray:
    """Samples of a run, a file or a folder, uint8 [N, H, W, C]."""
    if (path / "generator.safetensors").exists():
        return steadygan.load(path).sample(count)
    images = ruler.read_samples(path)[:count]
    return images[..., None] if images.ndim == 3 else images


def rank_correlation(first: list[float], second: list[float]) -> float:
    """Spearman's; distances have no ties."""
    ranks = [np.argsort(np.argsort(each)) for each in (first, second)]
    return float(np.corrcoef(*ranks)[0, 1])


class Ruler:
    """The evaluator's Fréchet distance to its own 10,000 real images."""

    def __init__(self, module: ModuleType, name: str) -> None:
        images, _ = module.mnist_train() if name == "mnist" else module.cifar_split("train")
        self._module, self._channels = module, 1 if name == "mnist" else 3
        self._network = module.load_evaluator(name)
        chosen = np.random.default_rng(1234).permutation(len(images))[:REFERENCE]  # as the ruler chooses them
        self._reference = self._features(images[chosen])

    def distance(self, images: np.ndarray) -> float:
        """Of samples."""
        return float(self._module.frechet(self._reference, self._features(images)))

    def _features(self, images: np.ndarray) -> np.ndarray:
        features, _ = self._module.run(self._network, self._module.as_unit(images, self._channels))
        return features


class Domain:
    """The Fréchet distance in features of the domain."""

    def __init__(self, extractor: Extractor, data: Prepared) -> None:
        self.extractor = extractor
        kept, held_out = split_indices(len(data))
        chosen = np.sort(np.random.default_rng(0).permutation(kept)[:REFERENCE])
        self._reference = self._statistics(np.asarray(data.images[chosen]))
        self.floor = self.distance(np.asarray(data.images[held_out]))

    def distance(self, images: np.ndarray) -> float:
        """Of samples."""
        return frechet_distance(self._reference, self._statistics(images))

    def _statistics(self, images: np.ndarray) -> Gaussian:
        return Gaussian.of(extract(self.extractor, images).features)


def domains(arguments: argparse.Namespace, data: Prepared) -> dict[str, Domain]:
    """The domain's features, learned in each way that was asked for."""
    made = {}
    for how in arguments.learn:
        started = time.perf_counter()
        extractor = domain_extractor(data, arguments.cache, arguments.seed, how == "labels", arguments.seen)
        print(f"{extractor.name}: {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
        made[how] = Domain(extractor, data)
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", type=Path)
    parser.add_argument("name", choices=["mnist", "cifar10"])
    parser.add_argument("paths", nargs="+", type=Path, metavar="SAMPLES")
    parser.add_argument("--data", required=True)
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--last", type=int, default=6)
    parser.add_argument("--learn", nargs="+", choices=["labels", "images"], default=["labels", "images"])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seen", type=int, default=SEEN)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    module = ruler_in(arguments.shared)
    data = prepare(arguments.data, cache=arguments.cache)
    measures = domains(arguments, data)
    ruler = Ruler(module, arguments.name)
    columns: dict[str, list[float]] = {"ruler": [], **{how: [] for how in measures}}
    print("| samples | ruler | " + " | ".join(measures[how].extractor.name for how in measures) + " |")
    print("| --- " * (len(measures) + 2) + "|")
    for path in arguments.paths:
        images = samples_of(path, arguments.samples, module)
        columns["ruler"].append(ruler.distance(images))
        for how, measure in measures.items():
            columns[how].append(measure.distance(images))
        print(f"| {path.name} | " + " | ".join(f"{each[-1]:.3f}" for each in columns.values()) + " |", flush=True)
    print("| floor | | " + " | ".join(f"{measure.floor:.3f}" for measure in measures.values()) + " |")
    for how, found in columns.items():
        if how != "ruler":
            whole = rank_correlation(columns["ruler"], found)
            last = rank_correlation(columns["ruler"][-arguments.last :], found[-arguments.last :])
            print(
                f"{how}: Spearman {whole:.3f} of {len(found)}, {last:.3f} of the last {min(arguments.last, len(found))}"
            )
    if arguments.out:
        arguments.out.write_text(json.dumps({"samples": [str(path) for path in arguments.paths], **columns}))


if __name__ == "__main__":
    main()
