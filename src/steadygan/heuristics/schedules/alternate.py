"""How many moves each player has in a step."""

from typing import ClassVar

from pydantic import Field

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.citations import GAN, GANHACKS
from steadygan.heuristics.roles import Schedule
from steadygan.heuristics.turn import State
from steadygan.vocabulary import Finding, Player


def alternate(discriminator_moves: int = 1, generator_moves: int = 1) -> tuple[Player, ...]:
    """The moves of one step: first the discriminator's, then the generator's.

    Args:
        discriminator_moves: how many, at least 1; each sees its own batch of real images.
        generator_moves: how many, at least 1; each draws its own latents.

    Returns:
        The players in the order of their moves.

    Source: Goodfellow et al. 2014, algorithm 1; ganhacks, item 14.
    """
    return (Player.DISCRIMINATOR,) * discriminator_moves + (Player.GENERATOR,) * generator_moves


class Alternate(Schedule):
    """A fixed number of moves each."""

    name: ClassVar[str] = "alternate"
    card: ClassVar[Card] = Card(
        summary="The players take turns with a fixed number of moves each.",
        formula="k moves of D, then m moves of G",
        sources=(Source(citation=GAN, where="algorithm 1"), Source(citation=GANHACKS, where="item 14")),
        treats=(Finding.GARBAGE_FOOLING,),
        cost="time grows with the moves",
        example=(
            "from steadygan.heuristics.schedules import alternate\n"
            "for player in alternate(discriminator_moves=2):\n    ..."
        ),
        note=(
            "The clock counts the real images of every discriminator move. Reusing fakes, as PyTorch's DCGAN example "
            "does, saves one of the generator's forward passes a step."
        ),
    )
    discriminator_moves: int = Field(1, ge=1, le=100)
    generator_moves: int = Field(1, ge=1, le=100)
    reuse_fakes: bool = Field(
        False, description="the generator answers for the very fakes that the discriminator has just judged"
    )

    def moves(self, state: State) -> tuple[Player, ...]:
        """See :func:`alternate`."""
        return alternate(self.discriminator_moves, self.generator_moves)
