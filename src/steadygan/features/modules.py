"""Features of any network of PyTorch."""

import hashlib

import torch
from torch import Tensor, nn

from steadygan.errors import SteadyganError
from steadygan.features.exact import CPU, full_precision
from steadygan.features.extractor import Features
from steadygan.features.pixels import pixels


def digest_of(network: nn.Module) -> str:
    """A short digest of a network's parameters and buffers, which tells two trainings apart."""
    digest = hashlib.blake2b(digest_size=4)
    for name, tensor in sorted(network.state_dict().items()):
        if isinstance(tensor, Tensor):
            value = tensor.detach().cpu().contiguous()
            digest.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
            digest.update(value.flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


class ModuleExtractor:
    """Features of a network of the user's own.

    It is called where it lies, in evaluation mode, without gradients, and with the modes of its modules restored
    afterwards.

    Args:
        network: from float32 [N, C, H, W] in [-1, 1] to features [N, D], or to a pair of features and logits [N, K].
            Where it has an attribute ``input_size``, images are resized to that height and width; where it has
            ``input_channels``, 1 or 3, to these channels.
        name: for the name of the protocol; the name of its class when None.

    Attributes:
        name: such as ``module-MyEncoder-3f9c2a81``, with a digest of its weights.
        classes: K; 0 until it was called, where it gives features alone.
    """

    def __init__(self, network: nn.Module, name: str | None = None) -> None:
        self.network = network
        self.size: int | None = getattr(network, "input_size", None)
        self.channels: int | None = getattr(network, "input_channels", None)
        resized = "" if self.size is None else f"-{self.size}px"
        self.name = f"module-{name or type(network).__name__}{resized}-{digest_of(network)}"
        self.classes = 0

    @torch.inference_mode()
    def __call__(self, images: Tensor) -> Features:
        """The features of a few hundred images at most.

        Args:
            images: uint8 [N, H, W, C].

        Raises:
            SteadyganError: when the network gives something else than features, or features and logits.
        """
        device = next((each.device for each in self.network.state_dict().values() if isinstance(each, Tensor)), CPU)
        given = (pixels(images, self.channels, self.size) / 127.5 - 1).to(device)
        training = {module: module.training for module in self.network.modules()}
        self.network.eval()
        try:
            with full_precision(device):
                found = self.network(given)
        except RuntimeError as error:
            reason = str(error).splitlines()[0]
            raise SteadyganError(f"'{self.name}' refuses images of shape {list(given.shape)}: {reason}") from error
        finally:
            for module, mode in training.items():
                module.training = mode
        features = checked(found, len(given), self.name)
        self.classes = 0 if features.probabilities is None else features.probabilities.shape[1]
        return features


def checked(found: object, count: int, name: str) -> Features:
    """What a network answered, as features and probabilities on the CPU.

    Args:
        found: features [N, D], or a pair of these and logits [N, K].
        count: N.
        name: what the network is called.

    Raises:
        SteadyganError: when it is something else.
    """
    parts = list(found) if isinstance(found, tuple | list) else [found]
    right = all(isinstance(part, Tensor) and part.ndim == 2 and len(part) == count for part in parts)
    if not right or len(parts) not in (1, 2):
        shapes = ", ".join(str(list(p.shape)) if isinstance(p, Tensor) else type(p).__name__ for p in parts)
        raise SteadyganError(
            f"'{name}' must give features [N, D], or features and logits [N, K], and N is {count}, not {shapes}."
        )
    features, *logits = (part.float().cpu() for part in parts if isinstance(part, Tensor))
    return Features(features, logits[0].softmax(1) if logits else None)
