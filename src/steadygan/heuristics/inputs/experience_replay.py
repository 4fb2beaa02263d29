"""Past fakes, shown to the discriminator again."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from steadygan.heuristics.base import Company
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.moments import AfterMove, Memory, Remembers, ReplacesImages
from steadygan.heuristics.roles import InputHeuristic
from steadygan.heuristics.state import State
from steadygan.heuristics.turn import Turn
from steadygan.vocabulary import Failure, Player, Side


def choose_exchange(
    count: int, stored: int, share: float, device: torch.device, generator: torch.Generator | None = None
) -> tuple[Tensor, Tensor]:
    """Choose which images of a batch give way to which entries of a buffer, each at most once.

    Args:
        count: images in the batch, N.
        stored: entries in the buffer.
        share: share of the batch that gives way, in [0, 1]; fewer if the buffer has fewer.
        device: where to put the choice.
        generator: source of randomness on that device; the global one when None.

    Returns:
        A random order of the batch, int64 [N], whose first K images give way, and the K entries, int64 [K];
        K = min(round(share · N), stored).
    """
    exchanged = min(round(share * count), stored)
    order = torch.randperm(count, device=device, generator=generator)
    entries = torch.randperm(stored, device=device, generator=generator)[:exchanged]
    return order, entries


def exchange(images: Tensor, buffer: Tensor, share: float = 0.5, generator: torch.Generator | None = None) -> Tensor:
    """Replace a share of the fakes by random ones from a buffer.

    Args:
        images: float [N, ...].
        buffer: past fakes, float [B, ...]; may be empty.
        share: share of the images that gives way, in [0, 1].
        generator: source of randomness on the images' device; the global one when None.

    Returns:
        float [N, ...]: round(share · N) images, or B if that is fewer, are random entries of the buffer in random
        places, the others as they were.

    Source: Shrivastava et al. 2016, section 2.3.
    """
    order, entries = choose_exchange(len(images), len(buffer), share, images.device, generator)
    return images.index_copy(0, order[: len(entries)], buffer[entries].to(images.dtype))


def choose_slots(
    count: int, stored: int, capacity: int, device: torch.device, generator: torch.Generator | None = None
) -> Tensor:
    """Where new images go in a buffer: into free slots first, then over random old ones.

    Args:
        count: how many new images, at most ``capacity``.
        stored: slots that are taken; they are the first ones.
        capacity: all slots.
        device: where to put the choice.
        generator: source of randomness on that device; the global one when None.

    Returns:
        int64 [count], all different.

    Source: Shrivastava et al. 2016, section 2.3, for the full buffer.
    """
    free = min(count, capacity - stored)
    replaced = torch.randperm(stored, device=device, generator=generator)[: count - free]
    return torch.cat((torch.arange(stored, stored + free, device=device), replaced))


@dataclass
class Buffer(Memory):
    """Past fakes.

    Attributes:
        capacity: how many there is room for.
        stored: how many there are; they are the first ones.
        images: float32 [capacity, ...]; None before the first fakes.
        labels: int64 [capacity]; None where fakes have none.
        order: a random order of the images of the move that is going on, int64 [B]; None between moves.
        exchanged: how many of them, the first of this order, gave way to past ones.
    """

    capacity: int
    stored: int = 0
    images: Tensor | None = None
    labels: Tensor | None = None
    order: Tensor | None = None
    exchanged: int = 0


class ExperienceReplay(InputHeuristic, Remembers[Buffer], ReplacesImages, AfterMove):
    """Some of the discriminator's fakes come from earlier generators."""

    name: ClassVar[str] = "experience-replay"
    card: ClassVar[Card] = Card(
        summary="A share of each fake batch of the discriminator comes from a buffer of past fakes, so that it does "
        "not forget them.",
        formula="fakes = (1 - share) · N new ∪ share · N of the buffer; the new ones then replace random entries",
        sources=(
            Source(citation="chintala2016ganhacks", where="item 8"),
            Source(citation="shrivastava2016simulated", where="section 2.3"),
        ),
        treats=(Failure.OSCILLATION,),
        cost="memory, and space in checkpoints, for the images of the buffer in float32",
        example=(
            "from steadygan.heuristics.inputs import exchange\n"
            "past = torch.rand(200, 3, 8, 8) * 2 - 1\n"
            "logits = discriminator(exchange(fake, past, 0.5))"
        ),
        note=(
            "Made for refined images, here for generated ones. The source does not say how the buffer is filled: here "
            "every new fake that the discriminator has seen is kept until the buffer is full, and replaces a random "
            "one from then on. The generator's moves have only new fakes."
        ),
    )
    share: float = Field(0.5, gt=0, lt=1, description="share of a batch of fakes that comes from the buffer")
    batches: int = Field(50, ge=1, description="size of the buffer in batches")

    def objection(self, company: Company) -> str | None:
        """Refuses a batch that would not have both old and new fakes."""
        batch, exchanged = company.batch, round(self.share * company.batch)
        if 0 < exchanged < batch:
            return None
        none = "past" if exchanged == 0 else "new"
        return (
            f"'{self.name}' with share {self.share:g} leaves no {none} fake in a batch of {batch}; "
            "take a larger batch or a share nearer to 0.5"
        )

    def initial_memory(self, state: State) -> Buffer:
        """Start with an empty buffer; its shape shows with the first fakes."""
        return Buffer(self.batches * state.batch)

    def replace(self, images: Tensor, labels: Tensor | None, side: Side, turn: Turn) -> tuple[Tensor, Tensor | None]:
        """Replace some fakes in the discriminator's moves."""
        memory = turn.state.memory(self)
        if side is not Side.FAKE or turn.player is not Player.DISCRIMINATOR or memory.images is None:
            return images, labels
        # Where each image stands in a random order of the whole batch: the first ones give way.
        chances = torch.rand(len(images), dtype=torch.float64, device=images.device)
        everyone = turn.gather(chances)
        exchanged = min(round(self.share * len(everyone)), memory.stored)
        entries = torch.randperm(memory.stored, device=images.device)[:exchanged]
        rank = (everyone[None] < chances[:, None]).sum(1)
        old, source = rank < exchanged, entries[rank.clamp_max(exchanged - 1)]
        memory.order, memory.exchanged = everyone.argsort(), exchanged
        if labels is not None and memory.labels is not None:
            labels = torch.where(old, memory.labels[source], labels)
        past = memory.images[source].to(images.dtype)
        return torch.where(old.view(-1, *(1,) * (images.ndim - 1)), past, images), labels

    def after_move(self, turn: Turn) -> None:
        """Keep the new fakes that the discriminator has just seen."""
        if turn.player is not Player.DISCRIMINATOR:
            return
        memory, labels = turn.state.memory(self), turn.labels(Side.FAKE)
        fakes = turn.gather(turn.images(Side.FAKE).detach()).float()
        labels = None if labels is None else turn.gather(labels)
        if memory.order is not None:
            # The labels of the others are those of past fakes by now.
            new = memory.order[memory.exchanged :]
            fakes, labels, memory.order = fakes[new], None if labels is None else labels[new], None
        slots = choose_slots(min(len(fakes), memory.capacity), memory.stored, memory.capacity, fakes.device)
        memory.images = _stored(memory.images, fakes, slots, memory.capacity)
        memory.labels = None if labels is None else _stored(memory.labels, labels, slots, memory.capacity)
        memory.stored = min(memory.stored + len(slots), memory.capacity)


def _stored(buffer: Tensor | None, values: Tensor, slots: Tensor, capacity: int) -> Tensor:
    """The buffer, made if there is none, with values in some of its slots."""
    buffer = values.new_zeros(capacity, *values.shape[1:]) if buffer is None else buffer
    return buffer.index_copy_(0, slots, values[: len(slots)])
