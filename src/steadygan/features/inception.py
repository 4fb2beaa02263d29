"""Features of the Inception network of the field's FID, with the weights and the input of torch-fidelity."""

import hashlib
import pickle
from pathlib import Path
from urllib.error import URLError

import torch
from torch import Tensor, nn

from steadygan.data.store import cache_folder
from steadygan.errors import SteadyganError
from steadygan.features.exact import CPU, full_precision
from steadygan.features.extractor import Features
from steadygan.features.pixels import pixels

URL = "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/weights-inception-2015-12-05-6726825d.pth"
HASH_PREFIX = "6726825d"
"""How the SHA-256 of the weights begins."""
FILE = "weights-inception-2015-12-05-6726825d.pth"
NAME = "inception-v3-compat"


class InceptionExtractor:
    """Features [N, 2048] of the last pooling layer, and probabilities of 1008 classes from logits without a bias.

    Args:
        network: from uint8 [N, 3, H, W] to features and logits; it resizes to 299 x 299 itself.
        digest: of the weights, if they are not the field's own.
        device: where it is to run.

    Source: Heusel et al. 2017, "GANs Trained by a Two Time-Scale Update Rule"; Obukhov et al. 2020, torch-fidelity.
    """

    classes = 1008

    def __init__(self, network: nn.Module, digest: str = "", device: torch.device = CPU) -> None:
        self._network, self._device = network.to(device), device
        self.name = f"{NAME}-{digest}" if digest else NAME

    @torch.inference_mode()
    def __call__(self, images: Tensor) -> Features:
        """The features of a few hundred images at most, from uint8 [N, H, W, C]; grey images are seen as colour."""
        given = pixels(images, 3).to(torch.uint8).to(self._device)
        with full_precision(self._device):
            features, logits = self._network(given)
        return Features(features.float().cpu(), logits.float().softmax(1).cpu())


def inception_extractor(
    cache: Path | None = None, weights: Path | None = None, device: torch.device = CPU
) -> InceptionExtractor:
    """Inception with the field's weights, which are downloaded once and kept in the cache.

    Args:
        cache: the folder of the cache; ``$STEADYGAN_CACHE`` or ``~/.cache/steadygan`` when None.
        weights: torch-fidelity's file of weights, where there is one already.
        device: where it is to run.

    Raises:
        SteadyganError: when torch-fidelity is not installed, or the weights cannot be had or read.
    """
    try:
        from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
    except ImportError:
        raise SteadyganError(
            "The features 'inception' need torch-fidelity; install it: pip install 'steadygan[inception]'"
        ) from None
    path = weights or downloaded(cache_folder(cache) / "weights" / FILE)
    digest = _checked(path)
    try:
        network = FeatureExtractorInceptionV3("inception", ["2048", "logits_unbiased"], str(path))
    except (RuntimeError, AttributeError, TypeError, KeyError) as error:
        raise SteadyganError(
            f"'{path}' does not hold the weights of torch-fidelity's Inception; download {URL}"
        ) from error
    own = "" if digest.startswith(HASH_PREFIX) else digest[:8]
    return InceptionExtractor(network.eval().requires_grad_(False), own, device)


def downloaded(path: Path) -> Path:
    """The weights in the cache, fetched now if they are not there; their hash is checked.

    Args:
        path: where they are kept.

    Raises:
        SteadyganError: when they cannot be fetched or are not what they should be.
    """
    if path.is_file():
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(URL, str(path), hash_prefix=HASH_PREFIX, progress=False)
    except (URLError, OSError, RuntimeError) as error:
        raise SteadyganError(
            f"The weights of 'inception' cannot be downloaded ({error}): fetch {URL} where there is internet, put "
            f"it at '{path}', or use the features 'domain', which need no download."
        ) from error
    return path


def _checked(path: Path) -> str:
    """The SHA-256 of a file of plain tensors.

    torch-fidelity reads its file as a pickle that may run anything. What can be read as tensors alone runs nothing, so
    that is tried first.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        content = path.read_bytes()
    except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as error:
        raise SteadyganError(f"'{path}' cannot be read as weights: download {URL} again") from error
    if not isinstance(state, dict):
        raise SteadyganError(f"'{path}' does not hold the weights of torch-fidelity's Inception; download {URL}")
    return hashlib.sha256(content).hexdigest()
