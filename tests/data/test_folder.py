"""Folders of images, good and bad."""

import json
import os

import numpy as np
import pytest
from PIL import Image

from steadygan.data import DataSettings, prepare
from steadygan.data.walk import walk
from steadygan.errors import SteadyganError
from tests.data.hostile import build, good, png


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def photos(tmp_path):
    return tmp_path / "photos"


def reasons(prepared):
    return {one.path: one.reason for one in prepared.skipped}


def test_hostile_files_are_skipped_each_with_its_reason(photos, cache):
    expected = build(photos)
    good(photos, 4)
    prepared = prepare(photos, cache=cache)
    assert len(prepared) == 4
    assert prepared.shape == (16, 16, 3)
    found = reasons(prepared)
    assert set(found) == set(expected)
    assert {path: reason for path, reason in found.items() if expected[path] not in reason} == {}


def test_only_hostile_files_end_in_one_sentence(photos, cache):
    count = len(build(photos))
    with pytest.raises(SteadyganError, match=rf"no usable image: {count} entries .* not an image") as refusal:
        prepare(photos, cache=cache)
    assert "\n" not in str(refusal.value)


def test_an_empty_folder_is_refused(photos, cache):
    photos.mkdir()
    with pytest.raises(SteadyganError, match="holds no files"):
        prepare(photos, cache=cache)


def test_pixels_labels_and_order_are_those_of_the_files(photos, cache):
    for name in ("b/y", "b/x", "a/deep/z"):
        good(photos / name.rpartition("/")[0], 1, name=name.rpartition("/")[2])
    prepared = prepare(photos, cache=cache)
    assert prepared.kind == "images"
    assert prepared.class_names == ("a", "b")
    assert prepared.labels.tolist() == [0, 1, 1]
    for pixels, path in zip(prepared.images, ["a/deep/z0.png", "b/x0.png", "b/y0.png"], strict=True):
        assert np.array_equal(pixels, np.asarray(Image.open(photos / path)))
    assert not prepared.images.flags.writeable


@pytest.mark.parametrize("where", ["", "unlabelled", "unlabeled", "Unlabelled/deep/down"])
def test_images_beside_class_folders_are_unlabelled_and_the_others_keep_their_classes(photos, cache, where):
    good(photos / "ant", 2)
    good(photos / "wasp", 3)
    good(photos / where, 4, name="loose")
    prepared = prepare(photos, cache=cache)
    assert prepared.class_names == ("ant", "wasp")
    # files come in the order of their paths; labels by the folder that each lies in
    paths = sorted(path.relative_to(photos).as_posix() for path in photos.rglob("*.png"))
    expected = {"ant": 0, "wasp": 1}
    assert prepared.labels.tolist() == [expected.get(path.partition("/")[0], -1) for path in paths]
    assert prepared.unlabelled == 4
    assert "Unlabelled: 4 of the 9 items" in prepared.notes[0]
    again = prepare(photos, cache=cache)
    assert again.from_cache
    assert (again.labels.tolist(), again.notes) == (prepared.labels.tolist(), prepared.notes)


def test_images_may_be_unlabelled_in_several_places(photos, cache):
    for name in ("a", "b", "unlabelled", "unlabeled"):
        good(photos / name, 1)
    good(photos, 2)
    prepared = prepare(photos, cache=cache)
    assert prepared.class_names == ("a", "b")
    assert sorted(prepared.labels) == [-1, -1, -1, -1, 0, 1]


@pytest.mark.parametrize("where", ["", "unlabelled"])
def test_one_class_beside_unlabelled_images_makes_no_labels_but_a_note(photos, cache, where):
    good(photos / "cats", 2)
    good(photos / where, 1, name="loose")
    prepared = prepare(photos, cache=cache)
    assert (prepared.labels, prepared.class_names, prepared.unlabelled) == (None, (), 0)
    assert "1 of 3 images lies elsewhere" in prepared.notes[0]


