"""A folder of everything that must be skipped, written file by file."""

import io
import os
import socket
import struct
import tempfile
import zlib
from pathlib import Path

import numpy as np
from PIL import Image


def good(folder: Path, count: int, size: tuple[int, int] = (16, 16), name: str = "good") -> None:
    """Writes ``count`` colour PNG files of random pixels."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(len(name) + count)
    for i in range(count):
        pixels = random.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{name}{i}.png")


def build(folder: Path) -> dict[str, str]:
    """Writes bad files into a folder; gives the path of each, as it is reported, and a part of its reason."""
    folder.mkdir(parents=True, exist_ok=True)
    expected: dict[str, str] = {}
    for name, data, reason in _broken_files():
        (folder / name).write_bytes(data)
        expected[name] = reason
    expected |= _hidden(folder)
    expected |= _links(folder)
    expected |= _special(folder)
    if os.geteuid() != 0:
        Image.new("RGB", (16, 16)).save(folder / "forbidden.png")
        (folder / "forbidden.png").chmod(0)
        expected["forbidden.png"] = "permission"
    return expected


def png(width: int, height: int, *extra: tuple[bytes, bytes], pixels: bytes = b"") -> bytes:
    """A PNG file with any header and any further chunks."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), *extra, (b"IDAT", zlib.compress(pixels)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def encoded(image: Image.Image, kind: str) -> bytes:
    """An image file in memory."""
    stream = io.BytesIO()
    image.save(stream, kind)
    return stream.getvalue()


def _broken_files() -> list[tuple[str, bytes, str]]:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    jpeg, whole_png, webp = encoded(noise, "JPEG"), encoded(noise, "PNG"), encoded(noise, "WEBP")
    gif = encoded(noise.convert("P"), "GIF")
    zeros = zlib.compress(bytes(100_000_000))
    bomb = png(60_000, 60_000)
    icon = struct.pack("<HHHBBBBHHII", 0, 1, 1, 16, 16, 0, 0, 1, 32, len(bomb), 22) + bomb
    not_finite = encoded(Image.fromarray(np.full((16, 16), np.nan, dtype=np.float32)), "TIFF")
    return [
        ("empty.png", b"", "empty"),
        ("README.txt", b"These are my photos.\n", "not an image"),
        ("text.jpg", b"no picture at all\n" * 100, "not an image"),
        ("drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing; export it"),
        ("program.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not an image"),
        ("signature.png", b"\x89PNG\r\n\x1a\n", "not an image"),
        ("noise.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "not an image"),
        ("cut.jpg", jpeg[: len(jpeg) // 2], "broken or cut short"),
        ("cut.png", whole_png[: len(whole_png) // 2], "broken or cut short"),
        ("cut.webp", webp[: len(webp) // 2], "broken or cut short"),
        ("cut.gif", gif[: len(gif) // 2], "broken or cut short"),
        ("lying.png", png(5_000, 5_000, pixels=bytes(100)), "broken or cut short"),
        ("bomb.png", bomb, "more than 64,000,000 pixels"),
        ("bomb.ico", icon, "more than 64,000,000 pixels"),
        ("profile-bomb.png", png(16, 16, (b"iCCP", b"a\0\0" + zeros), pixels=bytes(16 * 49)), "bomb"),
        ("text-bomb.png", png(16, 16, (b"zTXt", b"a\0\0" + zeros), pixels=bytes(16 * 49)), "bomb"),
        ("nan.tiff", not_finite, "not finite"),
    ]


def _hidden(folder: Path) -> dict[str, str]:
    for name in (".hidden.png", "Thumbs.db"):
        (folder / name).write_bytes(encoded(Image.new("RGB", (16, 16)), "PNG"))
    good(folder / ".git", 1)
    good(folder / "__MACOSX", 1)
    system = "operating system"
    return {".hidden.png": "hidden", ".git": "hidden", "Thumbs.db": system, "__MACOSX": system}


def _links(folder: Path) -> dict[str, str]:
    # the circles lie in a folder of their own, which holds a text and no image
    inner = folder / "inner"
    inner.mkdir()
    (inner / "note.txt").write_text("nothing to see")
    (inner / "up").symlink_to(folder.resolve())
    (inner / "again").symlink_to(inner)
    (inner / "note-again.txt").symlink_to(inner / "note.txt")
    (folder / "nowhere.png").symlink_to(folder / "gone.png")
    (folder / "itself.png").symlink_to(folder / "itself.png")
    (folder / "zero.png").symlink_to("/dev/zero")
    return {
        "inner/note.txt": "not an image",
        "inner/up": "a folder that holds it",
        "inner/again": "already here",
        "inner/note-again.txt": "already here",
        "nowhere.png": "leads nowhere",
        "itself.png": "leads nowhere",
        "zero.png": "a device",
    }


def _special(folder: Path) -> dict[str, str]:
    os.mkfifo(folder / "pipe.png")
    # the address of a socket is short: it is made elsewhere and moved
    with tempfile.TemporaryDirectory(dir="/tmp") as short, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{short}/s")
        os.rename(f"{short}/s", folder / "socket.png")  # noqa: PTH104
    odd = {"two\nlines.txt": "two\\nlines.txt"}
    (folder / "two\nlines.txt").write_text("text")
    try:
        Path(os.fsdecode(os.fsencode(folder) + b"/broken\xff.txt")).write_text("text")
        odd["broken\udcff.txt"] = "broken\\udcff.txt"
    except OSError:
        # some file systems allow only names in UTF-8
        odd.pop("broken\udcff.txt", None)
    return {"pipe.png": "named pipe", "socket.png": "socket"} | dict.fromkeys(odd.values(), "not an image")
