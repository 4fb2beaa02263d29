"""Features of DINOv2, which agree with people's judgement better than Inception's do."""

from pathlib import Path

import torch
from torch import Tensor, nn

from steadygan.errors import SteadyganError
from steadygan.features.exact import CPU, full_precision
from steadygan.features.extractor import Features
from steadygan.features.modules import digest_of
from steadygan.features.pixels import pixels

MODEL = "facebook/dinov2-large"
SIZE = 224
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of the colours of ImageNet, in [0, 1], with which it was trained."""


class DinoExtractor:
    """Features [N, D] of the class token after the last norm, of images resized to 224 x 224 by bicubic interpolation.

    Args:
        network: a ``Dinov2Model`` of transformers.
        device: where it is to run.

    Source: Stein et al. 2023, "Exposing flaws of generative model evaluation metrics and their unfair treatment of
    diffusion models"; Oquab et al. 2023, "DINOv2".
    """

    classes = 0

    def __init__(self, network: nn.Module, device: torch.device = CPU) -> None:
        self.name = f"dinov2-{SIZE}px-{digest_of(network)}"
        self._network, self._device = network.to(device), device

    @torch.inference_mode()
    def __call__(self, images: Tensor) -> Features:
        """The features of a few hundred images at most, from uint8 [N, H, W, C]; grey images are seen as colour."""
        mean, deviation = (torch.tensor(each).view(1, 3, 1, 1) for each in (MEAN, DEVIATION))
        given = (pixels(images, 3, SIZE, "bicubic") / 255 - mean) / deviation
        with full_precision(self._device):
            return Features(self._network(pixel_values=given.to(self._device)).pooler_output.float().cpu(), None)


def dinov2_extractor(weights: Path | None = None, device: torch.device = CPU) -> DinoExtractor:
    """DINOv2, of the large size unless a folder holds another.

    Args:
        weights: a folder to which transformers saved the network; when None, it is downloaded once by transformers.
        device: where it is to run.

    Raises:
        SteadyganError: when transformers is not installed, or the network cannot be had.
    """
    try:
        from transformers import Dinov2Model
    except ImportError:
        raise SteadyganError(
            "The features 'dinov2' need transformers; install it: pip install 'steadygan[dinov2]'"
        ) from None
    try:
        network = Dinov2Model.from_pretrained(str(weights or MODEL), use_safetensors=True)
    except (OSError, ValueError, RuntimeError) as error:
        raise SteadyganError(
            f"The network of 'dinov2' cannot be loaded from '{weights or MODEL}': save {MODEL} to a folder where there "
            "is internet and name that folder, or use the features 'domain', which need no download."
        ) from error
    return DinoExtractor(network.eval().requires_grad_(False), device)
