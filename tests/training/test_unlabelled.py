"""Data of which some images are unlabelled: what is refused, what is drawn, and what accuracy is measured on."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from steadygan.api import fit_recipe
from steadygan.data import Prepared
from steadygan.errors import SteadyganError
from steadygan.feeding.labels import DataView
from steadygan.feeding.loader import BatchLoader
from steadygan.heuristics.architecture import SemiSupervised
from steadygan.heuristics.turn import DiscriminatorOutput
from steadygan.recipe import Recipe
from steadygan.settings import TrainingSettings
from steadygan.training.labels import data_view
from steadygan.vocabulary import Player
from tests import tiny
from tests.heuristics.truth import FakeState, likely_share
from tests.labelled_networks import CPU, UNIT, numbered, numbers

NAIVE, CONDITIONAL, SOME = tiny.small("naive"), tiny.small("conditional"), tiny.small("semi-supervised")
WHOLE = numbered((8, 12, 20))
KNOWN = (4, 6, 2)


def partly(known: tuple[int, ...] = KNOWN) -> Prepared:
    """The numbered images, of each class only the first so many with their label."""
    assert WHOLE.labels is not None
    labels = np.full(len(WHOLE), -1)
    for each, count in enumerate(known):
        labels[np.flatnonzero(WHOLE.labels == each)[:count]] = each
    return replace(WHOLE, labels=labels, source="mine.npz")


DATA = partly()


def view(chosen: Recipe, data: Prepared = DATA, **given: Any) -> DataView:
    return data_view(chosen, data, TrainingSettings(device="cpu", precision="fp32", **given))


def labels_of(images: Tensor) -> list[int]:
    """The labels of numbered images, -1 where they have none."""
    assert DATA.labels is not None
    return [int(DATA.labels[number]) for number in numbers(images)]


# --- what is refused


@pytest.mark.parametrize(
    ("chosen", "given", "who"),
    [
        (CONDITIONAL, {}, "The heuristic 'projection'"),
        (NAIVE.with_("label-embedding"), {"labels": True}, "The heuristic 'label-embedding'"),
        (NAIVE, {"labels": True}, "--labels"),
    ],
)
def test_who_needs_every_label_refuses_unlabelled_images(chosen: Recipe, given: Any, who: str) -> None:
    with pytest.raises(SteadyganError) as refusal:
        view(chosen, **given)
    assert str(refusal.value) == (
        f"{who} needs the label of every item, but 28 of the 40 in 'mine.npz' have none; "
        "use --recipe semi-supervised, or give them classes"
    )


@pytest.mark.parametrize(
    ("chosen", "given", "expected"),
    [
        (NAIVE, {}, DataView()),
        (SOME, {}, DataView(classes=3, held_out_share=0.1)),
        (SOME, {"labels_per_class": 2}, DataView(classes=3, labels_per_class=2, held_out_share=0.1)),
        (NAIVE.set("class_balanced", True), {}, DataView(balanced=True)),
    ],
)
def test_who_needs_some_labels_or_none_takes_them(chosen: Recipe, given: Any, expected: DataView) -> None:
    assert view(chosen, **given) == expected


@pytest.mark.parametrize("chosen", [SOME, CONDITIONAL, NAIVE.set("class_balanced", True)])
def test_labels_that_are_all_missing_are_missed_as_if_there_were_none(chosen: Recipe) -> None:
    with pytest.raises(SteadyganError, match=r"needs labels and 'mine\.npz' has none"):
        view(chosen, partly((0, 0, 0)))


def test_balance_that_leaves_the_unlabelled_out_says_so() -> None:
    balanced = SOME.set("class_balanced", True)
    assert [note for note in fit_recipe(balanced, DATA)[1] if "28 unlabelled items are never drawn" in note]
    for chosen, data in ((SOME, DATA), (balanced, WHOLE)):
        assert not [note for note in fit_recipe(chosen, data)[1] if "unlabelled" in note]


# --- what is drawn


def test_an_epoch_holds_the_unlabelled_too_with_their_label_unknown() -> None:
    batch = BatchLoader(DATA, UNIT, CPU, 0, DataView(classes=3)).next(40)
    assert batch.labels is not None
    assert sorted(numbers(batch.images)) == list(range(40))
    assert batch.labels.tolist() == labels_of(batch.images)


def test_shares_of_classes_count_what_is_labelled() -> None:
    assert BatchLoader(DATA, UNIT, CPU, 0, DataView(classes=3)).class_shares == pytest.approx([4 / 12, 6 / 12, 2 / 12])


def test_drawn_labelled_images_are_labelled_each_class_equally_often() -> None:
    torch.manual_seed(0)
    images, labels = BatchLoader(DATA, UNIT, CPU, 0, DataView(classes=3)).labelled(3000)
    assert labels.tolist() == labels_of(images)
    assert {*labels.tolist()} == {0, 1, 2}
    assert all(likely_share(int((labels == each).sum()), 3000, 1 / 3) for each in range(3))


def test_a_number_of_labels_per_class_counts_what_is_labelled() -> None:
    batch = BatchLoader(DATA, UNIT, CPU, 0, DataView(classes=3, labels_per_class=3)).next(40)
    assert batch.labels is not None
    assert Counter(batch.labels.tolist()) == {0: 3, 1: 3, 2: 2, -1: 32}


@pytest.mark.parametrize("classes", [0, 3])
def test_classes_seen_equally_often_leave_the_unlabelled_out(classes: int) -> None:
    images = BatchLoader(DATA, UNIT, CPU, 0, DataView(classes=classes, balanced=True)).next(36).images
    assert Counter(labels_of(images)) == {0: 12, 1: 12, 2: 12}


def test_a_class_without_any_labelled_image_is_neither_drawn_nor_expected() -> None:
    data = partly((4, 0, 2))
    for balanced, shares in ((False, [2 / 3, 0, 1 / 3]), (True, [1 / 2, 0, 1 / 2])):
        of = BatchLoader(data, UNIT, CPU, 0, DataView(classes=3, balanced=balanced))
        assert of.class_shares == pytest.approx(shares)
        assert {*of.labelled(50)[1].tolist()} == {0, 2}


def test_labelled_and_unlabelled_images_are_held_out_in_proportion() -> None:
    of = BatchLoader(DATA, UNIT, CPU, 0, DataView(classes=3, held_out_share=0.5))
    (chunk,) = of.held_out_chunks(100)
    assert chunk[1] is not None
    assert chunk[1].tolist() == labels_of(chunk[0])
    assert Counter(labels_of(chunk[0])) == {0: 2, 1: 3, 2: 1, -1: 14}


# --- accuracy


class Reader(nn.Module):
    """Names class 1 always."""

    def discriminate(self, images: Tensor) -> DiscriminatorOutput:
        """Class logits that are greatest for class 1."""
        logits = torch.tensor([[0.0, 5.0, 1.0]]).expand(len(images), 3)
        return DiscriminatorOutput(logits.sum(1), images, logits)


def accuracy(labels: list[int]) -> dict[str, float]:
    """Of a discriminator that names class 1 always, on held-out images with these labels."""
    state = FakeState({Player.DISCRIMINATOR: Reader()}, real=torch.zeros(len(labels), 2), labels=torch.tensor(labels))
    return SemiSupervised().measure(state)


def test_held_out_accuracy_counts_what_is_labelled_alone() -> None:
    assert accuracy([1, -1, 1, 0, -1, -1, 1]) == {"semi-supervised/held-out-accuracy": pytest.approx(3 / 4)}
    assert accuracy([1, 2]) == {"semi-supervised/held-out-accuracy": pytest.approx(1 / 2)}


def test_where_nothing_held_out_is_labelled_no_accuracy_is_measured() -> None:
    assert accuracy([-1, -1]) == {}


# --- a whole run


@pytest.mark.usefixtures("brief")
def test_a_run_on_partly_labelled_images_reports_accuracy_and_how_many_are_unlabelled(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    tiny.play(SOME.set("semi-supervised.held_out", 0.5), folder, DATA, images=8)
    run = json.loads((folder / "run.json").read_text("utf-8"))
    assert (run["data"]["labelled"], run["data"]["unlabelled"], run["held_out"]) == (True, 28, 20)
    found = [row["semi-supervised/held-out-accuracy"] for row in tiny.rows(folder) if _measured(row)]
    assert found
    assert all(min(abs(each - right / 6) for right in range(7)) < 1e-6 for each in found)


def _measured(row: dict[str, Any]) -> bool:
    return "semi-supervised/held-out-accuracy" in row
