"""What the heuristics of this slot do in a run: reference batches at its beginning, terms of the loss."""

import math

import pytest
import torch
from torch import Tensor, nn

from steadygan.heuristics.architecture import (
    AuxiliaryClassifier,
    ReferenceBatchNormHeuristic,
    SemiSupervised,
    VirtualBatchNormHeuristic,
    class_cross_entropy,
    semi_supervised_logit,
)
from steadygan.heuristics.turn import DiscriminatorOutput
from steadygan.settings import TrainingSettings
from steadygan.training.session import CustomNetworks, new_players
from steadygan.training.turn import TrainingTurn
from steadygan.vocabulary import Player, Side
from tests import tiny
from tests.labelled_networks import CPU

from ..truth import FakeState, FakeTurn

LOGITS = torch.tensor([[1.0, 2.0, -1.0], [0.5, 0.0, 3.0], [2.0, 2.0, 2.0]])
TARGETS = torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, 0.0], [0.25, 0.75, 0.0]])


def probability(logits: Tensor, label: int) -> float:
    powers = [math.exp(value) for value in logits.tolist()]
    return powers[label] / sum(powers)


def by_hand(logits: Tensor, targets: Tensor) -> float:
    """The mean of -Σ t log p over the rows that have targets."""
    rows = [
        -sum(float(wanted) * math.log(probability(row, label)) for label, wanted in enumerate(target))
        for row, target in zip(logits, targets, strict=True)
        if float(target.sum()) > 0
    ]
    return sum(rows) / len(rows)


def test_the_cross_entropy_is_the_mean_over_known_classes() -> None:
    assert float(class_cross_entropy(LOGITS, TARGETS)) == pytest.approx(by_hand(LOGITS, TARGETS))


def test_the_cross_entropy_of_hard_targets_is_pytorchs() -> None:
    labels = torch.tensor([2, 0, 1])
    ours = class_cross_entropy(LOGITS, nn.functional.one_hot(labels, 3).float())
    torch.testing.assert_close(ours, nn.functional.cross_entropy(LOGITS, labels))


def test_without_any_known_class_the_cross_entropy_is_zero_and_teaches_nothing() -> None:
    logits = LOGITS.clone().requires_grad_()
    loss = class_cross_entropy(logits, torch.zeros(3, 3))
    assert float(loss.detach()) == 0
    assert torch.equal(torch.autograd.grad(loss, logits)[0], torch.zeros(3, 3))


def test_the_logit_of_being_real_is_that_of_all_classes_against_fake() -> None:
    for row, logit in zip(LOGITS, semi_supervised_logit(LOGITS), strict=True):
        z = sum(math.exp(value) for value in row.tolist())
        assert float(torch.sigmoid(logit)) == pytest.approx(z / (z + 1))


def test_being_real_is_the_softmax_over_classes_with_fake_as_one_more() -> None:
    everything = torch.softmax(torch.cat([LOGITS, torch.zeros(3, 1)], 1), 1)
    torch.testing.assert_close(torch.sigmoid(semi_supervised_logit(LOGITS)), everything[:, :3].sum(1))


def test_large_logits_of_classes_do_not_overflow() -> None:
    assert semi_supervised_logit(torch.tensor([[500.0, 0.0]])).tolist() == [500.0]


class SoftTurn(FakeTurn):
    """A turn in which the classes have the targets above: label i those of row i."""

    def class_targets(self, labels: Tensor) -> Tensor:
        return TARGETS[labels]


def both_sides(player: Player) -> FakeTurn:
    return SoftTurn(
        player,
        class_logits={Side.REAL: LOGITS, Side.FAKE: -LOGITS},
        labels={Side.REAL: torch.tensor([0, 1, 2]), Side.FAKE: torch.tensor([2, 1, 0])},
    )


def test_the_auxiliary_classifier_of_the_discriminator_counts_both_sides() -> None:
    term = AuxiliaryClassifier(weight=0.5, generator_weight=7).loss_term(both_sides(Player.DISCRIMINATOR))
    expected = 0.5 * (by_hand(LOGITS, TARGETS) + by_hand(-LOGITS, TARGETS.flip(0)))
    assert float(term) == pytest.approx(expected)


def test_the_generator_wants_its_fakes_to_be_recognised() -> None:
    term = AuxiliaryClassifier(weight=7, generator_weight=0.5).loss_term(both_sides(Player.GENERATOR))
    assert float(term) == pytest.approx(0.5 * by_hand(-LOGITS, TARGETS.flip(0)))


def labelled_turn(player: Player, count: int = 3) -> FakeTurn:
    """The discriminator's class logits are ten times what it sees; what it sees is half of what there is."""
    state = FakeState(real=LOGITS[:count], labels=torch.tensor([1, 1, 0])[:count], batch=3)

    def judge(images: Tensor) -> DiscriminatorOutput:
        return DiscriminatorOutput(images.sum(1), images, 10 * images)

    return FakeTurn(player, judge=judge, classes=3, look=lambda images: images / 2, state=state)


