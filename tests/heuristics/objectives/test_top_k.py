import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from steadygan.heuristics.base import Company
from steadygan.heuristics.latents import NormalLatent
from steadygan.heuristics.objectives import FeatureMatching, Hinge, TopK, annealed_count, top_k
from steadygan.vocabulary import Player, Side
from tests.heuristics.truth import FakeTurn

LOGITS = torch.tensor([0.1, 3.0, -2.0, 1.0])
LOSSES = torch.tensor([10.0, 20.0, 30.0, 40.0])
IMAGES = torch.zeros(4, 1)
NOW = TopK(floor=0.5, images=100)


def turn(logits: torch.Tensor, images_seen: int = 100, player: Player = Player.GENERATOR) -> FakeTurn:
    return FakeTurn(player, images_seen, logits={Side.FAKE: logits}, images={Side.FAKE: IMAGES})


def test_the_losses_of_the_largest_logits_are_kept() -> None:
    assert top_k(LOSSES, LOGITS, 2).tolist() == [20.0, 40.0]
    assert top_k(LOSSES, LOGITS, 4).sort().values.tolist() == LOSSES.tolist()


@given(
    logits=st.lists(st.integers(-100, 100), min_size=1, max_size=12, unique=True),
    data=st.data(),
)
def test_the_kept_are_those_that_sorting_puts_first_in_any_order(logits: list[int], data: st.DataObject) -> None:
    count = data.draw(st.integers(1, len(logits)))
    order = data.draw(st.permutations(range(len(logits))))
    values = torch.tensor(logits, dtype=torch.float64)[order]
    assert top_k(2 * values, values, count).tolist() == [2.0 * each for each in sorted(logits, reverse=True)[:count]]


def test_only_the_best_fakes_get_gradients() -> None:
    logits = LOGITS.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(top_k(-logits, logits, 2).mean(), logits)
    assert gradient.tolist() == [0.0, -0.5, 0.0, -0.5]


def test_the_choice_itself_has_no_gradient() -> None:
    losses, logits = LOSSES.clone().requires_grad_(), LOGITS.clone().requires_grad_()
    torch.autograd.backward(top_k(losses, logits, 1).sum())
    assert losses.grad is not None
    assert losses.grad.tolist() == [0.0, 1.0, 0.0, 0.0]
    assert logits.grad is None


@given(
    total=st.integers(1, 4096),
    floor=st.floats(0.001, 1),
    progress=st.lists(st.floats(0, 3), min_size=2, max_size=8),
)
def test_the_count_falls_from_the_batch_to_the_floor_and_never_rises(
    total: int, floor: float, progress: list[float]
) -> None:
    counts = [annealed_count(total, floor, each) for each in sorted(progress)]
    assert counts == sorted(counts, reverse=True)
    assert all(max(1, int(floor * total)) <= count <= total for count in counts)
    assert annealed_count(total, floor, 0.0) == total
    assert annealed_count(total, floor, 1.0) == annealed_count(total, floor, 7.0) == max(1, round(floor * total))


def test_every_part_of_the_way_lowers_the_share_by_the_same_factor() -> None:
    # A factor of 1/16 over the whole way is 1/2 for each quarter.
    assert [annealed_count(64, 1 / 16, quarter / 4) for quarter in range(6)] == [64, 32, 16, 8, 4, 4]


@pytest.mark.parametrize(("images_seen", "kept"), [(0, 4), (50, 3), (100, 2), (10**9, 2)])
def test_the_clock_is_images_seen(images_seen: int, kept: int) -> None:
    # Halfway the share is √½: 2.83 of 4.
    assert len(NOW.apply(LOSSES, turn(LOGITS, images_seen))) == kept


def test_the_generator_learns_from_its_best_fakes_whatever_the_objective() -> None:
    assert NOW.apply(LOSSES, turn(LOGITS)).tolist() == [20.0, 40.0]


def test_images_with_a_map_of_logits_are_ranked_by_its_mean_and_kept_whole() -> None:
    # Means 1, 0, 5 and 3: the largest single logit belongs to the second image, which is dropped.
    logits = torch.tensor([1.0, 1.0, 9.0, -9.0, 5.0, 5.0, 4.0, 2.0])
    kept = NOW.apply(torch.arange(8.0), turn(logits))
    assert kept.tolist() == [4.0, 5.0, 6.0, 7.0]


def test_packs_are_kept_or_dropped_as_one() -> None:
    kept = NOW.apply(torch.tensor([1.0, 2.0]), turn(torch.tensor([-1.0, 1.0])))
    assert kept.tolist() == [2.0]


def test_the_discriminator_learns_from_all() -> None:
    assert torch.equal(NOW.apply(LOSSES, FakeTurn(Player.DISCRIMINATOR, 100)), LOSSES)


def test_it_is_refused_beside_a_loss_of_the_whole_batch_in_one_sentence() -> None:
    refusal = NOW.objection(Company([Hinge(), FeatureMatching()]))
    assert refusal is not None
    assert "'top-k'" in refusal
    assert "'feature-matching'" in refusal
    assert "\n" not in refusal


def test_it_goes_with_feature_matching_beside_and_with_everything_else() -> None:
    assert NOW.objection(Company([Hinge(), NormalLatent(), FeatureMatching(beside=True)])) is None


@pytest.mark.parametrize("parameters", [{"floor": 0.0}, {"floor": 1.1}, {"images": 0}])
def test_impossible_parameters_are_refused(parameters: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        TopK.model_validate(parameters)
