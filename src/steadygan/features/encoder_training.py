"""Trains an encoder on the user's own images: by their labels, or to tell changed images from whole ones."""

from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from steadygan.arrays import Array, Indices
from steadygan.features.encoder import Encoder, EncoderConfig
from steadygan.features.pixels import pixels
from steadygan.features.pretext import changed

SEEN = 160_000
"""Images seen in all, however many there are: within three minutes on two cores at 32x32."""
BATCH = 256
RATE, WEIGHT_DECAY = 4e-3, 0.05
SMOOTHING = 0.1
"""Of labels, so that the encoder does not grow ever surer."""
SHIFT = 2
"""Pixels by which images are moved at most, of 32."""
MEASURED = 5_000
"""Images whose mean and deviation stand for all."""


def train_encoder(
    config: EncoderConfig, images: Array, labels: Array | None, chosen: Indices, seed: int = 0, seen: int = SEEN
) -> Encoder:
    """A trained encoder.

    The result depends on the arguments and, by rounding, on the machine. The caller's random numbers are left alone.

    Args:
        config: what the encoder is built from.
        images: uint8 [N, H, W, C], which may be a memory map.
        labels: int64 [N] in 0..classes - 1; None for learning from the images alone.
        chosen: the indices of the images to train on, all of which have labels where there are any.
        seed: of the weights, the order of images, and their changes.
        seen: images to see in all.

    Returns:
        The encoder, in evaluation mode.

    Source: He et al. 2015 for the network; Smith and Topin 2017 for the course of the learning rate.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = Encoder(config)
    generator = torch.Generator().manual_seed(seed)
    _measure(encoder, images, chosen)
    encoder.to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    batch = min(BATCH, len(chosen))
    steps = max(1, seen // batch)
    optimiser = torch.optim.AdamW(encoder.parameters(), RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps + 1, pct_start=0.25)
    with torch.enable_grad():
        for picked in _batches(chosen, batch, steps, seed):
            shown = encoder.standardised(torch.from_numpy(images[picked]))
            shown = _shifted(shown, generator)
            if labels is None:
                shown, targets = changed(shown, generator)
            else:
                targets = torch.from_numpy(labels[picked])
            _, logits = encoder(shown.contiguous(memory_format=torch.channels_last))
            loss = F.cross_entropy(logits, targets, label_smoothing=SMOOTHING)
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
            schedule.step()
    return encoder.to(memory_format=torch.contiguous_format).eval().requires_grad_(False)  # type: ignore[call-overload, no-any-return]


def _measure(encoder: Encoder, images: Array, chosen: Indices) -> None:
    """Write down the mean and the deviation of each channel over the data."""
    rows = np.unique(np.linspace(0, len(chosen) - 1, MEASURED).astype(np.int64))
    found = pixels(torch.from_numpy(images[chosen[rows]]), encoder.config.channels, encoder.config.size).double()
    encoder.mean.copy_(found.mean((0, 2, 3), keepdim=True))
    encoder.deviation.copy_(found.std((0, 2, 3), keepdim=True).clamp(min=1.0))  # of an image of one colour it is 0


def _batches(chosen: Indices, batch: int, steps: int, seed: int) -> Iterator[Indices]:
    """Each image once, in random order, then each once again; ascending within a batch, as memory maps like it."""
    random = np.random.Generator(np.random.PCG64(seed))
    waiting = np.empty(0, np.int64)
    for _ in range(steps):
        if len(waiting) < batch:
            waiting = np.concatenate([waiting, random.permutation(chosen)])
        picked, waiting = waiting[:batch], waiting[batch:]
        yield random.permutation(picked)


def _shifted(images: Tensor, generator: torch.Generator) -> Tensor:
    """All images of a batch moved by a few pixels, with their border continued."""
    size = images.shape[-1]
    most = max(1, SHIFT * size // 32)
    top, left = torch.randint(0, 2 * most + 1, (2,), generator=generator).tolist()
    padded = F.pad(images, (most,) * 4, mode="replicate")
    return padded[:, :, top : top + size, left : left + size]
