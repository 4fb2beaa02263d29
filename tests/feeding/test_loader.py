"""Real images of a run: what is trained on, what is held out, and which labels are known."""

from collections import Counter

import numpy as np
import pytest
import torch

from steadygan.errors import SteadyganError
from steadygan.feeding.labels import DataView, random_labels
from steadygan.feeding.loader import Batch, BatchLoader
from tests.heuristics.truth import likely_share, seeded
from tests.labelled_networks import CPU, UNIT, numbered, numbers

SIZES = (4, 12, 40)
DATA = numbered(SIZES)
HELD = DataView(classes=3, held_out_share=0.25)


PLAIN = DataView()


def loader_of(view: DataView = PLAIN, seed: int = 0) -> BatchLoader:
    return BatchLoader(DATA, UNIT, CPU, seed, view)


def epochs(of: BatchLoader, count: int = 3) -> list[Batch]:
    return [of.next(8) for _ in range(count * len(DATA) // 8)]


def true(images: torch.Tensor) -> list[int]:
    """The classes of numbered images."""
    assert DATA.labels is not None
    return [int(DATA.labels[number]) for number in numbers(images)]


def known(of: BatchLoader) -> dict[int, int]:
    """The label of every image that is trained on, as batches give it."""
    found: dict[int, int] = {}
    for images, labels in epochs(of):
        assert labels is not None
        for number, label in zip(numbers(images), labels.tolist(), strict=True):
            assert found.setdefault(number, label) == label
    return found


# --- training


def test_an_epoch_holds_every_image_once() -> None:
    of = loader_of()
    assert sorted(number for _ in range(7) for number in numbers(of.next(8).images)) == list(range(56))


def test_a_batch_is_as_long_as_its_images_and_has_no_labels_unless_they_are_used() -> None:
    batch = loader_of().next(5)
    assert len(batch) == 5
    assert batch.labels is None


def test_labels_are_those_of_the_images() -> None:
    for images, labels in epochs(loader_of(DataView(classes=3))):
        assert labels is not None
        assert labels.dtype is torch.int64
        assert labels.tolist() == true(images)


def test_an_order_goes_on_where_it_was_left() -> None:
    one, other = loader_of(), loader_of()
    one.next(30)
    other.load_state_dict(one.state_dict())
    assert numbers(one.next(50).images) == numbers(other.next(50).images)


@pytest.mark.parametrize("classes", [0, 3])
def test_classes_are_seen_alike_whether_or_not_labels_are_used(classes: int) -> None:
    batches = epochs(loader_of(DataView(classes=classes, balanced=True)), 6)
    counts = Counter(label for batch in batches for label in true(batch.images))
    assert max(counts.values()) - min(counts.values()) <= 2


# --- held out


@pytest.mark.parametrize(
    "view", [HELD, DataView(held_out_share=0.25), DataView(classes=3, held_out_share=0.25, balanced=True)]
)
def test_what_is_held_out_is_never_trained_on(view: DataView) -> None:
    of = loader_of(view)
    trained = {number for batch in epochs(of, 12) for number in numbers(batch.images)}
    trained |= {*numbers(of.reference(100).images)}
    if view.classes:
        trained |= {*numbers(of.labelled(500)[0])}
    out = [number for images, _ in of.held_out_chunks(5) for number in numbers(images)]
    assert len(out) == len({*out}) == of.held_out_count == 14
    assert trained.isdisjoint(out)
    assert trained | {*out} == {*range(56)}


def test_of_every_class_the_same_share_is_held_out() -> None:
    held = [label for images, _ in loader_of(HELD).held_out_chunks(100) for label in true(images)]
    assert Counter(held) == {0: 1, 1: 3, 2: 10}


def test_held_out_images_come_in_chunks_with_their_true_labels_even_where_training_knows_few() -> None:
    of = loader_of(DataView(classes=3, labels_per_class=1, held_out_share=0.25))
    chunks = list(of.held_out_chunks(6))
    assert [len(images) for images, _ in chunks] == [6, 6, 2]
    for images, labels in (*chunks, of.held_out(200)):
        assert labels is not None
        assert labels.tolist() == true(images)


def test_random_held_out_images_are_all_of_them_in_time() -> None:
    of = loader_of(HELD)
    torch.manual_seed(0)
    drawn = numbers(of.held_out(400)[0])
    assert {*drawn} == {number for images, _ in of.held_out_chunks(100) for number in numbers(images)}
    torch.manual_seed(0)
    assert numbers(of.held_out(400)[0]) == drawn


def test_nothing_is_held_out_unless_it_is_asked_for() -> None:
    of = loader_of(DataView(classes=3))
    assert of.held_out_count == 0
    assert list(of.held_out_chunks(4)) == []


# --- known labels


@pytest.mark.parametrize(("share", "kept"), [(1.0, (4, 12, 40)), (0.5, (2, 6, 20)), (0.01, (1, 1, 1))])
def test_the_same_share_of_every_class_is_known_and_no_label_is_wrong(share: float, kept: tuple[int, ...]) -> None:
    assert DATA.labels is not None
    found = known(loader_of(DataView(classes=3, label_share=share)))
    assert len(found) == len(DATA)
    assert all(label in (-1, DATA.labels[number]) for number, label in found.items())
    assert Counter(label for label in found.values() if label >= 0) == dict(enumerate(kept))


def test_a_number_of_labels_counts_among_what_is_trained_on() -> None:
    found = known(loader_of(DataView(classes=3, labels_per_class=5, held_out_share=0.25)))
    assert len(found) == 42
    assert Counter(label for label in found.values() if label >= 0) == {0: 3, 1: 5, 2: 5}


def test_which_labels_are_known_depends_on_the_seed_alone() -> None:
    view = DataView(classes=3, label_share=0.3)
    assert known(loader_of(view)) == known(loader_of(view))
    assert known(loader_of(view)) != known(loader_of(view, seed=1))


# --- what heuristics ask for


def test_a_reference_is_always_the_same_and_disturbs_nothing() -> None:
    of, undisturbed = loader_of(DataView(classes=3)), loader_of(DataView(classes=3))
    random = torch.get_rng_state()
    first, labels = of.reference(20)
    of.next(7)
    torch.testing.assert_close(of.reference(20).images, first, rtol=0, atol=0)
    torch.testing.assert_close(loader_of(DataView(classes=3), seed=9).reference(20).images, first, rtol=0, atol=0)
    assert labels is not None
    assert labels.tolist() == true(first)
    assert torch.equal(torch.get_rng_state(), random)
    undisturbed.next(7)
    assert numbers(of.next(9).images) == numbers(undisturbed.next(9).images)


def test_a_reference_repeats_only_when_there_are_too_few() -> None:
    of = loader_of()
    assert sorted(numbers(of.reference(56).images)) == list(range(56))
    assert Counter(Counter(numbers(of.reference(112).images)).values()) == {2: 56}
    assert numbers(of.reference(60).images)[:56] == numbers(of.reference(56).images)


def test_labelled_images_have_known_labels_alone_each_class_equally_often() -> None:
    of = loader_of(DataView(classes=3, labels_per_class=3))
    names = {number: label for number, label in known(of).items() if label >= 0}
    torch.manual_seed(0)
    images, labels = of.labelled(3000)
    assert labels.tolist() == true(images)
    assert {*numbers(images)} == {*names}
    assert all(likely_share(int((labels == each).sum()), 3000, 1 / 3) for each in range(3))
    assert all(likely_share(count, 3000, 1 / 9) for count in Counter(numbers(images)).values())


def test_labelled_images_follow_the_global_randomness() -> None:
    of = loader_of(DataView(classes=3, label_share=0.5))
    torch.manual_seed(4)
    first = numbers(of.labelled(30)[0])
    torch.manual_seed(4)
    assert numbers(of.labelled(30)[0]) == first
    assert numbers(of.labelled(30)[0]) != first


def test_there_are_no_labelled_images_where_no_labels_are_used() -> None:
    with pytest.raises(ValueError, match="no labels"):
        loader_of().labelled(3)


def test_shares_of_classes_are_those_of_the_known_labels() -> None:
    assert loader_of().class_shares == ()
    assert loader_of(DataView(classes=3)).class_shares == pytest.approx([4 / 56, 12 / 56, 40 / 56])
    assert loader_of(DataView(classes=3, labels_per_class=8)).class_shares == pytest.approx([4 / 20, 8 / 20, 8 / 20])
    assert loader_of(DataView(classes=3, balanced=True)).class_shares == pytest.approx([1 / 3] * 3)


def test_random_labels_have_the_given_frequencies() -> None:
    shares = (0.5, 0.0, 0.2, 0.3)
    drawn = random_labels(4000, shares, seeded())
    assert (drawn.dtype, drawn.shape) == (torch.int64, (4000,))
    counts = np.bincount(drawn.numpy(), minlength=4)
    assert counts[1] == 0
    assert all(likely_share(int(counts[each]), 4000, shares[each]) for each in (0, 2, 3))
    assert torch.equal(random_labels(4000, shares, seeded()), drawn)
    assert not torch.equal(random_labels(4000, shares, seeded(1)), drawn)


def test_where_no_item_can_be_held_out_the_run_is_refused() -> None:
    with pytest.raises(SteadyganError, match="Of 4 items none can be held out to measure on"):
        BatchLoader(numbered((4,)), UNIT, CPU, 0, DataView(held_out_share=0.1))
