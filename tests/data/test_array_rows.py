"""Arrays in memory and in files: layouts, values, keys, labels, and what is refused."""

import io
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image

from steadygan.data import DataSettings, Prepared, array_files, array_rows, prepare
from steadygan.errors import SteadyganError

RANDOM = np.random.default_rng(0)
COLOUR = RANDOM.integers(0, 256, (6, 12, 12, 3), dtype=np.uint8)
GREY = RANDOM.integers(0, 256, (6, 12, 12), dtype=np.uint8)


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def tiny_blocks(monkeypatch):
    monkeypatch.setattr(array_rows, "_BLOCK_BYTES", 500)


def prepared(source, cache, **settings) -> Prepared:
    return prepare(source, DataSettings(**settings), cache=cache)


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (COLOUR, COLOUR),
        (COLOUR.transpose(0, 3, 1, 2), COLOUR),
        (GREY, GREY[..., None]),
        (GREY[..., None], GREY[..., None]),
        (GREY[:, None], GREY[..., None]),
        (GREY > 127, (GREY > 127)[..., None] * np.uint8(255)),
        (GREY.astype(np.int64), GREY[..., None]),
        (GREY.astype(np.uint16) * 257, GREY[..., None]),
        (GREY.astype(np.float64) / 255, GREY[..., None]),
        (GREY.astype(np.float32) / 127.5 - 1, GREY[..., None]),
        (GREY.astype(np.float32), GREY[..., None]),
        (np.asfortranarray(COLOUR), COLOUR),
        (np.repeat(GREY[..., None], 3, axis=-1), GREY[..., None]),
    ],
)
def test_layouts_and_ranges_give_the_same_images(array, expected, cache, tiny_blocks):
    result = prepared(array, cache)
    assert result.images.dtype == np.uint8
    assert np.array_equal(result.images, expected)
    assert result.labels is None


def test_tensors_have_channels_first(cache):
    pixels = torch.from_numpy(COLOUR).permute(0, 3, 1, 2)
    assert np.array_equal(prepared(pixels, cache).images, COLOUR)
    scaled = (pixels.float() / 127.5 - 1).requires_grad_()
    assert np.array_equal(prepared(scaled, cache).images, COLOUR)
    # the second axis is the channels, though the last one could be
    assert prepared(torch.zeros(2, 3, 8, 3), cache, channels=3).notes == (
        "2 images smaller than 8 x 8 were enlarged (bicubic).",
    )
    halves = torch.tensor([0.0, 1.0]).repeat(2, 8, 4).bfloat16()
    assert np.unique(prepared(halves, cache).images).tolist() == [0, 255]


def test_transparency_in_arrays_is_put_on_the_background(cache):
    clear = np.zeros((2, 8, 8, 4), dtype=np.uint8)
    result = prepared(clear, cache, background="#010203")
    assert result.images.reshape(-1, 3).tolist() == [[1, 2, 3]] * 128


def test_arrays_are_resized_as_files_are(cache, tmp_path):
    wide = RANDOM.integers(0, 256, (1, 40, 60, 3), dtype=np.uint8)
    (tmp_path / "photos").mkdir()
    Image.fromarray(wide[0]).save(tmp_path / "photos" / "one.png")
    for settings in ({}, {"resolution": 16}, {"resolution": 50, "channels": 1}):
        from_array = prepared(wide, cache, **settings)
        from_file = prepared(tmp_path / "photos", cache, **settings)
        assert np.array_equal(from_array.images, from_file.images)
        assert from_array.fingerprint == from_file.fingerprint
    assert prepared(wide, cache).shape == (40, 40, 3)


def test_square_arrays_keep_their_size(cache):
    assert prepared(np.zeros((1, 200, 200), np.uint8), cache).shape == (200, 200, 1)
    assert prepared(np.zeros((1, 300, 300), np.uint8), cache).shape == (64, 64, 1)


def test_two_dimensions_are_vectors(cache):
    points = RANDOM.normal(size=(50, 2))
    result = prepared(points, cache)
    assert (result.kind, result.shape, len(result)) == ("vectors", (2,), 50)
    assert result.images.dtype == np.float32
    assert np.array_equal(result.images, points.astype(np.float32))
    assert np.array_equal(prepared(np.arange(6).reshape(3, 2), cache).images, [[0, 1], [2, 3], [4, 5]])


@pytest.mark.parametrize("key", ["images", "train_images", "x_train", "data", "anything"])
@pytest.mark.parametrize("labels", ["labels", "train_labels", "y_train", "y"])
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz_files_are_read_by_their_usual_keys(tmp_path, cache, tiny_blocks, key, labels, save):
    save(tmp_path / "set.npz", **{key: COLOUR, labels: np.array([7, 3, 7, 3, 3, 5])})
    result = prepared(tmp_path / "set.npz", cache)
    assert np.array_equal(result.images, COLOUR)
    assert result.labels.tolist() == [2, 0, 2, 0, 0, 1]
    assert result.class_names == ("3", "5", "7")


