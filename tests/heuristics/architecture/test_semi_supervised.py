import math

import pytest
import torch
from torch import Tensor

from steadygan.heuristics.architecture import SemiSupervised, semi_supervised_logit
from steadygan.heuristics.turn import Answer
from steadygan.vocabulary import Player

from ..truth import FakeTable, FakeTurn
from .softmax import probability

LOGITS = torch.tensor([[1.0, 2.0, -1.0], [0.5, 0.0, 3.0], [2.0, 2.0, 2.0]])


def test_the_logit_of_being_real_is_that_of_all_classes_against_fake() -> None:
    for row, logit in zip(LOGITS, semi_supervised_logit(LOGITS), strict=True):
        z = sum(math.exp(value) for value in row.tolist())
        assert float(torch.sigmoid(logit)) == pytest.approx(z / (z + 1))


def test_being_real_is_the_softmax_over_classes_with_fake_as_one_more() -> None:
    everything = torch.softmax(torch.cat([LOGITS, torch.zeros(3, 1)], 1), 1)
    torch.testing.assert_close(torch.sigmoid(semi_supervised_logit(LOGITS)), everything[:, :3].sum(1))


def test_large_logits_of_classes_do_not_overflow() -> None:
    assert semi_supervised_logit(torch.tensor([[500.0, 0.0]])).tolist() == [500.0]


def labelled_turn(player: Player, count: int = 3) -> FakeTurn:
    """The discriminator's class logits are ten times what it sees; what it sees is half of what there is."""
    state = FakeTable(real=LOGITS[:count], labels=torch.tensor([1, 1, 0])[:count], batch=3)

    def judge(images: Tensor) -> Answer:
        return Answer(images.sum(1), images, 10 * images)

    return FakeTurn(player, judge=judge, look=lambda images: images / 2, state=state)


def test_labelled_images_teach_the_discriminator_their_classes() -> None:
    turn = labelled_turn(Player.DISCRIMINATOR)
    term = SemiSupervised(weight=2.0).term(turn)
    expected = -sum(math.log(probability(5 * row, label)) for row, label in zip(LOGITS, [1, 1, 0], strict=True)) / 3
    assert term is not None
    assert float(term) == pytest.approx(2 * expected, rel=1e-5)
    assert turn.notes["semi-supervised/accuracy"].tolist() == [1, 0, 1]


def test_the_number_of_labelled_images_can_be_chosen() -> None:
    turn = labelled_turn(Player.DISCRIMINATOR)
    SemiSupervised(labelled=2).term(turn)
    assert turn.notes["semi-supervised/accuracy"].shape == (2,)


def test_labelled_images_say_nothing_to_the_generator() -> None:
    assert SemiSupervised().term(labelled_turn(Player.GENERATOR)) is None


def test_a_discriminator_that_names_no_classes_is_refused() -> None:
    turn = FakeTurn(state=labelled_turn(Player.DISCRIMINATOR).state, judge=lambda images: Answer(images, images))
    with pytest.raises(TypeError, match="class logits"):
        SemiSupervised().term(turn)
