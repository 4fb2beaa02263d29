"""Learning rates that differ between the players."""

from typing import ClassVar

from pydantic import Field

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.clock import Number
from steadygan.heuristics.roles import UpdateModifier
from steadygan.vocabulary import Failure, Player


def two_time_scales(player: Player, discriminator: float = 2.0, generator: float = 0.5) -> float:
    """The factor of a player's learning rate.

    Args:
        player: whose.
        discriminator: the discriminator's factor, above 0.
        generator: the generator's factor, above 0.

    Source: Heusel et al. 2017, section 2; the ratio of 4 is Zhang et al. 2018, section 4.
    """
    return discriminator if player is Player.DISCRIMINATOR else generator


class TwoTimeScales(UpdateModifier):
    """Each player has its own learning rate."""

    name: ClassVar[str] = "two-time-scales"
    card: ClassVar[Card] = Card(
        summary="The discriminator learns faster than the generator, so that it can keep up without extra moves.",
        formula="lr_D = lr · discriminator, lr_G = lr · generator",
        sources=(
            Source(citation="heusel2017ttur", where="section 2"),
            Source(citation="zhang2018selfattention", where="section 4"),
        ),
        treats=(Failure.OSCILLATION, Failure.MODE_COLLAPSE, Failure.GARBAGE_FOOLING),
        example=(
            "from steadygan.heuristics.updates import two_time_scales\n"
            "from steadygan.vocabulary import Player\n"
            "lr = 2e-4 * two_time_scales(Player.DISCRIMINATOR)  # 4e-4"
        ),
        note=(
            "The factors multiply the rate of each player's update; with adam's 2e-4 the defaults are SAGAN's 4e-4 and "
            "1e-4, used there with spectral norm in both networks. Heusel et al. tune both rates for each data set, "
            "and versions of their code also have a generator that is the faster one. The convergence that they prove "
            "needs rates that fall to 0, which constant factors do not do."
        ),
    )
    discriminator: float = Field(2.0, gt=0)
    generator: float = Field(0.5, gt=0)

    def rate(self, player: Player, images_seen: Number) -> Number:
        """See :func:`two_time_scales`."""
        return two_time_scales(player, self.discriminator, self.generator)
