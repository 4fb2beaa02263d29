"""Files of kinds that Pillow does not read by itself, with plugins that are made here."""

import numpy as np
import pytest
from PIL import Image, features

from steadygan.data import DataSettings, foreign, prepare
from steadygan.data.foreign import AVIF, HEIF, JPEG_XL, PDF, PHOTOSHOP, SVG, kind_of, raw_reason
from steadygan.errors import SteadyganError
from tests.data.hostile import encoded, good

HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"pixels" * 9
AVIF_FILE = b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf" + b"pixels" * 9
JXL = b"\xff\x0a" + b"pixels" * 9

# A plugin that takes any file with this beginning for a red image of 12 x 12.
_PLUGIN = """
from PIL import Image, ImageFile

class _File(ImageFile.ImageFile):
    format = {format!r}
    format_description = "made for a test"

    def _open(self):
        self._size, self._mode = (12, 12), "RGB"

    def load(self):
        self.im = Image.new("RGB", self.size, "red").im
        return Image.Image.load(self)

def _register():
    Image.register_open({format!r}, _File, lambda head: head[:len({head!r})] == {head!r})

{end}
"""


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def photos(tmp_path):
    (tmp_path / "photos").mkdir()
    return tmp_path / "photos"


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Makes a module that decoding processes find."""

    def put(module, text):
        (tmp_path / "plugins").mkdir(exist_ok=True)
        (tmp_path / "plugins" / f"{module}.py").write_text(text)
        monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'plugins'}")

    for module in ("pillow_heif", "pillow_avif", "pillow_jxl"):
        put(module, "raise ImportError('not installed')")  # as on a machine that has none of them
    return put


def plugin(kind, head, end="_register()"):
    return _PLUGIN.format(format=kind, head=head, end=end)


def reasons(prepared):
    return {one.path: one.reason for one in prepared.skipped}


def test_the_reason_names_the_plugin_or_what_to_do_first(photos, cache, install):
    expected = {}
    for name, data, part in [
        ("a.HEIC", HEIC, "pip install pillow-heif"),
        ("b.heif", b"whatever it is", "pip install pillow-heif"),
        ("heic-without-a-name", HEIC, "pip install pillow-heif"),
        ("c.jxl", JXL, "pip install pillow-jxl-plugin"),
        ("d.cr2", b"II*\0", "a raw picture of a camera; convert it to PNG or JPEG first"),
        ("e.svg", b"<?xml version='1.0'?>\n<svg/>", "an SVG drawing; export it as PNG or JPEG first"),
        ("f.pdf", b"%PDF-1.7", "a PDF document; export it as PNG or JPEG first"),
        ("g.psd", b"8BPS", "a Photoshop document; export it as PNG or JPEG first"),
        ("h.txt", b"text", "not an image of a known kind"),
    ]:
        (photos / name).write_bytes(data)
        expected[name] = part
    good(photos, 2)
    found = reasons(prepare(photos, cache=cache))
    assert found.keys() == expected.keys()
    assert {name: reason for name, reason in found.items() if expected[name] not in reason} == {}


@pytest.mark.parametrize("settings", [DataSettings(), DataSettings(resolution=8, channels=3)])
def test_a_folder_of_such_files_is_refused_with_the_name_of_the_plugin(photos, cache, install, settings):
    for number in range(3):
        (photos / f"{number}.heic").write_bytes(HEIC)
    with pytest.raises(SteadyganError, match=r"no usable image: 3 entries .* pip install pillow-heif\.$"):
        prepare(photos, settings, cache=cache)


@pytest.mark.parametrize(
    ("module", "text", "name", "data"),
    [
        ("pillow_heif", plugin("HEIF", HEIC[:12], "register_heif_opener = _register"), "x.heic", HEIC),
        ("pillow_jxl", plugin("JXL", JXL[:2]), "x.jxl", JXL),
    ],
)
def test_plugins_that_are_installed_are_used(photos, cache, install, module, text, name, data):
    install(module, text)
    (photos / name).write_bytes(data)
    (photos / f"broken.{name}").write_bytes(b"no such image")
    good(photos, 1, (12, 12))
    prepared = prepare(photos, cache=cache)
    assert len(prepared) == 2
    assert np.array_equal(prepared.images[1], np.full((12, 12, 3), (255, 0, 0)))
    assert reasons(prepared) == {f"broken.{name}": "not an image of a known kind"}


def test_a_plugin_that_was_installed_since_is_used(photos, cache, tmp_path, monkeypatch):
    (tmp_path / "site").mkdir()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    with monkeypatch.context() as before:
        before.setattr(foreign, "find_spec", lambda module: None)
        (photos / "x.JXL").write_bytes(JXL)
        good(photos, 1, (12, 12))
        assert len(prepare(photos, cache=cache)) == 1
        assert prepare(photos, cache=cache).from_cache
    (tmp_path / "site" / "pillow_jxl.py").write_text(plugin("JXL", JXL[:2]))
    again = prepare(photos, cache=cache)
    assert (len(again), again.from_cache) == (2, False)
    assert prepare(photos, cache=cache).from_cache


def test_a_raw_picture_is_skipped_although_pillow_reads_its_preview(photos, cache):
    good(photos, 2)
    (photos / "photo.DNG").write_bytes(encoded(Image.new("RGB", (16, 16), "red"), "TIFF"))
    assert reasons(prepare(photos, cache=cache)) == {"photo.DNG": raw_reason("x.dng")}


@pytest.mark.parametrize(
    ("head", "name", "kind"),
    [
        (HEIC, "", HEIF),
        (AVIF_FILE, "", AVIF),
        (b"\0\0\0\x18ftypisom\0\0\0\0mp42", "film.mp4", None),
        (JXL, "", JPEG_XL),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "", JPEG_XL),
        (b"%PDF-1.4", "", PDF),
        (b"8BPS\0\1", "", PHOTOSHOP),
        (b"  <?xml version='1.0'?><!-- x --><svg>", "", SVG),
        (b"<?xml version='1.0'?><html>", "", None),
        (b"?", "a/b.c/X.HIF", HEIF),
        (b"?", "a.heic/x", None),
        (b"", "", None),
    ],
)
def test_kinds_are_known_by_content_or_by_name(head, name, kind):
    assert kind_of(head, name) is kind


def test_avif_needs_a_plugin_only_where_pillow_lacks_it(photos, cache, install, monkeypatch):
    good(photos, 2)
    (photos / "x.avif").write_bytes(AVIF_FILE)
    found = reasons(prepare(photos, cache=cache))["x.avif"]
    assert ("pip install pillow-avif-plugin" in found) != features.check("avif")
    install("sitecustomize", "from PIL import features\nfeatures.check = lambda name: False\n")
    (photos / "another.txt").write_text("so that the folder is another")
    found = reasons(prepare(photos, cache=cache))["x.avif"]
    assert "pip install pillow-avif-plugin" in found
