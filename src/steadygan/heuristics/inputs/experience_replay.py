"""Past fakes, shown to the discriminator again."""

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.citations import GANHACKS, SIMULATED
from steadygan.heuristics.roles import InputHeuristic
from steadygan.heuristics.turn import Memory, State, Turn
from steadygan.vocabulary import Finding, Player, Side


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
    """Exchange a share of the fakes by random ones of a buffer.

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


class ExperienceReplay(InputHeuristic):
    """The discriminator meets fakes of earlier generators again."""

    name: ClassVar[str] = "experience-replay"
    card: ClassVar[Card] = Card(
        summary="A share of each fake batch of the discriminator comes from a buffer of past fakes, so that it does "
        "not forget them.",
        formula="fakes = (1 - share) · N new ∪ share · N of the buffer; the new ones then replace random entries",
        sources=(Source(citation=GANHACKS, where="item 8"), Source(citation=SIMULATED, where="section 2.3")),
        treats=(Finding.OSCILLATION,),
        cost="memory, and space in checkpoints, for so many batches of images in float32",
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
    share: float = Field(0.5, gt=0, lt=1, description="of a fake batch, drawn from the buffer")
    batches: int = Field(50, ge=1, description="size of the buffer in batches")

    def needs_batch(self, batch: int) -> str | None:
        """Both old and new fakes must be in a batch."""
        exchanged = round(self.share * batch)
        if 0 < exchanged < batch:
            return None
        none = "past" if exchanged == 0 else "new"
        return (
            f"'{self.name}' with share {self.share:g} leaves no {none} fake in a batch of {batch}; "
            "take a larger batch or a share nearer to 0.5"
        )

    def begin(self, state: State) -> None:
        """Start with an empty buffer; its shape shows with the first fakes."""
        memory = state.memory(self.name)
        memory.clear()
        memory.update(stored=0, capacity=self.batches * state.batch)

    def apply(self, images: Tensor, side: Side, turn: Turn) -> Tensor:
        """Exchange fakes of the discriminator's move."""
        memory = turn.state.memory(self.name)
        if side is not Side.FAKE or turn.player is not Player.DISCRIMINATOR or memory["stored"] == 0:
            return images
        raw = turn.raw(side)
        if images.shape != raw.shape:
            return images
        order, entries = self._choice(memory, turn.count, images.device)
        # Which entry takes the place of each image; -1 for none.
        source = turn.local_rows(torch.full_like(order, -1).index_copy(0, order[: len(entries)], entries))
        # Other images of that side may pass here too; only those of the move itself have a share to exchange.
        old = (source >= 0) & turn.gather((images == raw).all().unsqueeze(0)).all()
        source = source.clamp_min(0)
        labels = turn.labels(side)
        if labels is not None and "labels" in memory:
            turn.relabel(side, torch.where(old, memory["labels"][source], labels))
        past = memory["images"][source].to(images.dtype)
        return torch.where(old.view(-1, *(1,) * (images.ndim - 1)), past, images)

    def _choice(self, memory: Memory, count: int, device: torch.device) -> tuple[Tensor, Tensor]:
        """What this move exchanges, of the whole batch: the same however often its images pass."""
        if "order" not in memory:
            memory["order"], memory["entries"] = choose_exchange(count, memory["stored"], self.share, device)
        return memory["order"], memory["entries"]

    def after_move(self, turn: Turn) -> None:
        """Keep the new fakes that the discriminator has just seen."""
        if turn.player is not Player.DISCRIMINATOR:
            return
        memory = turn.state.memory(self.name)
        fakes, labels = turn.gather(turn.raw(Side.FAKE).detach()), turn.labels(Side.FAKE)
        labels = None if labels is None else turn.gather(labels)
        if "order" in memory:
            # The labels of the others are those of past fakes by now.
            new = memory.pop("order")[len(memory.pop("entries")) :]
            fakes, labels = fakes[new], None if labels is None else labels[new]
        capacity: int = memory["capacity"]
        slots = choose_slots(min(len(fakes), capacity), memory["stored"], capacity, fakes.device)
        self._store(memory, "images", fakes.float(), slots)
        if labels is not None:
            self._store(memory, "labels", labels, slots)
        memory["stored"] = min(memory["stored"] + len(slots), capacity)

    def _store(self, memory: Memory, key: str, values: Tensor, slots: Tensor) -> None:
        """Put values into the slots of a tensor that has one for each entry of the buffer."""
        if key not in memory:
            memory[key] = values.new_zeros(memory["capacity"], *values.shape[1:])
        memory[key].index_copy_(0, slots, values[: len(slots)])
