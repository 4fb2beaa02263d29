"""How real data are split into a reference and a floor."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

import steadygan as sg
from steadygan.data import Prepared, prepare, split_held_out
from steadygan.evaluation import reference
from steadygan.evaluation.reference import split
from steadygan.evaluation.samples import find_generator
from steadygan.features import split_indices
from steadygan.feeding.loader import MOST_HELD_OUT
from tests import tiny


def data(count: int = 300) -> Prepared:
    return tiny.images(count)


def test_a_fifth_is_held_out_and_the_rest_is_compared_with() -> None:
    found = split(data(), None)
    assert (len(found.training), len(found.held_out)) == (240, 60)
    assert sorted([*found.training, *found.held_out]) == [*range(300)]
    np.testing.assert_array_equal(np.sort(found.held_out), split_indices(300)[1])  # which encoders are not trained on
    assert found.sentence == (
        "reference: 240 images of the training split; floor: 60 images held out of it, drawn at random"
    )


def test_the_same_data_are_split_alike_and_their_first_items_are_of_all_classes() -> None:
    one, other = split(data(), None), split(data(), None)
    np.testing.assert_array_equal(one.training, other.training)
    np.testing.assert_array_equal(one.held_out, other.held_out)
    sorted_by_class = dataclasses.replace(data(), labels=np.arange(300) // 100)
    assert sorted_by_class.labels is not None
    first = split(sorted_by_class, None).training[:30]
    assert len({*sorted_by_class.labels[first].tolist()}) == 3


def test_of_very_many_items_some_are_compared_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference, "MOST", 100)
    found = split(data(), None)
    assert len(found.training) == 100
    assert found.sentence.startswith("reference: 100 of the 240 images of the training split")


@pytest.mark.usefixtures("brief")
def test_a_run_that_held_items_out_keeps_to_its_split(tmp_path: Path) -> None:
    np.savez(tmp_path / "data.npz", images=data(1000).images, labels=data(1000).labels)
    cache = tmp_path / "cache"
    run = sg.train(
        tmp_path / "data.npz",
        tiny.small("semi-supervised"),
        images=8,
        device="cpu",
        seed=5,
        out=tmp_path / "run",
        cache=cache,
        observers=(),
    )
    prepared = prepare(tmp_path / "data.npz", cache=cache)
    generator = find_generator(run)
    found = split(prepared, generator)
    share = tiny.small("semi-supervised").held_out_share
    training, held_out = split_held_out(1000, prepared.labels, share, MOST_HELD_OUT, 5)
    np.testing.assert_array_equal(np.sort(found.training), training)
    np.testing.assert_array_equal(np.sort(found.held_out), held_out)
    assert "which this run was not trained on" in found.sentence
    elsewhere = split(prepare(data(500).images, cache=cache), generator)
    assert "drawn at random" in elsewhere.sentence
