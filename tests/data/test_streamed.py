"""Data sets that are read as they arrive, from a file that is made here."""

import shutil
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from steadygan.data import DataSettings, encoded_images, prepare, streamed
from steadygan.errors import SteadyganError
from tests.data.hostile import encoded as image_file
from tests.data.test_hub import PIXELS, made

datasets = pytest.importorskip("datasets")


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A hub that holds one data set at a time; it remembers what was asked of it."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "hub-cache")
    state = SimpleNamespace(asked=[], held=made(), size=0, here=tmp_path / "not-here")
    real = datasets.load_dataset

    def load_dataset(name, split, streaming=False):
        state.asked.append((name, split, streaming))
        if isinstance(state.held, datasets.IterableDataset) or not streaming:
            return state.held
        state.held.to_parquet(tmp_path / "set.parquet")
        return real("parquet", data_files=str(tmp_path / "set.parquet"), split=split, streaming=True)

    def load_dataset_builder(name):
        info = SimpleNamespace(download_size=state.size, dataset_size=None)
        return SimpleNamespace(info=info, cache_dir=str(state.here))

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    monkeypatch.setattr(datasets, "load_dataset_builder", load_dataset_builder)
    return state


def coloured(sizes, mode="RGB"):
    """A data set of images of these sizes."""
    data = [image_file(Image.new(mode, size, 7 * place % 255), "PNG") for place, size in enumerate(sizes)]
    cells = [{"bytes": one, "path": None} for one in data]
    return datasets.Dataset.from_dict({"img": cells}, features=datasets.Features({"img": datasets.Image()}))


def test_what_is_streamed_is_what_is_downloaded(hub, tmp_path, cache):
    hub.held = made(labels=(2, None, 1, -1, 0), spoiled=(2,))
    stream, whole = prepare("streamed:a/set", cache=cache), prepare("a/set", cache=tmp_path / "other")
    assert hub.asked == [("a/set", "train", True), ("a/set", "train", False)]
    assert np.array_equal(stream.images, PIXELS[[0, 1, 3, 4]])
    assert stream.labels.tolist() == [2, -1, -1, 0]
    for name in ("class_names", "skipped", "fingerprint", "shape"):
        assert getattr(stream, name) == getattr(whole, name)
    assert stream.source == "streamed:a/set"


def test_short_names_are_known_and_a_second_start_reads_nothing(hub, cache):
    prepare("streamed:cifar10", cache=cache)
    assert prepare("streamed:cifar10", cache=cache).from_cache
    assert prepare("cifar10", cache=cache).from_cache
    assert hub.asked == [("uoft-cs/cifar10", "train", True)]


def test_what_would_fill_the_disk_is_streamed_by_itself(hub, cache, tmp_path):
    free = shutil.disk_usage(tmp_path).free
    for name, size, streaming in (("a/small", free // 4, False), ("a/large", 10 * free, True)):
        hub.size = size
        prepare(name, cache=cache)
        assert hub.asked[-1] == (name, "train", streaming)


def test_what_is_here_already_is_not_streamed_by_itself(hub, cache, tmp_path):
    hub.size, hub.here = 10**18, tmp_path
    prepare("a/set", cache=cache)
    assert hub.asked == [("a/set", "train", False)]


def test_rows_are_read_in_order_and_few_at_once(hub, cache, monkeypatch):
    monkeypatch.setattr(encoded_images, "CHUNK_FILES", 3)
    monkeypatch.setattr(streamed, "CHUNK_FILES", 3)
    monkeypatch.setattr(streamed, "EXAMINED_IMAGES", 5)
    drawn, kept = 0, []
    pixels = np.arange(60, dtype=np.uint8)

    def rows():
        nonlocal drawn
        for grey in pixels:
            drawn += 1
            yield {"img": {"bytes": image_file(Image.new("L", (9, 9), int(grey)), "PNG"), "path": None}}

    features = datasets.Features({"img": datasets.Image()})
    hub.held = datasets.IterableDataset.from_generator(rows, features=features)
    found = prepare("streamed:a/set", cache=cache, workers=1, progress=lambda done, total: kept.append((drawn, done)))
    assert found.images[:, 0, 0, 0].tolist() == pixels.tolist()
    assert found.shape == (9, 9, 1)
    assert max(ahead - done for ahead, done in kept) <= 5 * 3
    assert "first 5 images" in found.notes[0]


def test_the_first_images_decide_on_the_resolution_unless_the_user_does(hub, tmp_path, cache, monkeypatch):
    monkeypatch.setattr(streamed, "EXAMINED_IMAGES", 3)
    hub.held = coloured([(20, 30)] * 3 + [(90, 90)] * 40)
    assert prepare("streamed:a/set", cache=cache).shape == (16, 16, 3)
    assert prepare("a/set", cache=tmp_path / "other").shape == (64, 64, 3)
    wanted = prepare("streamed:a/set", DataSettings(resolution=12), cache=cache)
    assert (wanted.shape, wanted.notes) == ((12, 12, 3), ())


def test_colour_that_comes_late_is_kept(hub, cache, monkeypatch):
    monkeypatch.setattr(streamed, "EXAMINED_IMAGES", 2)
    grey, colour = coloured([(9, 9)] * 4, "L"), coloured([(9, 9)] * 4)
    hub.held = datasets.concatenate_datasets([grey, colour])
    assert prepare("streamed:a/set", cache=cache).shape == (9, 9, 3)
    hub.held = grey
    assert prepare("streamed:a/grey", cache=cache).shape == (9, 9, 1)


def test_images_inside_an_archive_are_fetched(hub, tmp_path, cache):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for place, pixels in enumerate(PIXELS):
            archive.writestr(f"{place}.png", image_file(Image.fromarray(pixels), "PNG"))
    paths = [f"zip://{place}.png::{tmp_path / 'all.zip'}" for place in range(len(PIXELS))]
    cells = [{"bytes": None, "path": path} for path in paths]
    features = datasets.Features({"img": datasets.Image()})
    hub.held = datasets.Dataset.from_dict({"img": cells}, features=features).to_iterable_dataset()
    assert np.array_equal(prepare("streamed:a/set", cache=cache).images, PIXELS)


def test_a_stream_that_breaks_off_is_one_sentence_and_leaves_nothing(hub, cache):
    def rows():
        for _ in range(3):
            yield {"img": {"bytes": image_file(Image.new("L", (9, 9)), "PNG"), "path": None}}
        raise ConnectionError("gone")

    hub.held = datasets.IterableDataset.from_generator(rows, features=datasets.Features({"img": datasets.Image()}))
    with pytest.raises(SteadyganError, match=r"'streamed:a/set' broke off after 3 rows .*: start again") as refusal:
        prepare("streamed:a/set", cache=cache)
    assert "\n" not in str(refusal.value)
    assert not [path for path in cache.iterdir() if path.is_dir()]


def test_a_stream_without_anything_usable_is_refused(hub, cache):
    hub.held = made(spoiled=range(5))
    with pytest.raises(SteadyganError, match="no usable image: 5 entries"):
        prepare("streamed:a/set", cache=cache)


@pytest.mark.parametrize("name", ["streamed:", "streamed:no/such/name", "streamed:stacked:mnist"])
def test_only_names_of_the_hub_are_streamed(cache, name):
    with pytest.raises(SteadyganError, match="names no data set of the Hugging Face hub"):
        prepare(name, cache=cache)


def test_a_near_miss_is_pointed_out(cache):
    with pytest.raises(SteadyganError, match="did you mean 'streamed:a/set'"):
        prepare("stream:a/set", cache=cache)
