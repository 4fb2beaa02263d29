"""The LeCam penalty on the discriminator's answers."""

from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.clock import choose
from steadygan.heuristics.moments import AfterMove, Memory, Remembers
from steadygan.heuristics.roles import Penalty
from steadygan.heuristics.state import State
from steadygan.heuristics.turn import Turn
from steadygan.vocabulary import Failure, Player, Side


def lecam_penalty(
    real_logits: Tensor,
    fake_logits: Tensor,
    real_anchor: Tensor,
    fake_anchor: Tensor,
    weight: float = 0.3,
    one_sided: bool = True,
) -> Tensor:
    """λ (E (D(x) - a_fake)² + E (D(G(z)) - a_real)²).

    Args:
        real_logits: float [M].
        fake_logits: float [M].
        real_anchor: running mean of the logits of real images, a scalar without gradients.
        fake_anchor: running mean of the logits of fakes, a scalar without gradients.
        weight: λ, at least 0.
        one_sided: only where real images are above the fakes' anchor and fakes below the real images'.

    Returns:
        A scalar, float32 (float64 for float64).

    Source: Tseng et al. 2021, section 3; one-sided as in their code.
    """
    wide = torch.promote_types(real_logits.dtype, torch.float32)
    above, below = real_logits.to(wide) - fake_anchor, real_anchor - fake_logits.to(wide)
    if one_sided:
        above, below = F.relu(above), F.relu(below)
    return weight * (above.square().mean() + below.square().mean())


def lecam_anchor(anchor: Tensor, logits: Tensor, decay: float = 0.99) -> Tensor:
    """The running mean of logits after one more batch.

    Args:
        anchor: the running mean before, a scalar.
        logits: float [M].
        decay: share of the old mean that is kept, in [0, 1].

    Returns:
        A scalar of the anchor's dtype, without gradients.

    Source: Tseng et al. 2021, section 3.
    """
    return torch.lerp(logits.detach().to(anchor.dtype).mean(), anchor, decay)


@dataclass
class Anchors(Memory):
    """Running means of the discriminator's scores.

    Attributes:
        real: of real images, a scalar.
        fake: of fakes, a scalar.
        known: whether there were any scores yet.
    """

    real: Tensor
    fake: Tensor
    known: bool = False


class Lecam(Penalty, Remembers[Anchors], AfterMove):
    """Draws answers to the running mean of the answers to the other side."""

    name: ClassVar[str] = "lecam"
    card: ClassVar[Card] = Card(
        summary="Answers to real images are drawn to the running mean of answers to fakes, and the other way round.",
        formula="λ (E max(0, D(x) - a_fake)² + E max(0, a_real - D(G(z)))²), a ← γ a + (1 - γ) E D",
        sources=(Source(citation="tseng2021lecam", where="section 3; code google/lecam-gan"),),
        treats=(Failure.DISCRIMINATOR_OVERFITS, Failure.DISCRIMINATOR_WINS),
        example=(
            "from steadygan.heuristics.penalties import lecam_penalty, lecam_anchor\n"
            "answers, others = discriminator(real), discriminator(fake)\n"
            "real_anchor, fake_anchor = torch.tensor(0.8), torch.tensor(-0.8)\n"
            "loss = loss + lecam_penalty(answers, others, real_anchor, fake_anchor, weight=0.3)\n"
            "real_anchor, fake_anchor = lecam_anchor(real_anchor, answers), lecam_anchor(fake_anchor, others)"
        ),
        note=(
            "one_sided follows the authors' code, which cuts each difference off at 0; the paper writes plain squares. "
            "The weight 0.3 is the authors' for BigGAN on CIFAR with the hinge loss; for StyleGAN2 they use 3e-7 on "
            "FFHQ and 1e-6 on CIFAR. The decay 0.99 is that of their StyleGAN2 code; their BigGAN code has 0.9. "
            "Anchors include the batches of past moves but not the present one, which the authors add first. As in "
            "their BigGAN code the penalty begins late, and until then an anchor is the mean of the last batch. They "
            "begin after 1000 steps of 4 batches of 50, which are 200,000 images; to begin after 10,000 is this "
            "package's choice."
        ),
    )
    weight: float = Field(0.3, ge=0)
    decay: float = Field(0.99, ge=0, lt=1, description="share of an anchor that a discriminator's move keeps")
    start: int = Field(10_000, ge=0, description="images seen before the penalty begins")
    one_sided: bool = Field(True, description="only where the sides are further apart than the anchors")
    every: int = Field(1, ge=1, description="only every so many discriminator moves, with that many times the weight")

    def initial_memory(self, state: State) -> Anchors:
        """No answers are known yet."""
        return Anchors(torch.zeros((), device=state.device), torch.zeros((), device=state.device))

    def __call__(self, turn: Turn) -> Tensor:
        """See :func:`lecam_penalty`; 0 until it starts."""
        anchors, real = turn.state.memory(self), turn.scores(Side.REAL)
        penalty, begun = real.new_zeros(()), self._has_begun(turn)
        if begun is not False:
            fake = turn.scores(Side.FAKE)
            term = lecam_penalty(real, fake, anchors.real, anchors.fake, self.weight, self.one_sided)
            penalty = choose(begun, term, penalty)
        turn.log(self.name, penalty.detach())
        return penalty

    def _has_begun(self, turn: Turn) -> bool | Tensor:
        return turn.state.memory(self).known & (turn.state.images_seen >= self.start)

    def after_move(self, turn: Turn) -> None:
        """The anchors follow the discriminator's answers."""
        if turn.player is not Player.DISCRIMINATOR:
            return
        anchors = turn.state.memory(self)
        decay = choose(self._has_begun(turn), self.decay, 0.0)
        anchors.real = lecam_anchor(anchors.real, turn.gather(turn.scores(Side.REAL)), decay)
        anchors.fake = lecam_anchor(anchors.fake, turn.gather(turn.scores(Side.FAKE)), decay)
        anchors.known = True
