"""A schedule with a fixed number of moves for each player."""

from typing import ClassVar

from pydantic import Field

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import Schedule
from steadygan.heuristics.state import State
from steadygan.vocabulary import Failure, Player


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
    """Each player has a fixed number of moves in a step."""

    name: ClassVar[str] = "alternate"
    card: ClassVar[Card] = Card(
        summary="The players take turns with a fixed number of moves each.",
        formula="k moves of D, then m moves of G",
        sources=(
            Source(citation="goodfellow2014gan", where="algorithm 1"),
            Source(citation="chintala2016ganhacks", where="item 14"),
        ),
        treats=(Failure.GARBAGE_FOOLING,),
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
        False, description="the generator is trained on the same fakes as the discriminator's last move"
    )
    fresh_reals: bool = Field(
        False,
        description="the generator's move sees real images of its own instead of the discriminator's last ones",
    )

    def moves(self, state: State) -> tuple[Player, ...]:
        """See :func:`alternate`."""
        return alternate(self.discriminator_moves, self.generator_moves)
