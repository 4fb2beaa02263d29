"""Stacked images: every channel is an image of the source, and the class says which classes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steadygan.data import DataSettings, prepare
from steadygan.data import stacked as stacked_module
from steadygan.data.stacked import draw_triples, stack, triple_classes
from steadygan.errors import SteadyganError
from tests.data.hostile import good

RANDOM = np.random.default_rng(0)


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STEADYGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(stacked_module, "LEAST_ITEMS", 500)
    # several blocks, the last one shorter
    monkeypatch.setattr(stacked_module, "_BLOCK_BYTES", 150_000)
    return tmp_path


def save(path, count=40, classes=None, shape=(12, 12)):
    """Random images, each different from all others, and labels in turn."""
    images = RANDOM.integers(0, 256, (count, *shape), dtype=np.uint8)
    named = {} if classes is None else {"labels": np.asarray(classes)[np.arange(count) % len(classes)]}
    np.savez(path, images=images, **named)
    return images


def places_in(images, channel):
    """For each image of ``channel`` [N, H, W] its place in ``images`` [M, H, W]; fails where there is none."""
    places = {image.tobytes(): place for place, image in enumerate(images)}
    return np.array([places[one.tobytes()] for one in channel])


def test_every_channel_is_an_image_and_the_class_is_the_triple(here):
    images = save("set.npz", 40, classes=[0, 1, 2])
    single = np.arange(40) % 3
    data = prepare("stacked:set.npz")
    assert (data.images.shape, data.images.dtype) == ((500, 12, 12, 3), np.uint8)
    assert data.source == "stacked:set.npz"
    red, green, blue = (places_in(images, data.images[..., channel]) for channel in range(3))
    for item, label in enumerate(data.labels):
        classes = [int(single[places[item]]) for places in (red, green, blue)]
        assert data.class_names[label] == "-".join(map(str, classes))
        assert label == classes[0] * 9 + classes[1] * 3 + classes[2]
    assert len(data.class_names) == 27


def test_colour_becomes_grey_before_it_is_stacked(here):
    good(here / "photos", 4)
    inner = prepare("photos", DataSettings(channels=1)).images[..., 0]
    data = prepare("stacked:photos")
    for channel in range(3):
        assert set(places_in(inner, data.images[..., channel])) == {0, 1, 2, 3}


def test_there_are_as_many_items_as_images_but_at_least_so_many(here):
    save("few.npz", 3, shape=(8, 8))
    save("many.npz", 501, shape=(8, 8))
    assert len(prepare("stacked:few.npz")) == 500
    assert len(prepare("stacked:many.npz")) == 501


def test_the_embedded_digits_make_a_thousand_classes_of_the_published_number(tmp_path):
    data = prepare("stacked:digits", cache=tmp_path)
    assert data.images.shape == (128_000, 8, 8, 3)
    assert len(data.class_names) == 1000
    assert data.class_names[317] == "3-1-7"
    counts = np.bincount(data.labels, minlength=1000)
    assert counts.min() > 0
    # digits are nearly balanced, and so are triples of them
    assert np.abs(counts - 128).max() < 128


@pytest.mark.parametrize(
    ("labels", "names", "classes"),
    [
        ([0, 1], ("cat", "dog"), 8),
        ([0, 0], ("all",), 1),
        (list(range(10)), tuple("0123456789"), 1000),
        (list(range(11)), tuple("0123456789a"), 0),
        (None, (), 0),
    ],
)
def test_triples_are_classes_only_up_to_a_thousand(labels, names, classes):
    labels = None if labels is None else np.asarray(labels)
    triples = draw_triples(2 if labels is None else len(labels), 30, seed=1)
    found, found_names = triple_classes(labels, names, triples)
    assert len(found_names) == len(set(found_names)) == classes
    if classes:
        assert [found_names[one] for one in found] == [
            "-".join(names[labels[place]] for place in triple) for triple in triples
        ]
    else:
        assert found is None


def test_names_with_hyphens_never_make_two_classes_of_one_name():
    _, names = triple_classes(np.array([0, 1]), ("a", "a-a"), np.zeros((1, 3), int))
    assert names[:3] == ("0-0-0", "0-0-1", "0-1-0")
    assert len(set(names)) == 8


def test_a_triple_with_an_unlabelled_image_is_unlabelled(here):
    images = save("set.npz", 40, classes=[0, -1, 1, 0])
    single = np.array([0, -1, 1, 0] * 10)
    data = prepare("stacked:set.npz")
    places = [places_in(images, data.images[..., channel]) for channel in range(3)]
    expected = []
    for red, green, blue in zip(*places, strict=True):
        three = [int(single[place]) for place in (red, green, blue)]
        expected.append(-1 if -1 in three else 4 * three[0] + 2 * three[1] + three[2])
    assert data.labels.tolist() == expected
    assert min(expected) == -1
    assert len(data.class_names) == 8
    assert f"Unlabelled: {expected.count(-1)} of the 500 items in 'stacked:set.npz'" in data.notes[-1]


def test_where_no_triple_is_labelled_there_are_no_labels(here, monkeypatch):
    save("set.npz", 40, classes=[0, *[-1] * 39])
    monkeypatch.setattr(stacked_module, "LEAST_ITEMS", 50)
    data = prepare("stacked:set.npz")
    assert (data.labels, data.class_names) == (None, ())
    assert "No labels: none of the 50 items" in data.notes[-1]


def test_without_labels_there_are_none(here):
    save("plain.npz")
    data = prepare("stacked:plain.npz")
    assert (data.labels, data.class_names) == (None, ())


@settings(max_examples=30)
@given(st.integers(1, 6), st.integers(1, 5), st.integers(1, 5), st.integers(0, 20), st.integers(0, 2**32))
def test_stacking_is_the_explicit_loop(images, height, width, count, seed):
    pixels = np.random.default_rng(seed).integers(0, 256, (images, height, width, 1), dtype=np.uint8)
    triples = draw_triples(images, count, seed)
    found = stack(pixels, triples)
    assert found.shape == (count, height, width, 3)
    for item, triple in enumerate(triples):
        for channel, place in enumerate(triple):
            assert np.array_equal(found[item, :, :, channel], pixels[place, :, :, 0])


def test_triples_are_uniform_and_their_places_independent():
    triples = draw_triples(4, 64_000, seed=0)
    counts = np.bincount(triples @ [16, 4, 1], minlength=64)
    chi_square = ((counts - 1000) ** 2 / 1000).sum()
    assert abs(chi_square - 63) < 5 * np.sqrt(2 * 63)


def test_the_same_set_gives_the_same_stack_wherever_it_is_prepared(here):
    save("set.npz")
    first, second = prepare("stacked:set.npz"), prepare("stacked:set.npz")
    elsewhere = prepare("stacked:set.npz", cache=here / "other")
    assert (first.from_cache, second.from_cache, elsewhere.from_cache) == (False, True, False)
    assert first.fingerprint == second.fingerprint == elsewhere.fingerprint


def test_another_or_a_changed_set_is_stacked_anew(here):
    save("set.npz")
    save("other.npz")
    prints = {prepare("stacked:set.npz").fingerprint, prepare("stacked:other.npz").fingerprint}
    save("set.npz", 41)
    changed = prepare("stacked:set.npz")
    assert not changed.from_cache
    assert len({*prints, changed.fingerprint}) == 3


def test_the_resolution_is_that_of_the_images(here):
    save("set.npz")
    assert prepare("stacked:set.npz", DataSettings(resolution=16)).shape == (16, 16, 3)
    assert prepare("stacked:set.npz", DataSettings(channels=3)).shape == (12, 12, 3)


def test_what_was_left_out_of_the_set_is_told(here):
    good(here / "photos", 3)
    (here / "photos" / "note.txt").write_text("text")
    assert [one.path for one in prepare("stacked:photos").skipped] == ["note.txt"]


def test_progress_only_grows_and_reaches_the_end(here):
    save("set.npz")
    told = []
    prepare("stacked:set.npz", progress=lambda done, total: told.append((done, total)))
    assert told == sorted(told)
    assert {total for _, total in told} == {500}
    assert told[-1] == (500, 500)


def test_a_set_of_one_picture_over_and_over_cannot_be_stacked(here):
    np.save("same.npy", np.full((20, 8, 8), 7, np.uint8))
    with pytest.raises(SteadyganError, match=r"'stacked:same.npy' has nothing to stack"):
        prepare("stacked:same.npy")


def test_a_folder_of_that_very_name_wins(here):
    good(here / "stacked:digits", 3)
    assert len(prepare("stacked:digits")) == 3


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("stacked:", "'stacked:' does not say what to stack: write for example 'stacked:digits'"),
        ("stacked", "'stacked' does not say what to stack"),
        ("stacked:stacked", "'stacked' does not say what to stack"),
        ("stacked:stacked:digits", "stacks what is stacked already"),
        ("stacked:stacked:", "stacks what is stacked already"),
        ("stacked:grid25", "'stacked:grid25' stacks images, but 'grid25' holds vectors"),
        ("stacked:points.npz", "stacks images, but 'points.npz' holds vectors"),
        ("stacked:./nowhere.npz", r"no file or folder './nowhere.npz'"),
        ("stacked:./set.npy", r"no file or folder './set.npy'; did you mean 'set.npz'"),
        ("stacked:broken.npz", "'broken.npz' is broken"),
        ("stacked:/dev/null", "neither a file nor a folder"),
        ("stacked:a\0b", "empty or broken name"),
        ("stacked:" + "x" * 5000, "cannot be read"),
        ("stackt:digits", "did you mean 'stacked:digits'"),
        ("Stacked: digits", "did you mean 'stacked:digits'"),
        ("stack:", "did you mean 'stacked:digits'"),
    ],
)
def test_what_cannot_be_stacked_is_refused_in_one_sentence(here, name, sentence):
    save("set.npz")
    np.savez("points.npz", points=np.zeros((5, 2)))
    (here / "broken.npz").write_bytes(b"PK")
    with pytest.raises(SteadyganError, match=sentence) as refusal:
        prepare(name)
    assert "\n" not in str(refusal.value)


def test_three_channels_cannot_be_one(here):
    save("set.npz")
    with pytest.raises(SteadyganError, match=r"'stacked:set.npz' has three channels"):
        prepare("stacked:set.npz", DataSettings(channels=1))


def test_a_refused_stack_leaves_nothing_half_done(here):
    np.save("same.npy", np.full((20, 8, 8), 7, np.uint8))
    with pytest.raises(SteadyganError):
        prepare("stacked:same.npy")
    assert not list((here / "cache").glob("*.building"))
    assert prepare("same.npy").images.shape == (20, 8, 8, 1)
