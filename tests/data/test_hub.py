"""Data sets of the Hugging Face hub, with ones that are made here."""

import socket
import sys

import numpy as np
import pytest
from PIL import Image

from steadygan.data import DataSettings, prepare
from steadygan.errors import SteadyganError
from tests.data.hostile import encoded, good

try:
    import datasets
except ImportError:
    datasets = None

needs_datasets = pytest.mark.skipif(datasets is None, reason="the extra 'hub' (datasets) is not installed")
PIXELS = np.random.default_rng(0).integers(0, 256, (5, 10, 10, 3), dtype=np.uint8)


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*address, **options):
        raise socket.gaierror("no network here")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def made(labels=(2, 0, 1, 1, 0), spoiled=()):
    """Five colour images with classes, some of them no image at all."""
    data = [encoded(Image.fromarray(pixels), "PNG") for pixels in PIXELS]
    cells = [{"bytes": b"spoiled" if i in spoiled else one, "path": None} for i, one in enumerate(data)]
    features = datasets.Features(
        {"number": datasets.Value("int64"), "img": datasets.Image(), "kind": datasets.ClassLabel(names=["x", "y", "z"])}
    )
    return datasets.Dataset.from_dict({"number": range(5), "img": cells, "kind": list(labels)}, features=features)


@needs_datasets
def test_a_saved_data_set_gives_images_labels_and_names(tmp_path, cache):
    made().save_to_disk(tmp_path / "saved")
    prepared = prepare(tmp_path / "saved", cache=cache)
    assert np.array_equal(prepared.images, PIXELS)
    assert prepared.labels.tolist() == [2, 0, 1, 1, 0]
    assert prepared.class_names == ("x", "y", "z")
    assert prepare(tmp_path / "saved", cache=cache).from_cache


@needs_datasets
def test_of_several_splits_the_training_one_is_taken(tmp_path, cache):
    datasets.DatasetDict({"test": made().select([0]), "train": made()}).save_to_disk(tmp_path / "saved")
    assert len(prepare(tmp_path / "saved", cache=cache)) == 5


@needs_datasets
def test_a_parquet_file_is_a_data_set(tmp_path, cache, monkeypatch):
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "hub-cache")
    made().to_parquet(tmp_path / "set.parquet")
    prepared = prepare(tmp_path / "set.parquet", cache=cache)
    assert np.array_equal(prepared.images, PIXELS)
    assert prepared.labels.tolist() == [2, 0, 1, 1, 0]


@pytest.fixture
def unknown_size(monkeypatch):
    """Nobody knows how large a data set of the hub is."""

    def no_builder(name):
        raise ConnectionError

    monkeypatch.setattr(datasets, "load_dataset_builder", no_builder)


@needs_datasets
def test_a_name_of_the_hub_is_loaded_by_its_full_name(cache, monkeypatch, unknown_size):
    asked = []

    def load_dataset(name, split):
        asked.append((name, split))
        return made()

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    assert np.array_equal(prepare("cifar10", DataSettings(resolution=10), cache=cache).images, PIXELS)
    assert prepare("someone/flowers", cache=cache).class_names == ("x", "y", "z")
    assert asked == [("uoft-cs/cifar10", "train"), ("someone/flowers", "train")]


@needs_datasets
def test_a_second_start_needs_neither_network_nor_library(cache, monkeypatch, unknown_size):
    monkeypatch.setattr(datasets, "load_dataset", lambda name, split: made())
    prepare("someone/flowers", cache=cache)
    monkeypatch.setitem(sys.modules, "datasets", None)
    assert prepare("someone/flowers", cache=cache).from_cache


@needs_datasets
def test_spoiled_images_are_skipped_and_labels_stay_with_theirs(tmp_path, cache):
    made(spoiled=(1, 3)).save_to_disk(tmp_path / "saved")
    prepared = prepare(tmp_path / "saved", cache=cache)
    assert np.array_equal(prepared.images, PIXELS[[0, 2, 4]])
    assert prepared.labels.tolist() == [2, 1, 0]
    assert [one.path for one in prepared.skipped] == ["img[1]", "img[3]"]


@needs_datasets
@pytest.mark.parametrize("missing", [-1, None])
def test_images_without_a_label_are_unlabelled_and_the_others_keep_theirs(tmp_path, cache, missing):
    made(labels=(0, missing, 1, 2, missing), spoiled=(2,)).save_to_disk(tmp_path / "saved")
    prepared = prepare(tmp_path / "saved", cache=cache)
    assert np.array_equal(prepared.images, PIXELS[[0, 1, 3, 4]])
    assert prepared.labels.tolist() == [0, -1, 2, -1]
    assert prepared.class_names == ("x", "y", "z")
    assert "Unlabelled: 2 of the 4 items" in prepared.notes[0]


@needs_datasets
def test_a_data_set_without_a_single_label_has_none_and_a_note(tmp_path, cache):
    made(labels=[-1] * 5).save_to_disk(tmp_path / "saved")
    prepared = prepare(tmp_path / "saved", cache=cache)
    assert (prepared.labels, prepared.class_names) == (None, ())
    assert "No labels: none of the 5 items" in prepared.notes[0]


@needs_datasets
def test_data_sets_without_images_are_refused(tmp_path, cache):
    made().remove_columns("img").save_to_disk(tmp_path / "numbers")
    with pytest.raises(SteadyganError, match="no column of images, only: number, kind"):
        prepare(tmp_path / "numbers", cache=cache)
    made(spoiled=range(5)).save_to_disk(tmp_path / "spoiled")
    with pytest.raises(SteadyganError, match="no usable image: 5 entries"):
        prepare(tmp_path / "spoiled", cache=cache)
    (tmp_path / "text.parquet").write_text("no parquet")
    with pytest.raises(SteadyganError, match="cannot be read as a data set"):
        prepare(tmp_path / "text.parquet", cache=cache)


@needs_datasets
@pytest.mark.parametrize("name", ["mnist", "photo", "someone/flowers"])
def test_without_a_network_one_sentence_says_so(tmp_path, cache, monkeypatch, no_network, name):
    monkeypatch.chdir(tmp_path)
    good(tmp_path / "photos", 1)
    with pytest.raises(
        SteadyganError, match=r"no file or folder here, and the Hugging Face hub .* cannot be reached"
    ) as refusal:
        prepare(name, cache=cache)
    assert "\n" not in str(refusal.value)
    assert ("did you mean 'photos'" in str(refusal.value)) == (name == "photo")


def test_without_the_library_one_sentence_says_how_to_get_it(tmp_path, cache, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(SteadyganError, match=r"'mnist' is no file or folder here; .*steadygan\[hub\]"):
        prepare("mnist", cache=cache)
