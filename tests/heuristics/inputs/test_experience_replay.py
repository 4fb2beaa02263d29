import copy
import dataclasses
import io

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from steadygan.heuristics.base import Company
from steadygan.heuristics.inputs import ExperienceReplay, exchange
from steadygan.heuristics.inputs.experience_replay import Buffer, choose_slots
from steadygan.settings import TrainingSettings
from steadygan.training.session import CustomNetworks, new_players
from steadygan.training.state import fields_of
from steadygan.training.step import step
from steadygan.training.turn import TrainingTurn
from steadygan.vocabulary import Player, Side
from tests import tiny
from tests.labelled_networks import CPU

from ..truth import FakeState, FakeTurn, likely_share, seeded

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
    """A move of the discriminator; what it has seen is the turn's inputs and labels."""
    images = {Side.FAKE: fakes}
    shown, given = heuristic.replace(fakes, labels, Side.FAKE, FakeTurn(state=state, images=images))
    turn = FakeTurn(
        state=state,
        images=images,
        inputs={Side.FAKE: shown},
        labels=None if given is None else {Side.FAKE: given},
    )
    heuristic.after_move(turn)
    return turn


def begun(size: int = 6) -> FakeState:
    return FakeState(batch=size)


def images_of(memory: Buffer) -> Tensor:
    """The buffer, once there is one."""
    assert memory.images is not None
    return memory.images


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
    state = begun()
    kept: list[float] = []  # what a person would have written down
    for move in range(12):
        fakes = batch(move, 6, shape)
        seen = numbers(played(heuristic, state, fakes).inputs(Side.FAKE))
        fresh = [value for value in seen if value in numbers(fakes)]
        past = [value for value in seen if value not in fresh]
        assert len(past) == (0 if move == 0 else round(share * 6))
        assert set(past) <= set(kept)
        assert all(value == own for value, own in zip(seen, numbers(fakes), strict=True) if value in fresh)
        memory = state.memory(heuristic)
        now = numbers(images_of(memory)[: memory.stored])
        free = 18 - len(kept)
        assert len(now) == min(18, len(kept) + len(fresh))
        assert now[: len(kept)] == kept or len(fresh) > free
        assert set(fresh) <= set(now)
        gone = set(kept) - set(now)
        assert len(gone) == max(0, len(fresh) - free)
        assert set(now) == (set(kept) - gone) | set(fresh)
        kept = now
    assert images_of(memory).shape == (18, *shape)
    assert images_of(memory).dtype == torch.float32


def test_labels_follow_their_images() -> None:
    torch.manual_seed(0)
    heuristic = ExperienceReplay(batches=2)
    state = begun()
    for move in range(8):
        fakes = batch(move)
        turn = played(heuristic, state, fakes, labels=fakes[:, 0].long() * 7)
        labels = turn.labels(Side.FAKE)
        assert labels is not None
        assert labels.tolist() == [int(value) * 7 for value in numbers(turn.inputs(Side.FAKE))]
        memory = state.memory(heuristic)
        assert memory.labels is not None
        assert memory.labels.dtype == torch.int64
        assert torch.equal(memory.labels, images_of(memory)[:, 0].long() * 7)


def test_a_first_move_has_nothing_to_exchange_and_is_kept_whole() -> None:
    heuristic = ExperienceReplay()
    state = begun()
    assert torch.equal(played(heuristic, state, batch(1)).inputs(Side.FAKE), batch(1))
    assert numbers(images_of(state.memory(heuristic))[:6]) == numbers(batch(1))


@pytest.mark.parametrize(
    ("side", "player"),
    [(Side.REAL, Player.DISCRIMINATOR), (Side.FAKE, Player.GENERATOR), (Side.REAL, Player.GENERATOR)],
)
def test_real_images_and_the_generators_move_stay_as_they_are(side: Side, player: Player) -> None:
    heuristic = ExperienceReplay()
    state = begun()
    played(heuristic, state, batch(1))
    before = copy.deepcopy(state.memory(heuristic))
    turn = FakeTurn(player, state=state, images={each: batch(2) for each in Side})
    images, labels = heuristic.replace(batch(2), torch.arange(6), side, turn)
    assert torch.equal(images, batch(2))
    assert labels is not None
    assert torch.equal(labels, torch.arange(6))
    if player is Player.GENERATOR:
        heuristic.after_move(turn)
    assert same(state.memory(heuristic), before)


