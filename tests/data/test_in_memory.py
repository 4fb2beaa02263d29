"""Labels and torch data sets from a program: what is drawn from them, and what is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

import steadygan as sg
from steadygan.data import prepare
from steadygan.errors import SteadyganError
from tests import tiny

IMAGES = tiny.images(12).images
LABELS = np.arange(12) % 3
TENSOR = torch.from_numpy(IMAGES.transpose(0, 3, 1, 2).copy())


class Listed(Dataset[Any]):
    """Gives the items of a list."""

    def __init__(self, items: list[Any]) -> None:
        self.items = items

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, place: int) -> Any:
        return self.items[place]


class Endless(IterableDataset[Any]):
    """Never ends."""

    def __iter__(self) -> Any:
        while True:
            yield TENSOR[0]


PICTURES = Listed([(Image.fromarray(image[:, :, 0]), int(label)) for image, label in zip(IMAGES, LABELS, strict=True)])
BETWEEN_0_AND_1 = Listed([(image / 255, int(label)) for image, label in zip(TENSOR, LABELS, strict=True)])


@pytest.mark.parametrize(
    "given",
    [
        (IMAGES, LABELS),
        (TENSOR, torch.from_numpy(LABELS)),
        (TENSOR, LABELS.tolist()),
        PICTURES,
        BETWEEN_0_AND_1,
        TensorDataset(TENSOR, torch.from_numpy(LABELS)),
        DataLoader(TensorDataset(TENSOR, torch.from_numpy(LABELS)), batch_size=5),
        DataLoader(BETWEEN_0_AND_1, batch_size=5),
    ],
    ids=["arrays", "tensors", "list", "pictures", "floats", "tensor set", "loader", "loader of floats"],
)
def test_images_and_labels_are_those_of_the_program(given: Any, tmp_path: Path) -> None:
    found = prepare(given, cache=tmp_path)
    assert np.array_equal(found.images, IMAGES)
    assert found.labels is not None
    assert np.array_equal(found.labels, LABELS)
    assert found.class_names == ("0", "1", "2")


@pytest.mark.parametrize("given", [Listed(list(TENSOR)), DataLoader(Listed(list(TENSOR)), batch_size=5)])
def test_a_data_set_needs_no_labels(given: Any, tmp_path: Path) -> None:
    found = prepare(given, cache=tmp_path)
    assert np.array_equal(found.images, IMAGES)
    assert found.labels is None


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (("photos", LABELS), "Labels are given with an array, a tensor or a torch data set, not with 'photos'"),
        ((IMAGES, LABELS[:3]), r"labels in memory are int64 \[3\], but 12 items need"),
        ((IMAGES, LABELS + 0.5), "whole numbers"),
        (Endless(), "Endless has no length, so it might never end"),
        (Listed([]), "Listed is empty"),
        (Listed([TENSOR[0], TENSOR[0, :, :4]]), r"items of the Listed do not fit together \(.*shape.*all of one size"),
        (Listed([(TENSOR[0], 1), (TENSOR[1],)]), "do not fit together"),
    ],
)
def test_what_does_not_fit_is_one_sentence(given: Any, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(SteadyganError, match=sentence) as refusal:
        prepare(given, cache=tmp_path)
    assert "\n" not in str(refusal.value)


@pytest.mark.usefixtures("brief")
def test_labels_beside_an_array_make_a_conditional_run_that_goes_on(tmp_path: Path) -> None:
    given = sg.train(
        IMAGES, tiny.small("naive"), labels=LABELS, out=tmp_path / "run", images=16, device="cpu", observers=()
    )
    assert given.sample(3, class_name="2").shape == (3, 8, 8, 1)
    run = sg.resume(given.path, data=(IMAGES, LABELS), images=24, observers=())
    assert run.generator.config.images_seen == 24
    with pytest.raises(SteadyganError, match=r"only your program has \(array in memory"):
        sg.resume(given.path, images=32)