@pytest.mark.parametrize("where", ["", "unlabelled"])
def test_without_classes_nothing_is_said_of_labels(photos, cache, where):
    good(photos / where, 2)
    prepared = prepare(photos, cache=cache)
    assert (prepared.labels, prepared.class_names, prepared.notes) == (None, (), ())


def test_unlabelled_images_that_are_broken_leave_a_folder_of_classes_alone(photos, cache):
    good(photos / "a", 1)
    good(photos / "b", 1)
    (photos / "broken.png").write_bytes(b"broken")
    prepared = prepare(photos, cache=cache)
    assert (prepared.labels.tolist(), prepared.notes) == ([0, 1], ())


def test_a_class_without_a_usable_image_is_no_class(photos, cache):
    for name in ("a", "b", "c"):
        good(photos / name, 1)
    (photos / "b" / "good0.png").write_bytes(png(16, 16))
    prepared = prepare(photos, cache=cache)
    assert prepared.class_names == ("a", "c")
    assert prepared.labels.tolist() == [0, 1]


def test_a_single_sub_folder_makes_no_classes(photos, cache):
    good(photos / "images", 2)
    assert prepare(photos, cache=cache).labels is None


def test_broken_files_have_no_say_in_the_resolution(photos, cache):
    good(photos, 5, size=(28, 28))
    (photos / "lying.png").write_bytes(png(40, 50))
    assert prepare(photos, cache=cache).shape == (28, 28, 3)


def test_small_images_are_enlarged_with_a_note(photos, cache):
    good(photos, 9, size=(20, 20))
    good(photos, 1, size=(4, 4), name="tiny")
    prepared = prepare(photos, cache=cache)
    assert prepared.shape == (16, 16, 3)
    assert prepared.notes == ("1 image smaller than 16 x 16 was enlarged (bicubic).",)


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_grey_images_take_one_channel_even_when_stored_as_colour(photos, cache, mode):
    photos.mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8), dtype=np.uint8)
    for i in range(3):
        Image.fromarray(pixels).convert(mode).save(photos / f"{i}.png")
    prepared = prepare(photos, cache=cache)
    assert prepared.shape == (8, 8, 1)
    assert np.array_equal(prepared.images[0, ..., 0], pixels)
    assert prepare(photos, DataSettings(channels=3), cache=cache).shape == (8, 8, 3)


def test_settings_shape_the_images(photos, cache):
    photos.mkdir()
    clear = Image.new("RGBA", (30, 20))
    clear.putpixel((0, 0), (255, 0, 0, 255))  # which is cropped away
    clear.save(photos / "clear.png")
    prepared = prepare(photos, DataSettings(resolution=12, channels=3, background="#0a0b0c"), cache=cache)
    assert np.unique(prepared.images.reshape(-1, 3), axis=0).tolist() == [[10, 11, 12]]
    assert prepared.shape == (12, 12, 3)


def test_a_limit_on_pixels_holds(photos, cache):
    good(photos, 2)
    good(photos, 1, size=(20, 20), name="large")
    prepared = prepare(photos, DataSettings(max_pixels=300), cache=cache)
    assert "more than 300 pixels" in reasons(prepared)["large0.png"]


def test_progress_rises_to_the_number_of_files(photos, cache):
    good(photos, 70)
    calls = []
    prepare(photos, cache=cache, progress=lambda done, total: calls.append((done, total)), workers=1)
    assert calls == sorted(calls)
    assert calls[-1] == (70, 70)
    assert {total for _, total in calls} == {70}


def test_links_into_other_places_are_followed_once(photos, tmp_path):
    good(tmp_path / "elsewhere", 2)
    good(photos, 1, name="own")
    (photos / "first").symlink_to(tmp_path / "elsewhere")
    (photos / "second").symlink_to(tmp_path / "elsewhere")
    (photos / "single.png").symlink_to(tmp_path / "elsewhere" / "good0.png")
    files, skipped = walk(photos)
    assert [one.relative for one in files] == ["first/good0.png", "first/good1.png", "own0.png"]
    assert [(one.path, one.reason) for one in skipped] == [
        ("second", "a link to what is already here"),
        ("single.png", "a link to what is already here"),
    ]


