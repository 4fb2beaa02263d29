"""Features of a network in an ONNX file."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from steadygan.errors import SteadyganError
from steadygan.features.exact import CPU
from steadygan.features.extractor import Features
from steadygan.features.modules import checked
from steadygan.features.pixels import pixels

CUDA = "CUDAExecutionProvider"
"""What onnxruntime calls an NVIDIA GPU."""


class OnnxExtractor:
    """Features of a network that takes float32 [N, C, H, W] in [-1, 1].

    Its first output is the features [N, D]; a second, if there is one, the logits [N, K]. A fixed height and a fixed
    number of channels of its input are kept to.

    Args:
        path: the file.
        device: where it is to run; on a GPU only if onnxruntime is built for it.

    Raises:
        SteadyganError: when onnxruntime is not installed, or the file is no such network.
    """

    def __init__(self, path: Path, device: torch.device = CPU) -> None:
        try:
            import onnxruntime
        except ImportError:
            raise SteadyganError(
                "Features of an ONNX file need onnxruntime; install it: pip install 'steadygan[onnx]'"
            ) from None
        try:
            content = path.read_bytes()
            providers = providers_for(device, onnxruntime.get_available_providers())
            self._session: Any = onnxruntime.InferenceSession(content, providers=providers)
        except Exception as error:  # onnxruntime raises classes of its own that have no common base
            reason = (str(error) or type(error).__name__).splitlines()[0]
            raise SteadyganError(f"'{path}' cannot be read as an ONNX network: {reason}") from error
        given = self._session.get_inputs()
        if len(given) != 1 or len(given[0].shape) != 4:
            raise SteadyganError(f"'{path}' must have one input of shape [N, C, H, W] to give features of images.")
        self._input = given[0].name
        count, channels, size, _ = given[0].shape
        self._batch: int | None = count if isinstance(count, int) else None
        self._channels: int | None = channels if isinstance(channels, int) else None
        self._size: int | None = size if isinstance(size, int) else None
        outputs = self._session.get_outputs()
        self.name = f"onnx-{path.stem}-{hashlib.blake2b(content, digest_size=4).hexdigest()}"
        last = outputs[1].shape[-1] if len(outputs) > 1 else 0
        self.classes = last if isinstance(last, int) else 0

    def __call__(self, images: Tensor) -> Features:
        """The features of a few hundred images at most.

        Args:
            images: uint8 [N, H, W, C].

        Raises:
            SteadyganError: when the network refuses them, or gives neither features nor features and logits.
        """
        given = pixels(images, self._channels, self._size) / 127.5 - 1
        answers = [self._answer(part) for part in torch.split(given, self._batch or len(given))]
        parts = tuple(torch.cat(of_one) for of_one in zip(*answers, strict=True))
        return checked(parts, len(given), self.name)

    def _answer(self, given: Tensor) -> list[Tensor]:
        missing = max(0, (self._batch or 0) - len(given))  # a file may be for batches of one length only
        padded = torch.cat([given, given[:1].expand(missing, -1, -1, -1)])
        try:
            found = self._session.run(None, {self._input: padded.numpy()})
        except Exception as error:  # onnxruntime raises classes of its own that have no common base
            reason = (str(error) or type(error).__name__).splitlines()[0]
            raise SteadyganError(f"'{self.name}' refuses images of shape {list(given.shape)}: {reason}") from error
        return [torch.from_numpy(part)[: len(given)] for part in found]


def providers_for(device: torch.device, available: Sequence[str]) -> list[str | tuple[str, dict[str, int]]]:
    """What onnxruntime is to compute with, in the order in which it tries them.

    Args:
        device: where a network is to run.
        available: what this build of onnxruntime has.
    """
    found: list[str | tuple[str, dict[str, int]]] = ["CPUExecutionProvider"]
    if device.type == "cuda" and CUDA in available:
        # onnxruntime has no device of its own to go by, so it is told this process's
        number = torch.cuda.current_device() if device.index is None else device.index
        found.insert(0, (CUDA, {"device_id": number, "use_tf32": 0}))
    return found
