"""The extractor that a name, a path or a network stands for."""

from pathlib import Path

import torch
from torch import nn

from steadygan.data import Prepared
from steadygan.data.data_source import Progress, no_progress
from steadygan.errors import SteadyganError, nearest
from steadygan.features.dinov2 import dinov2_extractor
from steadygan.features.domain import domain_extractor
from steadygan.features.exact import CPU
from steadygan.features.extractor import Extractor
from steadygan.features.inception import inception_extractor
from steadygan.features.modules import ModuleExtractor
from steadygan.features.onnx_file import OnnxExtractor
from steadygan.plugins import entry_point_names, resolve

GROUP = "steadygan.features"
"""The entry points by which other packages offer networks as extractors."""
NAMES = ("domain", "inception", "dinov2")


def find_extractor(
    name: str | Path | nn.Module = "domain",
    data: Prepared | None = None,
    cache: Path | None = None,
    *,
    weights: Path | None = None,
    seed: int = 0,
    labels: bool | None = None,
    progress: Progress = no_progress,
    device: torch.device = CPU,
) -> Extractor:
    """The extractor of a name.

    Args:
        name: ``domain``, ``inception`` or ``dinov2``; the path of an ``.onnx`` file; a network, or ``module:NAME`` of
            one or of a function that makes one: float32 [N, C, H, W] in [-1, 1] to features [N, D], or to features and
            logits.
        data: the prepared images; ``domain`` learns from them.
        cache: the folder of the cache; ``$STEADYGAN_CACHE`` or ``~/.cache/steadygan`` when None.
        weights: where the weights of ``inception`` (a file) or ``dinov2`` (a folder) are, to use without a network.
        seed: of the training of ``domain``.
        labels: whether ``domain`` learns from labels; if there are enough when None.
        progress: called, while ``domain`` is trained, with the number of images seen and of all that are to be seen.
        device: where the network is to run; features come back on the CPU. A network that is given stays where it is.

    Raises:
        SteadyganError: when there is no such extractor, or it cannot be had here.
    """
    if isinstance(name, nn.Module):
        return ModuleExtractor(name)
    if name == "domain":
        if data is None:
            raise SteadyganError("The features 'domain' are learned from data; say which.")
        return domain_extractor(data, cache, seed, labels, progress=progress, device=device)
    if name == "inception":
        return inception_extractor(cache, weights, device)
    if name == "dinov2":
        return dinov2_extractor(weights, device)
    if isinstance(name, Path) or name.lower().endswith(".onnx"):
        return _of_file(Path(name), device)
    return _of_reference(name, device)


def _of_file(path: Path, device: torch.device) -> Extractor:
    if path.suffix.lower() != ".onnx":
        raise SteadyganError(f"'{path}' is no ONNX file; export the network to one, or name it as module:NAME.")
    if not path.is_file():
        raise SteadyganError(f"There is no file '{path}'; name an ONNX file that is there.")
    return OnnxExtractor(path, device)


def _of_reference(name: str, device: torch.device) -> Extractor:
    found = resolve(name, GROUP)
    if found is None:
        raise SteadyganError(f"There are no features '{name}': {nearest(name, [*NAMES, *entry_point_names(GROUP)])}")
    if not isinstance(found, nn.Module) and callable(found):
        found = found()
    if not isinstance(found, nn.Module):
        raise SteadyganError(f"'{name}' is a {type(found).__name__}; name a network, or a function that makes one.")
    extractor = ModuleExtractor(found, name.rpartition(":")[2])
    found.to(device)
    return extractor
