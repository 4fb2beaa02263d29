"""Values by hand for every kind of pixel."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from steadygan.data.decode import (
    Target,
    UnusableError,
    decode,
    open_regular_file,
    read_header,
    scale_by_range,
    skip_reason,
)
from tests.data.hostile import encoded, png

WHITE = (255, 255, 255)


def decoded(data: bytes, resolution=8, channels=3, background=WHITE, max_pixels=10_000):
    return decode(io.BytesIO(data), Target(resolution, channels, background, max_pixels))


def one_colour(image: Image.Image, kind: str = "PNG", background=WHITE, channels=3, **options) -> list[int]:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    pixels = decoded(stream.getvalue(), channels=channels, background=background).reshape(-1, channels)
    assert (pixels == pixels[0]).all()
    return pixels[0].tolist()


def raw_png(depth: int, kind: int, pixel: bytes, transparent: bytes = b"", last: bytes = b"") -> bytes:
    """An 8 x 8 PNG of one pixel value, chunk by chunk; the last pixel may have another."""
    rows = (b"\0" + pixel * 8) * 7 + b"\0" + pixel * 7 + (last or pixel)

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, depth, kind, 0, 0, 0))
    extra = chunk(b"tRNS", transparent) if transparent else b""
    return b"\x89PNG\r\n\x1a\n" + header + extra + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def first(data: bytes, **options) -> list[int]:
    return decoded(data, **options)[0, 0].tolist()


@pytest.mark.parametrize(("value", "expected"), [(0, 0), (257, 1), (1000, 4), (32896, 128), (65535, 255)])
def test_16_bit_grey_is_divided_by_257(value, expected):
    assert first(raw_png(16, 0, struct.pack(">H", value)), channels=1) == [expected]
    assert first(b"P5 8 8 65535\n" + struct.pack(">H", value) * 64, channels=1) == [expected]
    assert one_colour(Image.fromarray(np.full((8, 8), value, np.uint16)), "TIFF", channels=1) == [expected]


def test_16_bit_colour_keeps_its_high_bytes():
    assert first(raw_png(16, 2, struct.pack(">HHH", 0xFFFF, 0x8000, 0x0010))) == [255, 128, 0]


def test_16_bit_alpha_is_put_on_the_background():
    # 0x3333 is a fifth: 0.2 * 100 + 0.8 * 255 = 224
    assert first(raw_png(16, 6, struct.pack(">HHHH", 0x6464, 0, 0xFFFF, 0x3333))) == [224, 204, 255]
    assert first(raw_png(16, 4, struct.pack(">HH", 0x6464, 0x3333))) == [224] * 3


def test_a_transparent_16_bit_value_becomes_background():
    grey = struct.pack(">H", 1000)
    assert first(raw_png(16, 0, grey, transparent=grey), background=(1, 2, 3)) == [1, 2, 3]
    assert first(raw_png(16, 0, grey, transparent=struct.pack(">H", 7))) == [4, 4, 4]
    red, blue = struct.pack(">HHH", 0xFF00, 0, 0), struct.pack(">HHH", 0, 0, 0xFF00)
    assert first(raw_png(16, 2, red, transparent=red, last=blue), background=(1, 2, 3)) == [1, 2, 3]


@pytest.mark.parametrize(
    ("value", "dtype", "expected"),
    [(200, np.int32, 200), (25700, np.int32, 100), (0.5, np.float32, 128), (77.0, np.float32, 77)],
)
def test_32_bit_values_are_scaled_by_the_range_that_holds_them(value, dtype, expected):
    assert one_colour(Image.fromarray(np.full((8, 8), value, dtype)), "TIFF", channels=1) == [expected]


def test_ranges_are_tried_from_small_to_large_and_then_stretched():
    assert scale_by_range(np.array([-1.0, 0.0, 1.0])).tolist() == [0, 128, 255]
    assert scale_by_range(np.array([0.0, 65535.0])).tolist() == [0, 255]
    assert scale_by_range(np.array([-1000.0, 0.0, 1000.0])).tolist() == [0, 128, 255]
    assert scale_by_range(np.array([-7, 70_000])).tolist() == [0, 255]
    assert scale_by_range(np.array([-7.0, -7.0])).tolist() == [0, 0]
    with pytest.raises(UnusableError, match="not finite"):
        scale_by_range(np.array([0.0, np.inf]))


def test_white_is_zero_is_inverted_in_16_bit_tiff():
    image = Image.fromarray(np.full((8, 8), 65535, np.uint16))
    assert one_colour(image, "TIFF", channels=1, tiffinfo={262: 0}) == [0]


def test_transparent_pixels_show_the_background():
    clear = Image.new("RGBA", (8, 8), (9, 9, 9, 0))
    clear.putpixel((7, 7), (9, 9, 9, 255))
    assert first(encoded(clear, "PNG"), background=(1, 2, 3)) == [1, 2, 3]
    # half of black on white: 255 * (1 - 128 / 255) = 127
    assert one_colour(Image.new("RGBA", (8, 8), (0, 0, 0, 128))) == [127] * 3
    assert one_colour(Image.new("LA", (8, 8), (100, 51))) == [224] * 3
    assert one_colour(Image.new("RGBA", (8, 8), (12, 34, 56, 255))) == [12, 34, 56]


@pytest.mark.parametrize("kind", ["RGBA", "LA", "P", "RGB", "L", "P with a colour that is transparent"])
def test_wholly_transparent_images_are_not_used(kind):
    image = Image.new("RGBA", (8, 8), (9, 9, 9, 0))
    options = {}
    if kind.startswith("P"):
        image = Image.new("P", (8, 8), 1)
        image.putpalette([0, 0, 0, 10, 20, 30])
        options = {"transparency": 1 if len(kind) > 1 else bytes((255, 0))}
    elif kind != "RGBA":
        image = image.convert(kind)
        options = {"transparency": (9, 9, 9) if kind == "RGB" else 9} if kind != "LA" else {}
    stream = io.BytesIO()
    image.save(stream, "PNG", **options)
    with pytest.raises(UnusableError, match="it is wholly transparent"):
        decoded(stream.getvalue())


def test_palettes_give_their_colours_and_their_transparency():
    image = Image.new("P", (8, 8), 1)
    image.putpalette([0, 0, 0, 10, 20, 30])
    assert one_colour(image) == [10, 20, 30]
    partly = image.copy()
    partly.putpixel((7, 7), 0)
    stream = io.BytesIO()
    partly.save(stream, "PNG", transparency=1)
    assert first(stream.getvalue(), background=(1, 2, 3)) == [1, 2, 3]
    assert one_colour(image, transparency=bytes([255, 51])) == [206, 208, 210]
    assert one_colour(image, "GIF") == [10, 20, 30]


def test_one_bit_images_are_black_and_white():
    bitmap = b"P1\n8 8\n" + b"1 0 1 0 1 0 1 0\n" * 8
    assert decoded(bitmap, channels=1)[0, :, 0].tolist() == [0, 255] * 4


def test_inks_become_light():
    assert one_colour(Image.new("CMYK", (8, 8), (0, 0, 0, 0)), "TIFF") == [255] * 3
    assert one_colour(Image.new("CMYK", (8, 8), (255, 0, 0, 0)), "TIFF") == [0, 255, 255]
    assert one_colour(Image.new("CMYK", (8, 8), (0, 0, 0, 255)), "TIFF") == [0] * 3


def test_inverted_inks_of_adobe_jpeg_are_turned_back():
    data = encoded(Image.new("CMYK", (8, 8), (0, 0, 0, 0)), "JPEG")
    assert b"Adobe" in data
    assert first(data) == [255] * 3


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
def test_an_animation_gives_its_first_frame(kind):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("#ff0000", "#00ff00")]
    stream = io.BytesIO()
    frames[0].save(
        stream, kind, save_all=True, append_images=frames[1:], **({"lossless": True} if kind == "WEBP" else {})
    )
    assert first(stream.getvalue()) == [255, 0, 0]


UPRIGHT = {
    1: lambda stored: stored,
    2: lambda stored: stored[:, ::-1],
    3: lambda stored: stored[::-1, ::-1],
    4: lambda stored: stored[::-1],
    5: lambda stored: stored.T,
    6: lambda stored: np.rot90(stored, -1),
    7: lambda stored: np.rot90(stored, 2).T,
    8: lambda stored: np.rot90(stored, 1),
}


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_all_orientations_are_turned_upright(orientation, kind):
    stored = np.arange(64, dtype=np.uint8).reshape(8, 8) * 3
    exif = Image.Exif()
    exif[0x0112] = orientation
    stream = io.BytesIO()
    Image.fromarray(stored).save(stream, kind, exif=exif.tobytes(), **({"lossless": True} if kind == "WEBP" else {}))
    assert np.array_equal(decoded(stream.getvalue(), channels=1)[..., 0], UPRIGHT[orientation](stored))


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_the_header_tells_the_size_as_seen_upright(kind):
    exif = Image.Exif()
    exif[0x0112] = 6
    stream = io.BytesIO()
    Image.new("RGB", (24, 16)).save(stream, kind, exif=exif.tobytes())
    header = read_header(io.BytesIO(stream.getvalue()), WHITE, 1000)
    assert (header.width, header.height, header.grey) == (16, 24, False)


def test_nonsense_as_orientation_changes_nothing():
    exif = Image.Exif()
    exif[0x0112] = 99
    stream = io.BytesIO()
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).save(stream, "PNG", exif=exif.tobytes())
    assert decoded(stream.getvalue(), channels=1).reshape(-1).tolist() == list(range(64))


@pytest.mark.parametrize(
    ("mode", "background", "grey"),
    [("L", WHITE, True), ("1", WHITE, True), ("LA", WHITE, True), ("LA", (255, 0, 0), False), ("RGB", WHITE, False)],
)
def test_the_header_tells_whether_pixels_are_grey(mode, background, grey):
    data = encoded(Image.new(mode, (8, 8)), "PNG")
    assert read_header(io.BytesIO(data), background, 1000).grey is grey


def test_an_image_of_the_right_size_is_untouched():
    pixels = np.random.default_rng(0).integers(0, 256, (28, 28, 3), dtype=np.uint8)
    assert np.array_equal(decoded(encoded(Image.fromarray(pixels), "PNG"), resolution=28), pixels)


def test_the_largest_centred_square_is_cropped():
    columns = np.tile(np.arange(16, dtype=np.uint8), (8, 1))
    assert decoded(encoded(Image.fromarray(columns), "PNG"), channels=1)[0, :, 0].tolist() == list(range(4, 12))
    assert decoded(encoded(Image.fromarray(columns.T), "PNG"), channels=1)[:, 0, 0].tolist() == list(range(4, 12))


def test_reducing_averages_fine_detail_instead_of_picking_pixels():
    checkers = (np.indices((64, 64)).sum(0) % 2 * 255).astype(np.uint8)
    inner = decoded(encoded(Image.fromarray(checkers), "PNG"), resolution=16, channels=1)[4:-4, 4:-4]
    assert (np.abs(inner.astype(int) - 127.5) < 2).all()


def test_enlarging_keeps_a_ramp_monotonous():
    ramp = np.tile(np.arange(0, 256, 32, dtype=np.uint8), (8, 1))
    row = decoded(encoded(Image.fromarray(ramp), "PNG"), resolution=32, channels=1)[16, :, 0].astype(int)
    assert (np.diff(row) >= 0).all()
    assert row[0] <= 1
    assert row[-1] >= 223


def test_a_large_photo_decoded_at_reduced_size_looks_as_if_reduced_from_full_size():
    y, x = np.mgrid[0:512, 0:512]
    picture = Image.fromarray(np.stack([x // 2, y // 2, (x + y) // 4], axis=-1).astype(np.uint8))
    exact = np.asarray(picture.resize((16, 16), Image.Resampling.BOX)).astype(int)
    quick = decoded(encoded(picture, "JPEG"), resolution=16, max_pixels=10**6).astype(int)
    assert np.abs(quick - exact)[1:-1, 1:-1].max() <= 4


def test_colour_becomes_grey_by_luma():
    # ITU-R 601: 0.299 * 255 = 76.2
    assert one_colour(Image.new("RGB", (8, 8), (255, 0, 0)), channels=1) == [76]
    assert one_colour(Image.new("RGB", (8, 8), (7, 7, 7)), channels=1) == [7]


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("limit", [99, 64])
def test_too_many_pixels_are_refused_before_decoding(limit):
    with pytest.raises((UnusableError, Image.DecompressionBombError)) as refusal:
        read_header(io.BytesIO(png(10, 10)), WHITE, limit)
    assert "more than" in skip_reason(refusal.value, limit)
    assert read_header(io.BytesIO(png(10, 10)), WHITE, 100).width == 10


def test_only_regular_files_are_opened(tmp_path):
    with pytest.raises(UnusableError, match="not a regular file"):
        open_regular_file("/dev/null")
    (tmp_path / "file").write_bytes(b"x")
    with open_regular_file(str(tmp_path / "file")) as stream:
        assert stream.read() == b"x"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (MemoryError(), "memory"),
        (PermissionError(13, "no"), "permission"),
        (FileNotFoundError(2, "gone"), "No such file"),
        (SyntaxError("not a PNG"), "broken"),
    ],
)
def test_every_error_has_a_short_reason(error, text):
    assert text in skip_reason(error, 100)
