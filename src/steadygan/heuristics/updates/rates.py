"""Learning rates that differ between the players or change over time."""

from typing import ClassVar, Self

from pydantic import Field, model_validator

from steadygan.heuristics.base import Player
from steadygan.heuristics.card import Card, Finding, Source
from steadygan.heuristics.roles import UpdateModifier


def two_time_scales(player: Player, discriminator: float = 2.0, generator: float = 0.5) -> float:
    """By what a player's learning rate is multiplied.

    Args:
        player: whose.
        discriminator: the discriminator's factor, above 0.
        generator: the generator's factor, above 0.

    Source: Heusel et al. 2017, section 2; the ratio of 4 is Zhang et al. 2018, section 4.
    """
    return discriminator if player is Player.DISCRIMINATOR else generator


def linear_decay(images_seen: int, start: int = 0, images: int = 1_000_000, floor: float = 0.0) -> float:
    """Share of the learning rate that is left.

    Args:
        images_seen: real images seen so far, at least 0.
        start: images until which all of it is left.
        images: images from which ``floor`` is left, above ``start``.
        floor: the share that stays, in [0, 1].

    Returns:
        A number in [floor, 1], falling in a straight line between ``start`` and ``images``.
    """
    passed = min(max((images_seen - start) / (images - start), 0.0), 1.0)
    return 1.0 - (1.0 - floor) * passed


class TwoTimeScales(UpdateModifier):
    """A rate for each player."""

    name: ClassVar[str] = "two-time-scales"
    card: ClassVar[Card] = Card(
        summary="The discriminator learns faster than the generator, so that it can keep up without extra moves.",
        formula="lr_D = lr · discriminator, lr_G = lr · generator",
        sources=(
            Source(citation="heusel2017ttur", where="section 2"),
            Source(citation="zhang2018selfattention", where="section 4"),
        ),
        treats=(Finding.OSCILLATION, Finding.MODE_COLLAPSE),
        example=(
            "from steadygan.heuristics.updates import two_time_scales\n"
            "from steadygan.heuristics.base import Player\n"
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

    def rate(self, player: Player, images_seen: int) -> float:
        """See :func:`two_time_scales`."""
        return two_time_scales(player, self.discriminator, self.generator)


class LrDecay(UpdateModifier):
    """Smaller and smaller steps."""

    name: ClassVar[str] = "lr-decay"
    card: ClassVar[Card] = Card(
        summary="Learning rates fall in a straight line over the run, so that the players come to rest.",
        formula="lr · (1 - (1 - floor) · clip((images seen - start) / (images - start), 0, 1))",
        sources=(
            Source(citation="gulrajani2017wgangp", where="gan_cifar_resnet.py of its code"),
            Source(citation="miyato2018spectral", where="sn_cifar10_unconditional.yml of its code"),
        ),
        treats=(Finding.OSCILLATION,),
        example=(
            "from steadygan.heuristics.updates import linear_decay\n"
            "lr = 2e-4 * linear_decay(images_seen=500_000)  # 1e-4"
        ),
        note=(
            "Both sources decay from the first step to 0 at the last (100,000 and 50,000 generator steps of 64 images, "
            "five discriminator moves each). A heuristic does not know how long a run will be: set 'images' to its "
            "length. With floor 0 nothing moves any more beyond it."
        ),
    )
    start: int = Field(0, ge=0, description="images seen until which the rates stay")
    images: int = Field(1_000_000, gt=0, description="images seen from which only the floor is left")
    floor: float = Field(0.0, ge=0, le=1, description="share of the rates that stays")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.start >= self.images:
            raise ValueError(f"start {self.start} is not below images {self.images}")
        return self

    def rate(self, player: Player, images_seen: int) -> float:
        """See :func:`linear_decay`."""
        return linear_decay(images_seen, self.start, self.images, self.floor)
