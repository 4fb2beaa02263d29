"""Glyphs are what their labels say, in colours that a person tells apart, and the same every time."""

import hashlib

import numpy as np
import PIL
import pytest
from PIL import Image, ImageDraw, ImageFont, features
from sklearn.neighbors import NearestCentroid

from steadygan.data import DataSettings, glyphs, prepare
from steadygan.data.glyphs import GLYPH_CLASSES, draw_colours, draw_glyphs
from steadygan.errors import SteadyganError

LUMA = np.array([0.299, 0.587, 0.114])
SOME = 36 * 20
DIGEST = "56327d9fc34c742787ecc62742c9105f43b7dd543e192ab70bc02bb6583ec4ed"


@pytest.fixture(scope="module")
def some():
    return draw_glyphs(SOME)


@pytest.fixture(scope="module")
def quick():
    """Few images where a source has many, for tests of names and of the cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(glyphs, "GLYPH_IMAGES", 72)
        yield


def test_there_are_digits_and_capitals():
    assert "".join(GLYPH_CLASSES) == "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@pytest.mark.parametrize(("side", "channels"), [(32, 3), (28, 1), (8, 3), (100, 1), (256, 3)])
def test_images_have_the_shape_that_was_asked_for(side, channels):
    images, labels = draw_glyphs(5, side, channels)
    assert (images.shape, images.dtype) == ((5, side, side, channels), np.uint8)
    assert (labels.dtype, labels.tolist()) == (np.int64, [0, 1, 2, 3, 4])
    # ink and paper are both there
    assert (images.max(axis=(1, 2)).astype(int) - images.min(axis=(1, 2))).max(axis=1).min() > 100


def test_no_image_is_an_empty_set_of_them():
    images, labels = draw_glyphs(0, 16, 1)
    assert (images.shape, labels.shape) == ((0, 16, 16, 1), (0,))


def test_every_class_is_equally_frequent(some):
    assert np.bincount(some[1]).tolist() == [20] * 36


def test_the_same_seed_draws_the_same_glyphs(some):
    images, labels = draw_glyphs(50)
    # drawn in another number of images, and again after a cache of stencils is filled
    assert np.array_equal(images, some[0][:50])
    assert np.array_equal(labels, some[1][:50])
    assert (draw_glyphs(50, seed=1)[0] != images).any(axis=(1, 2, 3)).all()


@pytest.mark.skipif(
    (PIL.__version__, features.version("freetype2")) != ("13.0.0", "2.14.3"), reason="another Pillow draws otherwise"
)
def test_the_bytes_are_those_of_every_machine(some):
    # found once; where they change without a change of the drawing, machines would not agree on a data set
    assert hashlib.sha256(some[0].tobytes()).hexdigest() == DIGEST


def test_grey_images_are_the_luma_of_coloured_ones(some):
    grey, _ = draw_glyphs(36, channels=1)
    # ink and paper are rounded before they are mixed, the mixture once more
    assert np.abs(some[0][:36] @ LUMA - grey[..., 0]).max() <= 1.5


def test_ink_and_paper_differ_in_luma():
    ink, paper = (colours.astype(float) for colours in draw_colours(20_000, 0))
    lumas = np.stack([ink @ LUMA, paper @ LUMA])
    assert lumas.min(axis=0).max() <= 71
    assert lumas.max(axis=0).min() >= 184
    assert (lumas[0] < lumas[1]).mean() == pytest.approx(0.5, abs=5 * 0.5 / np.sqrt(20_000))


def test_ink_and_paper_have_the_contrast_of_large_text():
    ratio = contrast(*draw_colours(20_000, 0))
    # WCAG 2.2 asks for 3 where text is large
    assert ratio.min() > 2.5
    assert (ratio >= 3).mean() > 0.995


def contrast(ink, paper):
    """The contrast ratio of WCAG 2.2, from 1 to 21."""

    def light(colours):
        values = colours / 255
        linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
        return linear @ np.array([0.2126, 0.7152, 0.0722])

    both = np.sort(np.stack([light(ink), light(paper)]), axis=0)
    return (both[1] + 0.05) / (both[0] + 0.05)


def test_colours_are_many():
    for colours in draw_colours(20_000, 0):
        assert len(np.unique(colours, axis=0)) > 15_000
        # red, green and blue each are the strongest of the three in at least a fifth
        assert np.bincount(colours.argmax(axis=1), minlength=3).min() > 4000


def test_pixels_lie_between_ink_and_paper(some):
    ink, paper = (colours[:, None, None].astype(int) for colours in draw_colours(SOME, 0))
    low, high = np.minimum(ink, paper), np.maximum(ink, paper)
    assert ((some[0] >= low) & (some[0] <= high)).all()
    # paper is most of the picture, and the ink is a line of some width
    covered = np.abs(some[0] - paper).sum(axis=(1, 2, 3)) / np.abs(ink - paper).sum(axis=(1, 2, 3)) / 32**2
    assert 0.02 < covered.min() < covered.max() < 0.6


def test_no_glyph_is_cut_off(some):
    """The box around a glyph is as large as it should be, so that nothing of it lies outside of the image."""
    drawn = masks(some[0])
    rows, columns = drawn.any(axis=2), drawn.any(axis=1)
    tall, wide = extent(rows), extent(columns)
    longer = np.maximum(tall, wide)
    # a corner of the turned box may hold nothing of the glyph
    assert longer.min() >= 0.45 * 32
    assert longer.max() <= 0.94 * 32 + 2
    # all four edges are reached now and then, and none always
    for edge in (drawn[:, 0], drawn[:, -1], drawn[:, :, 0], drawn[:, :, -1]):
        assert 0 < edge.any(axis=1).mean() < 0.5


def masks(images):
    """Where there is ink: bool [N, H, W]."""
    ink, paper = (colours[:, None, None].astype(int) for colours in draw_colours(len(images), 0))
    return 2 * np.abs(images - paper).sum(axis=3) > np.abs(ink - paper).sum(axis=3)


def extent(filled):
    """From the first true value of each row to the last."""
    return filled.shape[1] - filled.argmax(axis=1) - filled[:, ::-1].argmax(axis=1)


def test_images_of_a_class_differ_in_shape(some):
    shapes = masks(some[0]).reshape(SOME, -1)
    for label in range(36):
        assert len(np.unique(shapes[some[1] == label], axis=0)) == 20


@pytest.fixture(scope="module")
def boxes(some):
    """The box around each glyph, as 16 x 16 numbers: where it lies and how large it is is forgotten."""
    return np.stack([boxed(one) for one in masks(some[0])])


def boxed(mask):
    whole = Image.fromarray(mask.astype(np.uint8) * 255)
    return np.asarray(whole.crop(whole.getbbox()).resize((16, 16), Image.Resampling.BOX)).reshape(-1) / 255.0


def test_a_simple_classifier_reads_glyphs_that_it_has_not_seen(some, boxes):
    half = SOME // 2
    reader = NearestCentroid().fit(boxes[:half], some[1][:half])
    # chance is 0.03
    assert reader.score(boxes[half:], some[1][half:]) > 0.7


def test_glyphs_are_most_like_the_letter_that_their_label_names(some, boxes):
    font = ImageFont.load_default(100)
    templates = []
    for name in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        picture = Image.new("L", (200, 200))
        ImageDraw.Draw(picture).text((50, 50), name, fill=255, font=font, stroke_width=3, stroke_fill=255)
        templates.append(boxed(np.asarray(picture) > 127))
    nearest = ((boxes[:, None] - np.array(templates)) ** 2).sum(axis=2).argmin(axis=1)
    right = nearest == some[1]
    # chance is 0.03; no class is mistaken as a whole
    assert right.mean() > 0.5
    assert min(right[some[1] == label].mean() for label in range(36)) > 0.03


def test_glyphs_are_prepared_once(tmp_path):
    data = prepare("glyphs", cache=tmp_path)
    assert (data.kind, data.images.shape, data.images.dtype) == ("images", (36_000, 32, 32, 3), np.uint8)
    assert np.bincount(data.labels).tolist() == [1000] * 36
    assert (data.class_names, data.source, data.notes) == (GLYPH_CLASSES, "glyphs", ())
    assert np.array_equal(data.images[:72], draw_glyphs(72)[0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(glyphs, "_draw_one", None)
        again = prepare("glyphs", cache=tmp_path)
    assert again.from_cache
    assert again.fingerprint == data.fingerprint


@pytest.mark.parametrize(
    ("name", "shape"),
    [("glyphs:28x28x1", (28, 28, 1)), ("glyphs:64x64x3", (64, 64, 3)), ("glyphs:16x16", (16, 16, 3))],
)
def test_a_name_may_choose_size_and_channels(quick, tmp_path, name, shape):
    data = prepare(name, cache=tmp_path)
    assert (data.shape, data.source, data.notes) == (shape, name, ())
    assert np.array_equal(data.images, draw_glyphs(72, shape[0], shape[2])[0])
    assert prepare(name, cache=tmp_path).from_cache


def test_the_settings_win_over_the_name_and_it_is_drawn_at_their_size(quick, tmp_path):
    plain = prepare("glyphs", DataSettings(resolution=40, channels=1), cache=tmp_path)
    assert np.array_equal(plain.images, draw_glyphs(72, 40, 1)[0])
    assert plain.notes == ()
    other = prepare("glyphs:28x28x1", DataSettings(resolution=40), cache=tmp_path)
    assert np.array_equal(other.images, plain.images)
    assert other.notes == (
        "'glyphs:28x28x1' is drawn as 40x40x1, because the resolution and channels given beside it win.",
    )
    same = prepare("glyphs:28x28x1", DataSettings(resolution=28), cache=tmp_path)
    assert (same.shape, same.notes) == ((28, 28, 1), ())


def test_glyphs_can_be_stacked(quick, tmp_path, monkeypatch):
    monkeypatch.setattr("steadygan.data.stacked.LEAST_ITEMS", 100)
    data = prepare("stacked:glyphs:16x16x1", cache=tmp_path)
    # 36 classes would make 46,656 triples
    assert (data.images.shape, data.labels) == ((100, 16, 16, 3), None)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("glyphs:", "'glyphs:' does not give a size of images: write for example 'glyphs:28x28x1'"),
        ("glyphs:28", "'glyphs:28' does not give a size"),
        ("glyphs:28x28x", "does not give a size"),
        ("glyphs:28x28x1x1", "does not give a size"),
        ("glyphs:-8x8", "does not give a size"),
        ("glyphs:a x b", "does not give a size"),
        ("glyphs:٣٢x٣٢", "does not give a size"),
        ("glyphs:28x28x2", "'glyphs:28x28x2' asks for 2 channels: use 1 (grey) or 3 (colour)."),
        ("glyphs:28x28x0", "asks for 0 channels"),
        ("glyphs:28x32", "'glyphs:28x32' asks for 28x32, but all images here are square"),
        ("glyphs:7x7", "'glyphs:7x7' asks for a size beyond 8 to 256 pixels: write for example 'glyphs:28x28x1'"),
        ("glyphs:257x257x3", "beyond 8 to 256 pixels"),
        (f"glyphs:{'9' * 200}x8", "beyond 8 to 256 pixels"),
        ("glyps", "did you mean 'glyphs'?"),
        ("glyps:64x64", "did you mean 'glyphs:64x64'?"),
        ("Glyph:", "did you mean 'glyphs:28x28x1'?"),
    ],
)
def test_a_name_that_cannot_be_drawn_gets_one_sentence(tmp_path, monkeypatch, name, sentence):
    monkeypatch.setattr("steadygan.data.sources.hub_source", refuse)
    with pytest.raises(SteadyganError) as refusal:
        prepare(name, cache=tmp_path)
    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert not any(tmp_path.iterdir())


def refuse(name, hint):
    raise SteadyganError(f"There is no '{name}'; {hint}")


def test_a_pillow_without_freetype_gets_one_sentence(monkeypatch):
    monkeypatch.setattr(features, "check", lambda name: False)
    glyphs._font.cache_clear()
    with pytest.raises(SteadyganError, match="needs a Pillow that was built with FreeType"):
        draw_glyphs(1, 17)