def test_the_order_of_keys_decides(tmp_path, cache):
    np.savez(tmp_path / "set.npz", x_test=GREY[:1], x_train=GREY, y_test=np.zeros(1, int))
    assert len(prepared(tmp_path / "set.npz", cache)) == 6
    np.savez(tmp_path / "points.npz", points=np.zeros((4, 2)), other=GREY)
    assert prepared(tmp_path / "points.npz", cache).kind == "vectors"
    np.savez(tmp_path / "only.npz", cloud=np.zeros((4, 2)), y=np.zeros(4, int))
    assert prepared(tmp_path / "only.npz", cache).labels.tolist() == [0] * 4


@pytest.mark.parametrize("dtype", ["int8", "int64", ">i2"])
def test_labels_of_minus_one_are_no_class(tmp_path, cache, dtype):
    given = np.array([7, -1, 3, -1, 7, -2], dtype=dtype)
    np.savez(tmp_path / "set.npz", images=GREY, labels=given[:, None])
    result = prepared(tmp_path / "set.npz", cache)
    assert result.class_names == ("-2", "3", "7")
    assert result.labels.tolist() == [2, -1, 1, -1, 2, 0]
    assert result.unlabelled == 2
    assert "Unlabelled: 2 of the 6 items" in result.notes[0]


def test_what_only_looks_like_minus_one_is_a_class(tmp_path, cache):
    for name, given in {"text": ["-1", "0", "1"] * 2, "unsigned": np.array([255, 0, 1] * 2, np.uint8)}.items():
        np.savez(tmp_path / f"{name}.npz", images=GREY, labels=given)
        result = prepared(tmp_path / f"{name}.npz", cache)
        assert len(result.class_names) == 3
        assert (result.unlabelled, result.notes) == (0, ())


def test_labels_that_are_all_minus_one_are_no_labels(tmp_path, cache):
    np.savez(tmp_path / "set.npz", images=GREY, labels=np.full(6, -1))
    result = prepared(tmp_path / "set.npz", cache)
    assert (result.labels, result.class_names, result.unlabelled) == (None, (), 0)
    assert "No labels: none of the 6 items" in result.notes[0]


def test_unlabelled_items_stay_so_when_prepared_data_is_prepared_again(tmp_path, cache):
    np.savez(tmp_path / "set.npz", images=GREY, labels=[5, -1, 9, -1, 5, 9])
    first = prepared(tmp_path / "set.npz", cache)
    again = prepare(first, DataSettings(resolution=16), cache=cache)
    assert again.labels.tolist() == first.labels.tolist() == [0, -1, 1, -1, 0, 1]
    assert again.class_names == ("5", "9")


def test_text_labels_become_classes(tmp_path, cache):
    np.savez(tmp_path / "set.npz", images=GREY, labels=np.array([["dog"], ["cat"], ["dog"], ["cat"], ["cat"], ["ox"]]))
    result = prepared(tmp_path / "set.npz", cache)
    assert result.class_names == ("cat", "dog", "ox")
    assert result.labels.tolist() == [1, 0, 1, 0, 0, 2]


@pytest.mark.parametrize("array", [GREY, np.asfortranarray(GREY), GREY.astype(">f8") / 255])
def test_npy_files_and_columns_first_are_read(tmp_path, cache, tiny_blocks, array):
    np.save(tmp_path / "set.npy", array)
    np.savez(tmp_path / "set.npz", array)
    assert np.array_equal(prepared(tmp_path / "set.npy", cache).images[..., 0], GREY)
    assert np.array_equal(prepared(tmp_path / "set.npz", cache).images[..., 0], GREY)


def test_digits_are_embedded(cache):
    from sklearn.datasets import load_digits

    result = prepared("digits", cache)
    assert result.images.shape == (1797, 8, 8, 1)
    assert np.abs(result.images[..., 0] / 255 - load_digits().images / 16).max() < 0.002
    assert result.labels.tolist() == load_digits().target.tolist()
    assert result.class_names == tuple("0123456789")


@pytest.mark.parametrize(
    ("array", "sentence"),
    [
        (np.zeros(3), "memory is float64 .3., neither images"),
        (np.zeros((1, 2, 8, 8, 3)), "neither images"),
        (np.zeros((0, 8, 8), np.uint8), "empty"),
        (np.zeros((2, 8, 8, 7)), "1, 3 or 4 channels"),
        (np.array([None, 1]), "object"),
        (np.full((1, 8, 8), np.nan), "from nan to nan"),
        (np.full((1, 8, 8), -2.0), "0..1 or -1..1"),
        (np.full((1, 8, 8), 300.0), "0..255"),
        (np.array([[[-0.5, 200.0]]]), "0..255"),
        (np.full((1, 8, 8), 1000), "int64 from 1000"),
        (np.array([[1.0, np.inf]]), "not finite"),
        (np.array([[1e300, 1.0]]), "not finite"),
        (np.zeros((2, 2), complex), "neither images"),
        (np.zeros((1, 9000, 9000), np.uint8), "more than 64,000,000 pixels"),
    ],
)
def test_arrays_that_fit_no_rule_are_refused_in_a_sentence(array, sentence, cache):
    with pytest.raises(SteadyganError, match=sentence):
        prepared(array, cache)


