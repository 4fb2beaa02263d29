"""Adaptive augmentation, which grows stronger while the discriminator overfits."""

from typing import ClassVar

from pydantic import Field
from torch import Tensor

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.inputs.pipeline import KINDS, AugmentationKind, augment
from steadygan.heuristics.overfitting import FollowsOverfitting
from steadygan.heuristics.roles import InputHeuristic
from steadygan.heuristics.turn import Turn
from steadygan.vocabulary import Failure, Side


class AdaptiveAugment(InputHeuristic, FollowsOverfitting):
    """The same augmentation for real and fake, with a probability that follows overfitting."""

    name: ClassVar[str] = "adaptive-augment"
    order: ClassVar[int] = 2
    controls: ClassVar[str] = "probability"
    images_only: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        summary="Real and fake images are augmented alike with a probability that rises while the discriminator "
        "overfits and falls otherwise.",
        formula="p ← max(0, p + sign(r - target) · images / speed), r = E[sign D(T_p(x))] over 4 batches",
        sources=(Source(citation="karras2020ada", where="sections 2 and 3, equation 1, appendix B"),),
        treats=(Failure.DISCRIMINATOR_OVERFITS, Failure.MEMORISATION),
        cost="one resampling and one matrix product a pixel; held-out images are one more pass of the discriminator",
        example=(
            "from steadygan.heuristics.inputs import augment\n"
            "from steadygan.heuristics.overfitting import adjusted_strength, sign_overfitting\n"
            "p = torch.tensor(0.2)\n"
            "logits = discriminator(augment(real, p))\n"
            "p = adjusted_strength(p, sign_overfitting(logits), target=0.6, images=4, speed=500_000)"
        ),
        note=(
            "The source resamples between wavelet filters at twice the size; here it is bilinear alone, which blurs "
            "and aliases a little. Its filters, noise and cutout are left out, as in its own training; the probability "
            "has an upper limit. Above 0.8 changes such as quarter turns may leak into generated images. If 0 does not "
            "separate real from fake images, signs mean nothing: measure held-out images then. If real images score no "
            "higher than fakes, r_v counts as 0. Made for [-1, 1]: contrast and luma flip turn about 0, the middle "
            "grey (black under a sigmoid output). Grey images have brightness, contrast and luma flip alone."
        ),
    )
    kinds: tuple[AugmentationKind, ...] = Field(KINDS, min_length=1)

    def apply(self, images: Tensor, side: Side, turn: Turn) -> Tensor:
        """Augment with the probability of this moment."""
        return augment(images, self.strength(turn), self.kinds)
