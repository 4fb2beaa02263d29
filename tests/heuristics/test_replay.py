import copy
import io

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from steadygan.heuristics.inputs.replay import choose_slots
from torch import Tensor

from steadygan.heuristics.inputs import ExperienceReplay, exchange
from steadygan.heuristics.turn import Memory
from steadygan.vocabulary import Player, Side

from .truth import FakeState, FakeTurn, likely_share, seeded

SHAPES = [(3,), (2, 4, 4)]


def batch(move: int, count: int = 6, shape: tuple[int, ...] = (3,)) -> Tensor:
    """Fakes of a move, each filled with a number of its own."""
    numbers = 100.0 * move + torch.arange(count)
    return numbers.reshape(-1, *(1,) * len(shape)).expand(count, *shape).clone()


def numbers(images: Tensor) -> list[float]:
    """The number with which each image is filled."""
    flat = images.flatten(1)
    assert (flat == flat[:, :1]).all()
    return [float(value) for value in flat[:, 0]]


def played(heuristic: ExperienceReplay, state: FakeState, fakes: Tensor, labels: Tensor | None = None) -> FakeTurn:
    """A move of the discriminator; what it has seen is under the turn's ``seen``."""
    given = None if labels is None else {Side.FAKE: labels}
    turn = FakeTurn(state=state, images={Side.FAKE: fakes}, labels=given)
    seen = heuristic.apply(fakes, Side.FAKE, turn)
    turn = FakeTurn(
        state=state,
        images={Side.FAKE: fakes},
        inputs={Side.FAKE: seen},
        labels=None if labels is None else {Side.FAKE: turn.labels(Side.FAKE)},  # type: ignore[dict-item]
    )
    heuristic.after_move(turn)
    return turn


def begun(heuristic: ExperienceReplay, size: int = 6) -> FakeState:
    state = FakeState(batch=size)
    heuristic.begin(state)
    return state


@settings(max_examples=60)
@given(count=st.integers(1, 20), stored=st.integers(0, 30), share=st.floats(0, 1), seed=st.integers(0, 2**31))
def test_the_share_of_a_batch_is_exchanged_by_different_entries(
    count: int, stored: int, share: float, seed: int
) -> None:
    images, buffer = batch(0, count), batch(1, stored)
    result = exchange(images, buffer, share, seeded(seed))
    past = [value for value in numbers(result) if value >= 100]
    assert len(past) == min(round(share * count), stored)
    assert set(past) <= set(numbers(buffer))
    assert len(set(past)) == len(past)
    assert all(new == old for new, old in zip(numbers(result), numbers(images), strict=True) if new < 100)
    assert numbers(images) == [float(value) for value in range(count)]


def test_every_place_and_every_entry_is_equally_likely() -> None:
    generator, trials = seeded(), 2_000
    places, entries = torch.zeros(4), torch.zeros(5)
    for _ in range(trials):
        result = exchange(batch(0, 4), batch(1, 5), 0.5, generator)[:, 0]
        places += result >= 100
        entries += torch.bincount((result[result >= 100] - 100).long(), minlength=5)
    assert all(likely_share(int(count), trials, 0.5) for count in places)
    assert all(likely_share(int(count), trials, 0.4) for count in entries)


@settings(max_examples=60)
@given(capacity=st.integers(1, 20), taken=st.floats(0, 1), new=st.floats(0, 1), seed=st.integers(0, 2**31))
def test_free_slots_are_filled_before_others_are_replaced(capacity: int, taken: float, new: float, seed: int) -> None:
    stored, count = round(taken * capacity), round(new * capacity)
    slots = choose_slots(count, stored, capacity, torch.device("cpu"), seeded(seed)).tolist()
    assert len(slots) == len(set(slots)) == count
    assert all(0 <= slot < capacity for slot in slots)
    free = set(range(stored, min(stored + count, capacity)))
    assert free <= set(slots)
    assert all(slot < stored for slot in set(slots) - free)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("share", [0.5, 0.34])
def test_the_buffer_is_kept_as_a_list_would_be(shape: tuple[int, ...], share: float) -> None:
    torch.manual_seed(0)
    heuristic = ExperienceReplay(share=share, batches=3)
    state = begun(heuristic)
    kept: list[float] = []  # what a person would have written down
    for move in range(12):
        fakes = batch(move, 6, shape)
        seen = numbers(played(heuristic, state, fakes).seen(Side.FAKE))
        fresh = [value for value in seen if value in numbers(fakes)]
        past = [value for value in seen if value not in fresh]
        assert len(past) == (0 if move == 0 else round(share * 6))
        assert set(past) <= set(kept)
        assert all(value == own for value, own in zip(seen, numbers(fakes), strict=True) if value in fresh)
        memory = state.memory(heuristic.name)
        now = numbers(memory["images"][: memory["stored"]])
        free = 18 - len(kept)
        assert len(now) == min(18, len(kept) + len(fresh))
        assert now[: len(kept)] == kept or len(fresh) > free
        assert set(fresh) <= set(now)
        gone = set(kept) - set(now)
        assert len(gone) == max(0, len(fresh) - free)
        assert set(now) == (set(kept) - gone) | set(fresh)
        kept = now
    assert memory["images"].shape == (18, *shape)
    assert memory["images"].dtype == torch.float32


