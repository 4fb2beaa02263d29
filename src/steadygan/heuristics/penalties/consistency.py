"""Consistency regularisation: answers should hardly change if the image or the latent hardly changes."""

from typing import ClassVar, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import Penalty
from steadygan.heuristics.turn import Turn
from steadygan.vocabulary import Failure, Player, Side


def flip_and_shift(images: Tensor, share: float = 0.125, flip: bool = True) -> Tensor:
    """Mirror half of the images at random and shift each by whole pixels; what comes in from outside is a reflection.

    Args:
        images: float [N, C, H, W].
        share: largest shift as a share of the size, in [0, 0.5]; 0.125 of 32 pixels are 4.
        flip: whether to mirror.

    Returns:
        float [N, C, H, W].

    Source: Zhang et al. 2019, which flip and shift images by a few pixels.
    """
    count, _, height, width = images.shape
    rows, columns = _shifted(count, height, share, images.device), _shifted(count, width, share, images.device)
    if flip:
        mirrored = torch.rand(count, 1, device=images.device) < 0.5
        columns = torch.where(mirrored, width - 1 - columns, columns)
    which = torch.arange(count, device=images.device)[:, None, None]
    return images.permute(0, 2, 3, 1)[which, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def _shifted(count: int, size: int, share: float, device: torch.device) -> Tensor:
    """Places along an axis after random shifts, reflected at the ends, int64 [count, size]."""
    reach = int(size * share)
    places = torch.arange(size, device=device) + torch.randint(-reach, reach + 1, (count, 1), device=device)
    return size - 1 - (size - 1 - places.abs()).abs()


def answer_gap(logits: Tensor, others: Tensor, weight: float = 10.0) -> Tensor:
    """λ (D(x) - D(x'))² of each logit.

    Args:
        logits: float [M], of images.
        others: float [M], of the same images hardly changed.
        weight: λ, at least 0.

    Returns:
        float32 [M] (float64 for float64).

    Source: Zhang et al. 2019; Zhao et al. 2020, bCR and zCR.
    """
    wide = torch.promote_types(logits.dtype, torch.float32)
    return weight * (logits.to(wide) - others.to(wide)).square()


def latent_response(images: Tensor, others: Tensor, weight: float = 0.5) -> Tensor:
    """-λ (G(z) - G(z + δ))², the mean over the pixels of each image: the generator should notice δ.

    Args:
        images: float [N, ...], from z.
        others: float [N, ...], from z + δ.
        weight: λ, at least 0.

    Returns:
        float32 [N] (float64 for float64), at most 0.

    Source: Zhao et al. 2020, zCR.
    """
    return -answer_gap(images.flatten(1), others.flatten(1), weight).mean(1)


class Consistency(Penalty):
    """Consistency of answers under small changes of images and latents."""

    name: ClassVar[str] = "consistency"
    card: ClassVar[Card] = Card(
        summary="An image flipped or shifted gets the same answer, and so do fakes of neighbouring latents.",
        formula=(
            "λ_r E (D(x) - D(Tx))² + λ_f E (D(G(z)) - D(TG(z)))² + λ_d E (D(G(z)) - D(G(z + δ)))²; "
            "for G: -λ_g E (G(z) - G(z + δ))²"
        ),
        sources=(
            Source(citation="zhang2019consistency", where="consistency of real images"),
            Source(citation="zhao2020consistency", where="bCR and zCR"),
        ),
        treats=(Failure.DISCRIMINATOR_OVERFITS, Failure.MODE_COLLAPSE),
        cost=(
            "four more passes through the discriminator and two through the generator in a discriminator's move, one "
            "through the generator in its own; parts of weight 0 cost nothing"
        ),
        example=(
            "from steadygan.heuristics.penalties import answer_gap, flip_and_shift\n"
            "loss = loss + answer_gap(discriminator(real), discriminator(flip_and_shift(real)), weight=10.0).mean()"
        ),
        note=(
            "Images are changed after augmentation; vectors get normal noise instead of a flip and a shift. Fakes of "
            "neighbouring latents are judged without the input heuristics, whose draws would differ between the two. "
            "The generator's part is a mean over pixels, as in the reproduction by PyTorch-StudioGAN; the authors' "
            "code is not public. With batch norm or dropout in the discriminator two answers to one image differ "
            "already. Flips are wrong for text and digits: flip=false."
        ),
    )
    real: float = Field(10.0, ge=0, description="weight for real images and their changed copies")
    fake: float = Field(10.0, ge=0, description="weight for fakes and their changed copies")
    latent_discriminator: float = Field(5.0, ge=0, description="weight for the answers to fakes of close latents")
    latent_generator: float = Field(0.5, ge=0, description="weight for the difference between fakes of close latents")
    sigma: float = Field(0.03, ge=0, description="standard deviation of the change of a latent")
    shift: float = Field(0.125, ge=0, le=0.5, description="largest shift as a share of the image's size")
    flip: bool = Field(True, description="whether changed images may be mirrored")
    noise: float = Field(0.01, ge=0, description="standard deviation of the change of a vector")
    every: int = Field(1, ge=1, description="only every so many moves of a player, with that many times the weight")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.players:
            raise ValueError("all four weights are 0: give one of them a value, or leave this out")
        return self

    @property
    def players(self) -> frozenset[Player]:
        """The players for whom some weight is not 0."""
        weights = {
            Player.GENERATOR: self.latent_generator,
            Player.DISCRIMINATOR: self.real + self.fake + self.latent_discriminator,
        }
        return frozenset(player for player, weight in weights.items() if weight > 0)

    def __call__(self, turn: Turn) -> Tensor:
        """The terms of the player who moves, a scalar."""
        parts = [self._far(turn)] if turn.player is Player.GENERATOR else self._gaps(turn)
        penalty = torch.stack([part.mean() for part in parts]).sum()
        turn.log(f"{self.name}/{turn.player.value}", penalty.detach())
        return penalty

    def _gaps(self, turn: Turn) -> list[Tensor]:
        sides = {Side.REAL: self.real, Side.FAKE: self.fake}
        parts = [self._changed(turn, side, weight) for side, weight in sides.items() if weight > 0]
        return [*parts, self._near(turn)] if self.latent_discriminator > 0 else parts

    def _changed(self, turn: Turn, side: Side, weight: float) -> Tensor:
        images = turn.inputs(side).detach()
        if images.dim() == 4:
            changed = flip_and_shift(images, self.shift, self.flip)
        else:
            changed = images + self.noise * torch.randn_like(images)
        return answer_gap(turn.scores(side), turn.score(changed, turn.labels(side)), weight)

    def _near(self, turn: Turn) -> Tensor:
        # Both of a pair are made here: what the turn has seen may be older fakes, under their own labels.
        labels = turn.labels(Side.FAKE)
        latents = torch.cat([turn.latents, self._moved(turn.latents)])
        both = None if labels is None else torch.cat([labels, labels])
        with torch.no_grad():
            fakes = turn.generate(latents, both)
        here, there = turn.score(fakes, both).chunk(2)
        return answer_gap(here, there, self.latent_discriminator)

    def _far(self, turn: Turn) -> Tensor:
        others = turn.generate(self._moved(turn.latents), turn.labels(Side.FAKE))
        return latent_response(turn.images(Side.FAKE), others, self.latent_generator)

    def _moved(self, latents: Tensor) -> Tensor:
        return latents + self.sigma * torch.randn_like(latents)
