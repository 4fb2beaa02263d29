"""Moves against past checkpoints of the opponent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.moments import AfterStep, Memory, Remembers, ReplacesOpponent
from steadygan.heuristics.roles import ScheduleModifier
from steadygan.heuristics.state import State
from steadygan.heuristics.turn import Turn
from steadygan.vocabulary import Failure, Player


@torch.no_grad()
def snapshot(network: nn.Module) -> dict[str, Tensor]:
    """A copy of a network's parameters and buffers by name, for :func:`torch.func.functional_call`."""
    tensors = {**dict(network.named_parameters()), **dict(network.named_buffers())}
    return {name: tensor.detach().clone() for name, tensor in tensors.items()}


@dataclass
class Snapshots(Memory):
    """Copies of both networks.

    Attributes:
        kept: parameters and buffers by player and name, the oldest first.
        due: images seen at which the next copy is made.
    """

    kept: list[dict[str, dict[str, Tensor]]]
    due: int


class PastCheckpoints(ScheduleModifier, Remembers[Snapshots], ReplacesOpponent, AfterStep):
    """A player sometimes moves against a past checkpoint of its opponent."""

    name: ClassVar[str] = "past-checkpoints"
    card: ClassVar[Card] = Card(
        summary="Sometimes a player moves against a past checkpoint of its opponent, so that it does not forget it.",
        formula="with probability p the opponent's weights are θ(t - j·every), j drawn from the last `keep`",
        sources=(
            Source(citation="chintala2016ganhacks", where="item 8"),
            Source(citation="pfau2016actorcritic", where="section 3"),
        ),
        treats=(Failure.OSCILLATION, Failure.MODE_COLLAPSE),
        cost="`keep` copies of both networks, in checkpoints too",
        example=(
            "from steadygan.heuristics.schedules import snapshot\nfrom torch.func import functional_call\n"
            "past = snapshot(discriminator)\n# ... some moves later, in the generator's move:\n"
            "logits = functional_call(discriminator, past, (fake,))"
        ),
        note=(
            "The list swaps checkpoints in for a few iterations at a time; here each move draws for itself. How often, "
            "how old and how many are our choice. Pfau and Vinyals describe replay buffers and target networks, of "
            "which this is the counterpart in a GAN. Beside unrolled, a move against the past is not unrolled."
        ),
    )
    every: int = Field(10_000, ge=1, description="images seen between two copies")
    keep: int = Field(5, ge=1, le=100, description="copies; the oldest goes")
    probability: float = Field(0.1, ge=0, le=1, description="probability that a move is against one of the copies")

    def initial_memory(self, state: State) -> Snapshots:
        """Start without copies."""
        return Snapshots([], state.images_seen + self.every)

    def opponent(self, turn: Turn) -> Mapping[str, Tensor] | None:
        """One of the copies, drawn from torch's global generator on the CPU; buffers may be changed by its use."""
        snapshots = turn.state.memory(self).kept
        if not snapshots or torch.rand(()).item() >= self.probability:
            return None
        chosen = snapshots[int(torch.randint(len(snapshots), ()).item())][turn.player.other.value]
        buffers = {name for name, _ in turn.state.network(turn.player.other).named_buffers()}
        return {name: tensor.clone() if name in buffers else tensor for name, tensor in chosen.items()}

    def after_step(self, state: State) -> None:
        """Copy both networks when it is time."""
        memory = state.memory(self)
        if state.images_seen >= memory.due:
            networks = {player.value: snapshot(state.network(player)) for player in Player}
            memory.kept = [*memory.kept, networks][-self.keep :]
            memory.due += ((state.images_seen - memory.due) // self.every + 1) * self.every