def same(one: Buffer, other: Buffer) -> bool:
    """Whether two memories hold the same."""
    others = fields_of(other)
    return all(
        torch.equal(value, others[key]) if isinstance(value, Tensor) else value == others[key]
        for key, value in fields_of(one).items()
    )


def test_a_turn_exchanges_its_fakes_once_and_no_other_images() -> None:
    heuristic = ExperienceReplay()
    chosen = tiny.small("naive").with_("label-embedding").with_(heuristic)
    training = TrainingSettings(device="cpu", precision="fp32")
    state, _ = new_players(chosen, tiny.images(), CustomNetworks(), CPU, training)
    step(state)
    turn = TrainingTurn(Player.DISCRIMINATOR, state, state.next_real())
    fakes, shown, labels = turn.images(Side.FAKE), turn.inputs(Side.FAKE), turn.labels(Side.FAKE)
    assert labels is not None
    memory = state.memory(heuristic)
    assert memory.labels is not None
    exchanged = (shown != fakes).flatten(1).any(1)
    assert int(exchanged.sum()) == round(0.5 * tiny.BATCH)
    for image, label in zip(shown[exchanged], labels[exchanged], strict=True):
        entry = (images_of(memory) == image).flatten(1).all(1).nonzero().item()
        assert label == memory.labels[int(entry)]
    turn.logits(Side.FAKE)
    assert torch.equal(turn.inputs(Side.FAKE), shown)
    assert torch.equal(turn.inputs(Side.REAL), turn.images(Side.REAL))
    for others in (fakes, fakes[:2]):
        assert torch.equal(turn.transform(others, Side.FAKE), others)
    assert torch.equal(turn.labels(Side.FAKE), labels)  # type: ignore[arg-type]


def test_fakes_in_half_precision_are_exchanged_and_kept_in_full() -> None:
    heuristic = ExperienceReplay()
    state = begun()
    for move in (0, 1):
        fakes = batch(move).bfloat16()
        turn = FakeTurn(state=state, images={Side.FAKE: fakes})
        seen, _ = heuristic.replace(fakes.float(), None, Side.FAKE, turn)
        heuristic.after_move(turn)
    assert sum(value < 100 for value in numbers(seen)) == 3
    assert images_of(state.memory(heuristic)).dtype == torch.float32


def test_a_stored_memory_goes_on_as_if_nothing_had_happened() -> None:
    heuristic = ExperienceReplay(batches=2)
    state = begun()
    for move in range(5):
        played(heuristic, state, batch(move), labels=torch.arange(6))
    file = io.BytesIO()
    torch.save(fields_of(state.memory(heuristic)), file)
    file.seek(0)
    resumed = begun()
    stored = torch.load(file, weights_only=True)
    resumed.memories[heuristic.name] = dataclasses.replace(resumed.memory(heuristic), **stored)
    seen = []
    for each in (state, resumed):
        torch.manual_seed(3)
        turns = [played(heuristic, each, batch(9), labels=torch.arange(6)) for _ in range(3)]
        seen.append([turn.inputs(Side.FAKE) for turn in turns])
    assert all(torch.equal(one, other) for one, other in zip(*seen, strict=True))
    assert same(state.memory(heuristic), resumed.memory(heuristic))


@pytest.mark.parametrize(("share", "size", "missing"), [(0.5, 1, "past"), (0.99, 8, "new"), (0.01, 8, "past")])
def test_a_batch_must_have_both_past_and_new_fakes(share: float, size: int, missing: str) -> None:
    refusal = ExperienceReplay(share=share).objection(Company([], batch=size))
    assert refusal is not None
    assert f"no {missing} fake" in refusal
    assert ExperienceReplay().objection(Company([], batch=2)) is None