def test_two_folders_that_link_to_each_other_end(photos, tmp_path):
    good(photos, 1)
    other = tmp_path / "other"
    good(other, 1, name="other")
    (photos / "there").symlink_to(other)
    (other / "back").symlink_to(photos)
    files, skipped = walk(photos)
    assert [one.relative for one in files] == ["good0.png", "there/other0.png"]
    assert [one.path for one in skipped] == ["there/back"]


def test_a_folder_is_skipped_where_its_path_becomes_too_long(photos, monkeypatch):
    good(photos, 1)
    monkeypatch.chdir(photos)
    for _ in range(30):
        # a path of 30 such names is longer than the system takes
        os.mkdir("d" * 200)  # noqa: PTH102
        os.chdir("d" * 200)
    files, skipped = walk(photos)
    assert [one.relative for one in files] == ["good0.png"]
    assert [one.reason for one in skipped] == ["cannot be read (File name too long)"]


def test_a_pipe_alone_is_no_source(tmp_path, cache):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SteadyganError, match="neither a file nor a folder"):
        prepare(tmp_path / "pipe", cache=cache)


def test_the_pictures_of_runs_inside_the_folder_are_no_data(photos, cache):
    good(photos / "cats", 3)
    good(photos / "dogs", 3)
    before = prepare(photos, cache=cache)
    run = photos / "runs" / "steady-1"
    good(run / "samples", 2)
    for name in ("run.json", "recipe.toml"):
        (run / name).write_text("")
    (photos / "cats" / "link").symlink_to(run)
    after = prepare(photos, cache=cache)
    assert after.fingerprint == before.fingerprint
    assert reasons(after) == {
        "runs/steady-1": "the folder of a run, whose pictures are no data",
        "cats/link": "a link to what is already here",
    }


def plain(folder, name, colour, size=(16, 16)):
    folder.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(folder / name)


def test_images_of_a_single_colour_are_kept_and_listed(photos, cache):
    good(photos / "a", 3)
    plain(photos / "a", "blank.png", "white")
    plain(photos / "b", "two\nlines.png", "blue")
    almost = Image.new("RGB", (16, 16), "white")
    almost.putpixel((15, 15), (0, 255, 255))
    almost.save(photos / "b" / "almost.png")
    prepared = prepare(photos, cache=cache)
    assert len(prepared) == 6
    assert prepared.single_colour == ("a/blank.png", "b/two\\nlines.png")
    again = prepare(photos, cache=cache)
    assert again.from_cache
    assert again.single_colour == prepared.single_colour
    assert prepare("stacked:" + str(photos), cache=cache).single_colour == prepared.single_colour


def test_wholly_transparent_images_are_skipped_even_where_the_format_keeps_colours_under_them(photos, cache):
    good(photos, 2)
    pixels = np.random.default_rng(0).integers(0, 256, (16, 16, 4), dtype=np.uint8)
    pixels[..., 3] = 0
    Image.fromarray(pixels).save(photos / "clear.png")
    prepared = prepare(photos, cache=cache)
    assert (len(prepared), prepared.single_colour) == (2, ())
    assert reasons(prepared) == {"clear.png": "it is wholly transparent"}


def test_a_folder_of_nothing_but_transparent_images_ends_in_one_sentence(photos, cache):
    photos.mkdir()
    for number in range(3):
        Image.new("RGBA", (16, 16)).save(photos / f"{number}.png")
    with pytest.raises(SteadyganError, match=r"no usable image: 3 entries .* it is wholly transparent"):
        prepare(photos, cache=cache)


def test_a_cache_without_a_list_of_single_colours_is_still_used(cache):
    images = np.zeros((3, 8, 8), np.uint8)
    prepare(images, cache=cache)
    (meta,) = cache.glob("*/meta.json")
    content = json.loads(meta.read_text())
    del content["single_colour"]
    meta.write_text(json.dumps(content))
    prepared = prepare(images, cache=cache)
    assert prepared.from_cache
    assert prepared.single_colour == ()
