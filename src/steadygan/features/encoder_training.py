"""Trains an encoder on the user's own images: by their labels, or by groups of alike images that it finds itself."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from steadygan.arrays import Array, Indices
from steadygan.data.data_source import Progress, no_progress
from steadygan.features.clusters import cluster_images
from steadygan.features.conditions import askew, conditioned
from steadygan.features.encoder import FEATURES, Encoder, EncoderConfig
from steadygan.features.pixels import pixels
from steadygan.features.pretext import CHANGES, changed

SEEN = 160_000
"""Images seen in all, however many there are: within three minutes on two cores at 32x32."""
BATCH = 256
RATE, WEIGHT_DECAY, WARM_UP = 4e-3, 0.05, 0.25
SMOOTHING = 0.1
"""Of labels, so that the encoder does not grow ever surer."""
SHIFT = 2
"""Pixels by which images are moved at most, of 32."""
MEASURED = 5_000
"""Images whose mean and deviation stand for all."""
GROUPED, GROUPED_SIZE = 15_000, 32
"""Images that are grouped where there are no labels, and the size to which they are reduced for it."""
CHANGED_SHARE = 0.5
"""Share of each batch, where there are no labels, from which the encoder learns to tell changed images."""


class Lesson(NamedTuple):
    """What an encoder learns from.

    Attributes:
        images: uint8 [N, H, W, C], which may be a memory map.
        labels: int64 [N] in 0..classes - 1; None for learning from the images alone.
        chosen: the indices of the images to train on, all of which have labels where there are any.
    """

    images: Array
    labels: Array | None
    chosen: Indices


def train_encoder(
    config: EncoderConfig, lesson: Lesson, seed: int = 0, seen: int = SEEN, progress: Progress = no_progress
) -> Encoder:
    """A trained encoder.

    Without labels, images are first grouped by the patches that they consist of, and the groups are the classes. Half
    of each batch is then for another question, what was done to an image, because groups say little of details. All of
    them are seen in changing conditions, or how images were sampled would be the easiest answer to both.

    The result depends on the arguments and, by rounding, on the machine. The caller's random numbers are left alone.

    Args:
        config: what the encoder is built from.
        lesson: what it learns from.
        seed: of the weights, the order of images, and their changes.
        seen: images to see in all.
        progress: called after each step with the number of images seen and ``seen``.

    Returns:
        The encoder, in evaluation mode.

    Source: He et al. 2015 for the network; Caron et al. 2018, "Deep Clustering for Unsupervised Learning of Visual
    Features", for classes that are clusters.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder, tell_changes = Encoder(config), nn.Linear(FEATURES, CHANGES)
    generator = torch.Generator().manual_seed(seed)
    _measure(encoder, lesson)
    unlabelled = lesson.labels is None
    if unlabelled:
        lesson = _grouped(lesson, config, generator)
    encoder.to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    batch = min(BATCH, len(lesson.chosen))
    steps = max(1, seen // batch)
    optimiser = torch.optim.AdamW([*encoder.parameters(), *tell_changes.parameters()], RATE, weight_decay=WEIGHT_DECAY)
    with torch.enable_grad():
        for step, picked in enumerate(_batches(lesson.chosen, batch, steps, seed)):
            for group in optimiser.param_groups:
                group["lr"] = RATE * _rate((step + 0.5) / steps)
            shown = _shifted(encoder.standardised(encoder.resized(torch.from_numpy(lesson.images[picked]))), generator)
            labels = torch.from_numpy(lesson.labels[picked])  # type: ignore[index]  # without any, it was grouped
            if unlabelled:
                loss = _loss_without_labels(encoder, tell_changes, shown, labels, generator)
            else:
                loss = _cross_entropy(encoder(_laid_out(shown))[1], labels)
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
            progress(min(seen, (step + 1) * batch), seen)
    return encoder.to(memory_format=torch.contiguous_format).eval().requires_grad_(False)  # type: ignore[call-overload, no-any-return]


def _loss_without_labels(
    encoder: Encoder, tell_changes: nn.Linear, shown: Tensor, groups: Tensor, generator: torch.Generator
) -> Tensor:
    whole = len(shown) - round(CHANGED_SHARE * len(shown))
    shown = askew(shown, generator)
    others, kinds = changed(shown[whole:], generator)
    features, logits = encoder(_laid_out(conditioned(torch.cat([shown[:whole], others]), generator)))
    return _cross_entropy(logits[:whole], groups[:whole]) + _cross_entropy(tell_changes(features[whole:]), kinds)


def _cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    return F.cross_entropy(logits, labels, label_smoothing=SMOOTHING)


def _laid_out(images: Tensor) -> Tensor:
    return images.contiguous(memory_format=torch.channels_last)


def _rate(progress: float) -> float:
    """The learning rate, of its largest: a line up, then half a cosine down."""
    if progress < WARM_UP:
        return progress / WARM_UP
    return float(0.5 + 0.5 * np.cos(np.pi * (progress - WARM_UP) / (1 - WARM_UP)))


def _grouped(lesson: Lesson, config: EncoderConfig, generator: torch.Generator) -> Lesson:
    """The same images, or some of them, with their groups as labels."""
    order = torch.randperm(len(lesson.chosen), generator=generator)[:GROUPED].numpy()
    some = lesson.chosen[np.sort(order)]
    size = min(config.size, GROUPED_SIZE)
    small = [pixels(torch.from_numpy(lesson.images[part]), config.channels, size) for part in _parts(some)]
    groups = cluster_images(torch.cat(small) / 127.5 - 1, min(config.classes, len(some)), generator)
    labels = np.full(len(lesson.images), -1, np.int64)
    labels[some] = groups.numpy()
    return Lesson(lesson.images, labels, some)


def _measure(encoder: Encoder, lesson: Lesson) -> None:
    """Write down the mean and the deviation of each channel over the data."""
    rows = np.unique(np.linspace(0, len(lesson.chosen) - 1, MEASURED).astype(np.int64))
    size, channels = encoder.config.size, encoder.config.channels
    some = lesson.chosen[rows]
    found = torch.cat([pixels(torch.from_numpy(lesson.images[part]), channels, size) for part in _parts(some)])
    encoder.mean.copy_(found.double().mean((0, 2, 3), keepdim=True))
    encoder.deviation.copy_(found.double().std((0, 2, 3), keepdim=True).clamp(min=1.0))  # of one colour alone it is 0


def _parts(chosen: Indices) -> list[Indices]:
    """Few enough at a time that large images are never all in memory as floats."""
    return np.array_split(chosen, max(1, len(chosen) // BATCH))


def _batches(chosen: Indices, batch: int, steps: int, seed: int) -> Iterator[Indices]:
    """Each image once, in random order, then each once again."""
    random = np.random.Generator(np.random.PCG64(seed))
    waiting = np.empty(0, np.int64)
    for _ in range(steps):
        if len(waiting) < batch:
            waiting = np.concatenate([waiting, random.permutation(chosen)])
        picked, waiting = waiting[:batch], waiting[batch:]
        yield picked


def _shifted(images: Tensor, generator: torch.Generator) -> Tensor:
    """All images of a batch moved by a few pixels, with their border continued."""
    size = images.shape[-1]
    most = max(1, SHIFT * size // 32)
    top, left = torch.randint(0, 2 * most + 1, (2,), generator=generator).tolist()
    padded = F.pad(images, (most,) * 4, mode="replicate")
    return padded[:, :, top : top + size, left : left + size]