def test_labelled_images_teach_the_discriminator_their_classes() -> None:
    turn = labelled_turn(Player.DISCRIMINATOR)
    term = SemiSupervised(weight=2.0).loss_term(turn)
    expected = -sum(math.log(probability(5 * row, label)) for row, label in zip(LOGITS, [1, 1, 0], strict=True)) / 3
    assert term is not None
    assert float(term) == pytest.approx(2 * expected, rel=1e-5)
    assert turn.logged["semi-supervised/accuracy"].tolist() == [1, 0, 1]


def test_the_number_of_labelled_images_can_be_chosen() -> None:
    turn = labelled_turn(Player.DISCRIMINATOR)
    SemiSupervised(labelled=2).loss_term(turn)
    assert turn.logged["semi-supervised/accuracy"].shape == (2,)


def test_labelled_images_say_nothing_to_the_generator() -> None:
    assert SemiSupervised().loss_term(labelled_turn(Player.GENERATOR)) is None


def test_a_discriminator_that_names_no_classes_is_refused() -> None:
    turn = FakeTurn(
        classes=3,
        state=labelled_turn(Player.DISCRIMINATOR).state,
        judge=lambda images: DiscriminatorOutput(images, images),
    )
    with pytest.raises(TypeError, match="class logits"):
        SemiSupervised().loss_term(turn)


def of_labelled_images(turn: TrainingTurn, images: Tensor, labels: Tensor, smoothing: float) -> float:
    """The mean of -Σ t log p with targets (1 - s) [k is the label] + s / K, number by number."""
    class_logits = turn.discriminate(images, None).class_logits
    assert class_logits is not None
    count = class_logits.shape[1]
    losses = [
        -sum(
            ((1 - smoothing) * (index == label) + smoothing / count) * math.log(probability(row, index))
            for index in range(count)
        )
        for row, label in zip(class_logits.detach(), labels.tolist(), strict=True)
    ]
    return sum(losses) / len(losses)


@pytest.mark.usefixtures("float64")
def test_soft_classes_change_what_labelled_images_teach(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = tiny.small("semi-supervised").without("diff-augment").with_("soft-classes", smoothing=0.3)
    training = TrainingSettings(device="cpu", precision="fp32")
    state, _ = new_players(chosen, tiny.images(), CustomNetworks(), CPU, training)
    images, labels = state.labelled(6)
    monkeypatch.setattr(state, "labelled", lambda count: (images, labels))
    turn = TrainingTurn(Player.DISCRIMINATOR, state, state.next_real())
    term = SemiSupervised(weight=2.0).loss_term(turn)
    assert term is not None
    assert term.dtype == torch.float64
    soft, hard = (of_labelled_images(turn, images, labels, smoothing) for smoothing in (0.3, 0.0))
    assert float(term.detach()) == pytest.approx(2 * soft, rel=1e-12)
    assert abs(soft - hard) > 1e-4  # a new network is not sure of anything, so that the targets matter little


class Reference:
    """Remembers what it was given."""

    def __init__(self) -> None:
        self.held: list[tuple[Tensor, Tensor | None]] = []

    def hold(self, inputs: Tensor, labels: Tensor | None = None) -> None:
        self.held.append((inputs, labels))


class Network(nn.Module):
    """A network that has a reference batch, or None."""

    def __init__(self, reference: Reference | None) -> None:
        super().__init__()
        self.reference = reference


REAL, LABELS = torch.randn(20, 5), torch.arange(20)


def begun(heuristic: ReferenceBatchNormHeuristic | VirtualBatchNormHeuristic) -> dict[Player, Reference]:
    references = {player: Reference() for player in Player}
    state = FakeState({player: Network(references[player]) for player in Player}, real=REAL, labels=LABELS, latent=3)
    heuristic.begin(state)
    return references


def test_the_generator_gets_latents_and_labels_for_its_reference_batch() -> None:
    references = begun(VirtualBatchNormHeuristic(reference=8))
    ((latents, labels),) = references[Player.GENERATOR].held
    assert latents.shape == (8, 3)
    assert labels is not None
    assert len(labels) == 8
    assert references[Player.DISCRIMINATOR].held == []


def test_the_discriminator_gets_real_images_for_its_reference_batch() -> None:
    references = begun(ReferenceBatchNormHeuristic(in_generator=False, reference=8))
    ((images, labels),) = references[Player.DISCRIMINATOR].held
    assert torch.equal(images, REAL[:8])
    assert labels is not None
    assert torch.equal(labels, LABELS[:8])
    assert references[Player.GENERATOR].held == []


def test_networks_without_a_reference_batch_are_left_alone() -> None:
    state = FakeState({Player.GENERATOR: Network(None), Player.DISCRIMINATOR: nn.Identity()}, real=REAL)
    ReferenceBatchNormHeuristic(reference=8).begin(state)
