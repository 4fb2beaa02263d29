"""Label smoothing of the targets of classes."""

from typing import ClassVar

from pydantic import Field
from torch import Tensor

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import TargetHeuristic
from steadygan.vocabulary import Failure, Player


def smooth_classes(targets: Tensor, smoothing: float = 0.1, one_sided: bool = False) -> Tensor:
    """Lower the target of the true class, and share what is gained among all classes.

    Args:
        targets: float32 [N, K], distributions over the classes, or 0 where the class is unknown.
        smoothing: share s that leaves the true class, in [0, 1].
        one_sided: whether nothing is shared, so that wrong classes keep the target 0.

    Returns:
        float32 [N, K]: (1 - s) t + s / K, or (1 - s) t; rows of 0 stay 0.

    Source: Szegedy et al. 2015, section 7; one-sided as in Salimans et al. 2016, section 3.4.
    """
    lowered = (1 - smoothing) * targets
    if one_sided:
        return lowered
    return lowered + smoothing / targets.shape[1] * targets.sum(1, keepdim=True)


class SoftClasses(TargetHeuristic):
    """The targets of classes are smoothed."""

    name: ClassVar[str] = "soft-classes"
    decision: ClassVar[str] = "how sure the targets of the classes are"
    of_classes: ClassVar[bool] = True
    needs: ClassVar[tuple[str, ...]] = ("auxiliary-classifier", "semi-supervised")
    card: ClassVar[Card] = Card(
        summary="The true class has the target 0.9 instead of 1, so that the discriminator stays unsure of classes.",
        formula="t → (1 - s) t + s / K (one-sided: (1 - s) t)",
        sources=(
            Source(citation="szegedy2015inception", where="section 7"),
            Source(citation="salimans2016improved", where="section 3.4"),
        ),
        treats=(Failure.DISCRIMINATOR_OVERFITS,),
        example=(
            "from steadygan.heuristics.targets import smooth_classes\n"
            "targets = smooth_classes(torch.eye(10))  # 0.91 for the true class, 0.01 for each other"
        ),
        note=(
            "Szegedy et al. smooth a classifier's targets; doing so for a discriminator is our choice. "
            "One-sided rows sum to 1 - s, so the loss of those images also weighs less. The generator's targets stay "
            "one-hot unless in_generator."
        ),
    )
    smoothing: float = Field(0.1, gt=0, lt=1)
    one_sided: bool = False
    in_generator: bool = False

    def apply_to_classes(self, targets: Tensor, player: Player) -> Tensor:
        """Smooth the classes."""
        if player is Player.GENERATOR and not self.in_generator:
            return targets
        return smooth_classes(targets, self.smoothing, self.one_sided)