def test_vectors_refuse_the_settings_of_images(cache):
    with pytest.raises(SteadyganError, match="no resolution"):
        prepared(np.zeros((4, 2)), cache, resolution=16)


def _text_as(path):
    path.write_text("no arrays at all")


def _objects(path):
    np.savez(path, images=np.array([{"a": 1}, None]), allow_pickle=True)


def _object_labels(path):
    np.savez(path, images=GREY, labels=np.array([None] * 6), allow_pickle=True)


def _several(path):
    np.savez(path, first=GREY, second=GREY)


def _nothing(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("notes.txt", "text")


def _too_few_labels(path):
    np.savez(path, images=GREY, labels=np.zeros(5, int))


def _fields(path):
    np.savez(path, images=np.zeros(3, dtype=[("a", "f4"), ("b", "f4")]))


def _cut(path):
    np.savez(path, images=np.zeros((50, 32, 32), np.uint8))
    path.write_bytes(path.read_bytes()[:20_000])


def _flipped(path):
    np.savez_compressed(path, images=RANDOM.integers(0, 256, (50, 32, 32), dtype=np.uint8))
    data = bytearray(path.read_bytes())
    data[20_000:20_100] = bytes(100)
    path.write_bytes(data)


def _lying(path):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": (10**9, 64, 64)})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("images.npy", header.getvalue() + bytes(100))


@pytest.mark.parametrize(
    ("write", "sentence"),
    [
        (_text_as, "not a NumPy file"),
        (_objects, "holds Python objects"),
        (_object_labels, "'labels' in .* holds Python objects"),
        (_several, "first .6, 12, 12., second .6, 12, 12.: call the array"),
        (_nothing, "holds no arrays"),
        (_too_few_labels, "6 items need whole numbers or text .6."),
        (_fields, "neither images|named fields"),
        (_cut, "broken and cannot be read"),
        (_flipped, "broken and cannot be read"),
        (_lying, "cut short"),
    ],
)
def test_npz_files_that_cannot_be_used_are_refused_in_a_sentence(tmp_path, cache, write, sentence):
    write(tmp_path / "set.npz")
    with pytest.raises(SteadyganError, match=sentence) as refusal:
        prepared(tmp_path / "set.npz", cache)
    assert "set.npz" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_npy_files_that_cannot_be_used_are_refused(tmp_path, cache):
    path = tmp_path / "set.npy"
    np.save(path, np.array([None]), allow_pickle=True)
    with pytest.raises(SteadyganError, match="Python objects"):
        prepared(path, cache)
    np.save(path, COLOUR)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(SteadyganError, match="broken"):
        prepared(path, cache)
    np.save(path, COLOUR[:0])
    with pytest.raises(SteadyganError, match="empty"):
        prepared(path, cache)


def test_labels_are_refused_by_their_header_before_they_take_memory(tmp_path, cache, monkeypatch):
    np.savez_compressed(tmp_path / "long.npz", images=GREY, labels=np.zeros(10**6, np.int64))
    np.savez_compressed(tmp_path / "wide.npz", images=GREY, labels=np.zeros(6, "U100000"))
    monkeypatch.setattr(array_files, "_whole", lambda file: pytest.fail("the labels were read"))
    for name in ("long", "wide"):
        with pytest.raises(SteadyganError, match=r"The labels in '.*' are .*, but 6 items need .* text \[6\]"):
            prepared(tmp_path / f"{name}.npz", cache)


@pytest.mark.parametrize("shape", [(-1, 8, 8), (6, -8, 8), (6, 8, -8)])
def test_a_negative_shape_is_one_sentence(tmp_path, cache, shape):
    array = io.BytesIO()
    np.lib.format.write_array_header_1_0(array, {"descr": "|u1", "fortran_order": False, "shape": shape})
    array.write(bytes(384))
    (tmp_path / "set.npy").write_bytes(array.getvalue())
    with zipfile.ZipFile(tmp_path / "set.npz", "w") as archive:
        archive.writestr("images.npy", array.getvalue())
    for name in ("set.npy", "set.npz"):
        with pytest.raises(SteadyganError, match=r"is broken: an array in it has the impossible shape \["):
            prepared(tmp_path / name, cache)
