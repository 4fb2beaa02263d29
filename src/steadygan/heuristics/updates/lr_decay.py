"""Learning rates that fall over time."""

from typing import ClassVar, Self

from pydantic import Field, model_validator

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.clock import Number, clipped
from steadygan.heuristics.roles import UpdateModifier
from steadygan.vocabulary import Failure, Player


def linear_decay(images_seen: Number, start: int = 0, images: int = 1_000_000, floor: float = 0.0) -> Number:
    """Share of the learning rate that is left.

    Args:
        images_seen: real images seen so far, at least 0.
        start: images until which all of it is left.
        images: images from which ``floor`` is left, above ``start``.
        floor: the share that stays, in [0, 1].

    Returns:
        A number in [floor, 1], falling in a straight line between ``start`` and ``images``.
    """
    passed = clipped((images_seen - start) / (images - start), 0.0, 1.0)
    return 1.0 - (1.0 - floor) * passed


class LrDecay(UpdateModifier):
    """Learning rates that fall linearly."""

    name: ClassVar[str] = "lr-decay"
    card: ClassVar[Card] = Card(
        summary="Learning rates fall in a straight line over the run, so that the players come to rest.",
        formula="lr · (1 - (1 - floor) · clip((images seen - start) / (images - start), 0, 1))",
        sources=(
            Source(citation="gulrajani2017wgangp", where="gan_cifar_resnet.py of its code"),
            Source(citation="miyato2018spectral", where="sn_cifar10_unconditional.yml of its code"),
        ),
        treats=(Failure.OSCILLATION,),
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

    def rate(self, player: Player, images_seen: Number) -> Number:
        """See :func:`linear_decay`."""
        return linear_decay(images_seen, self.start, self.images, self.floor)
