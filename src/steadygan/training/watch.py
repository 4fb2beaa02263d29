"""Looks at a run while it trains, without touching it: what the doctor's rules judge by."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from steadygan.distributed import network_input, replicated
from steadygan.doctor.looks import Looks, Shown
from steadygan.feeding.labels import random_labels
from steadygan.feeding.loader import Batch
from steadygan.training.forward import generator_forward
from steadygan.training.state import TrainingState
from steadygan.training.turn import Fakes, TrainingTurn
from steadygan.vocabulary import Player

LOOKED_AT = {"images": 64, "vectors": 256}
"""Items of each side at a look."""
SURVEYED = {"images": 512, "vectors": 1024}
"""Fakes and reals at a survey."""
STEPS, BATCH = 20, 64
"""A look comes after this many steps with a batch of this size, or as many images in other batches."""
LOOKS_PER_SURVEY = {"images": 4, "vectors": 8}
"""Points are seen some fifty times as fast as images, so that comparing many of them costs more beside training."""
SEED = 20151


class Watch:
    """Looks at a run every few steps.

    Latents and real images are the same at every look. Networks are used as training uses them, so batch norm has
    the statistics of each batch; buffers and random numbers are put back afterwards.

    Args:
        state: of the run, which stays as it is.
    """

    def __init__(self, state: TrainingState) -> None:
        self.state = state
        self.looks = Looks()
        self.seconds = 0.0
        kind = state.data.kind
        self._count, self._many, self._surveyed_every = LOOKED_AT[kind], SURVEYED[kind], LOOKS_PER_SURVEY[kind]
        generator = torch.Generator().manual_seed(SEED)
        self._latents = state.recipe.latent.sample(self._many, torch.device("cpu"), generator)
        self._labels = random_labels(self._many, state.class_shares, generator) if state.class_shares else None
        self._real: Batch | None = None
        self._looked = state.images_seen
        self._made = 0

    def is_due(self) -> bool:
        """Whether to look now: it depends on images seen alone, so that a resumed run looks at the same moments."""
        return self.state.images_seen - self._looked >= STEPS * max(BATCH, self.state.batch)

    def look(self) -> dict[str, float | None]:
        """Look at the run now.

        Returns:
            Figures for a row; see :meth:`steadygan.doctor.looks.Looks.look`.
        """
        begun = time.perf_counter()
        with torch.no_grad(), self._untouched(), replicated():
            shown = self._shown(surveys=(self._made + 1) % self._surveyed_every == 0)
        found = self.looks.look(shown)
        self._looked, self._made = self.state.images_seen, self._made + 1
        self.seconds += time.perf_counter() - begun
        return found

    def _shown(self, surveys: bool) -> Shown:
        state = self.state
        if self._real is None:
            self._real = state.loader.reference(min(self._many, len(state.data) - state.loader.held_out_count))
        many = self._fakes(self._many if surveys else self._count)
        count = self._count
        images, labels = self._real.images[:count], None if self._real.labels is None else self._real.labels[:count]
        fakes = many[:count]
        fake_labels = None if self._labels is None else self._labels[:count].to(state.device)
        held_out = None
        if state.recipe.held_out_share > 0:
            others, theirs = next(iter(state.held_out_chunks(count)))
            held_out = self._scores(others, theirs)
        return Shown(
            steps=state.steps,
            real_logits=self._scores(images, labels),
            fake_logits=self._scores(fakes, fake_labels),
            held_out_logits=held_out,
            real=images.cpu(),
            fake=fakes.cpu(),
            fixed=fakes.cpu(),
            many=many.cpu() if surveys else None,
            reference=self._real.images.cpu() if surveys else None,
            generator=state.networks[Player.GENERATOR],
            discriminator=state.networks[Player.DISCRIMINATOR],
        )

    def _fakes(self, count: int) -> Tensor:
        made = []
        with self.state.in_precision():
            for low in range(0, count, self.state.batch):
                part = slice(low, min(count, low + self.state.batch))
                labels = None if self._labels is None else self._labels[part].to(self.state.device)
                with network_input(part.stop - low):
                    made.append(generator_forward(self._generator, self._latents[part].to(self.state.device), labels))
        return torch.cat(made).float()

    @property
    def _generator(self) -> nn.Module:
        return self.state.networks[Player.GENERATOR]

    def _scores(self, images: Tensor, labels: Tensor | None) -> Tensor:
        parts = []
        for low in range(0, len(images), self.state.batch):
            part = slice(low, low + self.state.batch)
            some, theirs = images[part], None if labels is None else labels[part]
            fakes = Fakes(some, self._latents[: len(some)], theirs)
            turn = TrainingTurn(Player.DISCRIMINATOR, self.state, Batch(some, theirs), fakes, quiet=True)
            parts.append(turn.score(some, theirs))
        return torch.cat(parts)

    @contextmanager
    def _untouched(self) -> Iterator[None]:
        """Put random numbers and the buffers of all networks back afterwards."""
        networks = list(self.state.networks.values())
        kept = [(buffer, buffer.clone()) for network in networks for buffer in network.buffers()]
        devices = [self.state.device] if self.state.device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices):
            yield
        for buffer, before in kept:
            buffer.copy_(before)

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {
            "looks": self.looks.state_dict(),
            "looked": self._looked,
            "made": self._made,
        }

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Go on from :meth:`state_dict`."""
        self.looks.load_state_dict(saved["looks"])
        self._looked, self._made = saved["looked"], saved["made"]
