"""Making images with a generator, without disturbing the run that trains it."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from steadygan.feeding.labels import random_labels
from steadygan.feeding.scaling import Scaling
from steadygan.heuristics.roles import LatentHeuristic
from steadygan.layers.weights import refresh_spectral_norm

STANDING_BATCHES, STANDING_BATCH = 8, 128
CHUNK = 64
"""Images made at a time: as many as a batch of training, which has room for them."""


@contextmanager
def temporary_seed(seed: int, device: torch.device) -> Iterator[None]:
    """Seed PyTorch's global randomness on the CPU and on a device inside the block, and restore it after."""
    cuda = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=cuda):
        # Not torch.manual_seed: it seeds every device, and takes half a millisecond for it.
        torch.default_generator.manual_seed(seed)
        if cuda:
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        yield


def sampling_generator(
    network: nn.Module,
    latent: LatentHeuristic,
    device: torch.device,
    batches: int | None = None,
    class_shares: tuple[float, ...] = (),
) -> nn.Module:
    """A copy of a generator that is ready to make images.

    Batch norm gets the statistics that these weights have over many latents, instead of running averages over the
    weights of the past; spectral norm gets the singular vectors that belong to these weights.

    Args:
        network: the generator; it is not changed. One that has no layers of PyTorch may estimate its statistics itself,
            in a method ``estimate_statistics`` of pairs of latents and labels.
        latent: where its latents come from.
        device: where it is.
        batches: of latents for the statistics; :data:`STANDING_BATCHES` when None.
        class_shares: frequencies of the classes, for a generator that takes labels.

    Returns:
        The copy, in evaluation mode.

    Source: Brock et al. 2018, section 4.1 and appendix (standing statistics).
    """
    copied = copy.deepcopy(network).eval().requires_grad_(False)
    refresh_spectral_norm(copied)
    count = batches or STANDING_BATCHES
    estimate_statistics = getattr(copied, "estimate_statistics", None)
    if estimate_statistics is not None:
        with temporary_seed(0, device), torch.inference_mode():
            estimate_statistics(_standing_batches(latent, device, count, class_shares))
        return copied
    norms = [each for each in copied.modules() if isinstance(each, nn.modules.batchnorm._BatchNorm)]
    norms = [each for each in norms if each.track_running_stats]
    if not norms:
        return copied
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain mean over the batches
        norm.train()
    with temporary_seed(0, device), torch.inference_mode():
        for latents, labels in _standing_batches(latent, device, count, class_shares):
            _forward(copied, latents, labels)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
        norm.eval()
    return copied


def _standing_batches(
    latent: LatentHeuristic, device: torch.device, count: int, class_shares: tuple[float, ...]
) -> Iterator[tuple[Tensor, Tensor | None]]:
    for _ in range(count):
        labels = random_labels(STANDING_BATCH, class_shares).to(device) if class_shares else None
        yield latent.sample(STANDING_BATCH, device), labels


def generate(
    generator: nn.Module,
    latents: Tensor,
    scaling: Scaling,
    device: torch.device,
    seed: int = 0,
    labels: Tensor | None = None,
) -> Tensor:
    """Images for latents.

    Args:
        generator: a generator in evaluation mode.
        latents: float32 [N, D].
        scaling: how its output becomes storage.
        device: where the generator is.
        seed: of what is random in the generator itself, such as dropout.
        labels: int64 [N], for a generator that takes labels.

    Returns:
        On the CPU: uint8 [N, H, W, C], or float32 [N, F] for vectors.
    """
    with temporary_seed(seed, device), torch.inference_mode():
        chunks = [
            scaling.to_storage(
                _forward(generator, some.to(device), None if of is None else of.to(device)).float()
            ).cpu()
            for some, of in _chunks(latents, labels)
        ]
    return torch.cat(chunks)


def _chunks(latents: Tensor, labels: Tensor | None) -> Iterator[tuple[Tensor, Tensor | None]]:
    for low in range(0, len(latents), CHUNK):
        yield latents[low : low + CHUNK], None if labels is None else labels[low : low + CHUNK]


def _forward(network: nn.Module, latents: Tensor, labels: Tensor | None) -> Tensor:
    images: Tensor = network(latents) if labels is None else network(latents, labels)
    return images