def test_labels_follow_their_images() -> None:
    torch.manual_seed(0)
    heuristic = ExperienceReplay(batches=2)
    state = begun(heuristic)
    for move in range(8):
        fakes = batch(move)
        turn = played(heuristic, state, fakes, labels=fakes[:, 0].long() * 7)
        labels = turn.labels(Side.FAKE)
        assert labels is not None
        assert labels.tolist() == [int(value) * 7 for value in numbers(turn.inputs(Side.FAKE))]
        memory = state.memory(heuristic.name)
        assert memory["labels"].dtype == torch.int64
        assert torch.equal(memory["labels"], memory["images"][:, 0].long() * 7)


def test_a_first_move_has_nothing_to_exchange_and_is_kept_whole() -> None:
    heuristic = ExperienceReplay()
    state = begun(heuristic)
    assert torch.equal(played(heuristic, state, batch(1)).seen(Side.FAKE), batch(1))
    assert numbers(state.memory(heuristic.name)["images"][:6]) == numbers(batch(1))


@pytest.mark.parametrize(
    ("side", "player"),
    [(Side.REAL, Player.DISCRIMINATOR), (Side.FAKE, Player.GENERATOR), (Side.REAL, Player.GENERATOR)],
)
def test_real_images_and_the_generators_move_stay_as_they_are(side: Side, player: Player) -> None:
    heuristic = ExperienceReplay()
    state = begun(heuristic)
    played(heuristic, state, batch(1))
    before = copy.deepcopy(state.memory(heuristic.name))
    turn = FakeTurn(player, state=state, images={each: batch(2) for each in Side})
    assert torch.equal(heuristic.apply(batch(2), side, turn), batch(2))
    if player is Player.GENERATOR:
        heuristic.after_move(turn)
    assert same(state.memory(heuristic.name), before)


def same(one: Memory, other: Memory) -> bool:
    """Whether two memories hold the same."""
    return one.keys() == other.keys() and all(
        torch.equal(value, other[key]) if isinstance(value, Tensor) else value == other[key]
        for key, value in one.items()
    )


def test_images_that_pass_twice_in_a_move_are_exchanged_alike() -> None:
    heuristic = ExperienceReplay()
    state = begun(heuristic)
    played(heuristic, state, batch(1))
    turn = FakeTurn(state=state, images={Side.FAKE: batch(2)}, labels={Side.FAKE: torch.arange(6)})
    first = heuristic.apply(batch(2), Side.FAKE, turn)
    assert not torch.equal(first, batch(2))
    assert torch.equal(heuristic.apply(batch(2), Side.FAKE, turn), first)


@pytest.mark.parametrize("other", [batch(3), batch(3, 4)], ids=["as many", "fewer"])
def test_images_that_are_not_the_moves_own_are_not_exchanged(other: Tensor) -> None:
    heuristic = ExperienceReplay()
    state = begun(heuristic)
    played(heuristic, state, batch(1), labels=torch.arange(6))
    turn = FakeTurn(state=state, images={Side.FAKE: batch(2)}, labels={Side.FAKE: torch.arange(6)})
    assert torch.equal(heuristic.apply(other, Side.FAKE, turn), other)
    assert torch.equal(turn.labels(Side.FAKE), torch.arange(6))  # type: ignore[arg-type]


def test_fakes_in_half_precision_are_exchanged_and_kept_in_full() -> None:
    heuristic = ExperienceReplay()
    state = begun(heuristic)
    for move in (0, 1):
        fakes = batch(move).bfloat16()
        turn = FakeTurn(state=state, images={Side.FAKE: fakes})
        seen = heuristic.apply(fakes.float(), Side.FAKE, turn)
        heuristic.after_move(turn)
    assert sum(value < 100 for value in numbers(seen)) == 3
    assert state.memory(heuristic.name)["images"].dtype == torch.float32


def test_a_stored_memory_goes_on_as_if_nothing_had_happened() -> None:
    heuristic = ExperienceReplay(batches=2)
    state = begun(heuristic)
    for move in range(5):
        played(heuristic, state, batch(move), labels=torch.arange(6))
    file = io.BytesIO()
    torch.save(state.memory(heuristic.name), file)
    file.seek(0)
    resumed = begun(heuristic)
    resumed.memories[heuristic.name] = torch.load(file, weights_only=True)
    seen = []
    for each in (state, resumed):
        torch.manual_seed(3)
        seen.append([played(heuristic, each, batch(9)).seen(Side.FAKE) for _ in range(3)])
    assert all(torch.equal(one, other) for one, other in zip(*seen, strict=True))
    assert same(state.memory(heuristic.name), resumed.memory(heuristic.name))


@pytest.mark.parametrize(("share", "size", "missing"), [(0.5, 1, "past"), (0.99, 8, "new"), (0.01, 8, "past")])
def test_a_batch_must_have_both_past_and_new_fakes(share: float, size: int, missing: str) -> None:
    refusal = ExperienceReplay(share=share).needs_batch(size)
    assert refusal is not None
    assert f"no {missing} fake" in refusal
    assert ExperienceReplay().needs_batch(2) is None
