import pytest
import torch
from torch import Tensor

from steadygan.heuristics.objectives import (
    Hinge,
    Minimax,
    NonSaturating,
    Relativistic,
    discriminator_cross_entropy,
    minimax_generator_loss,
    non_saturating_generator_loss,
)
from steadygan.heuristics.roles import Objective
from steadygan.vocabulary import Player, Side

from ..truth import FakeTurn

pytestmark = pytest.mark.usefixtures("float64")
DOUBLE = torch.float64
REAL, FAKE = torch.tensor([2.0, 0.5, -1.0], dtype=DOUBLE), torch.tensor([-3.0, 0.0, 1.5], dtype=DOUBLE)
LOGITS = {Side.REAL: REAL, Side.FAKE: FAKE}
ONES, ZEROS = torch.ones(3, dtype=DOUBLE), torch.zeros(3, dtype=DOUBLE)
OBJECTIVES: list[tuple[Objective, Player, Tensor]] = [
    (Minimax(), Player.GENERATOR, minimax_generator_loss(FAKE)),
    (NonSaturating(), Player.GENERATOR, non_saturating_generator_loss(FAKE)),
    (Minimax(), Player.DISCRIMINATOR, discriminator_cross_entropy(REAL, FAKE, ONES, ZEROS)),
    (NonSaturating(), Player.DISCRIMINATOR, discriminator_cross_entropy(REAL, FAKE, ONES, ZEROS)),
    (Hinge(), Player.GENERATOR, torch.tensor([3.0, 0.0, -1.5], dtype=DOUBLE)),
    (Hinge(), Player.DISCRIMINATOR, torch.tensor([0.0, 1.5, 4.5], dtype=DOUBLE)),
    (Relativistic(), Player.GENERATOR, torch.log(1 + torch.exp(REAL - FAKE))),
    (Relativistic(), Player.DISCRIMINATOR, torch.log(1 + torch.exp(FAKE - REAL))),
]


@pytest.mark.parametrize(("objective", "player", "expected"), OBJECTIVES)
def test_each_player_minimises_its_own_loss(objective: Objective, player: Player, expected: Tensor) -> None:
    targets = {Side.REAL: torch.ones(3), Side.FAKE: torch.zeros(3)}
    torch.testing.assert_close(objective(FakeTurn(player, logits=LOGITS, targets=targets)), expected)


@pytest.mark.parametrize("kind", [Hinge, Minimax, NonSaturating])
def test_generators_that_judge_fakes_alone_need_no_real_logits(kind: type[Objective]) -> None:
    targets = {Side.REAL: torch.ones(3), Side.FAKE: torch.zeros(3)}
    turn = FakeTurn(Player.GENERATOR, logits={Side.FAKE: FAKE}, targets=targets)
    assert kind()(turn).shape == (3,)


def test_only_cross_entropies_have_targets() -> None:
    assert [kind.has_targets for kind in (Minimax, NonSaturating, Hinge, Relativistic)] == [True, True, False, False]
