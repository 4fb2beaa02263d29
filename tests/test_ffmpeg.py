"""Films that ffmpeg writes: with a program of that name that notes what it is given, and with the real one."""

import itertools
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from steadygan.errors import SteadyganError
from steadygan.ffmpeg import write_film

NOTES = """#!{python}
import json, sys
from pathlib import Path
Path("given.json").write_text(json.dumps(sys.argv[1:]))
Path("given.raw").write_bytes(sys.stdin.buffer.read())
Path(sys.argv[-1]).write_bytes(b"a film")
"""
FAILS = """#!{python}
import sys
print("noise " * 100_000, file=sys.stderr)
print("Unknown encoder 'libx264'\\n", file=sys.stderr)
sys.exit(1)
"""
SILENT = """#!{python}
raise SystemExit(3)
"""


def frames(count: int = 3, width: int = 6, height: int = 4) -> list[Image.Image]:
    return [Image.fromarray(np.full((height, width), 40 * place % 256, np.uint8)) for place in range(count)]


def install(program: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a program the only one on the PATH, and its folder the current one."""
    path = folder / "bin" / "ffmpeg"
    path.parent.mkdir()
    path.write_text(program.format(python=sys.executable))
    path.chmod(0o755)
    monkeypatch.setenv("PATH", str(path.parent))
    monkeypatch.chdir(folder)


@pytest.mark.parametrize(("name", "encoder"), [("film.mp4", "libx264"), ("film.WEBM", "libvpx-vp9")])
def test_ffmpeg_is_given_raw_frames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, encoder: str) -> None:
    install(NOTES, tmp_path, monkeypatch)
    write_film(frames(), tmp_path / "new" / name, 60)
    assert (tmp_path / "new" / name).read_bytes() == b"a film"
    given = json.loads(Path("given.json").read_text())
    options = dict(itertools.pairwise(given))
    assert (options["-video_size"], options["-framerate"], options["-i"]) == ("6x4", "1000/60", "-")
    assert options["-c:v"] == encoder
    raw = np.frombuffer(Path("given.raw").read_bytes(), np.uint8).reshape(3, 4, 6, 3)
    np.testing.assert_array_equal(raw, np.stack([np.asarray(frame.convert("RGB")) for frame in frames()]))


def test_odd_sides_get_a_white_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(NOTES, tmp_path, monkeypatch)
    write_film(frames(1, width=5, height=3), tmp_path / "film.mp4", 60)
    given = json.loads(Path("given.json").read_text())
    assert given[given.index("-video_size") + 1] == "6x4"
    raw = np.frombuffer(Path("given.raw").read_bytes(), np.uint8).reshape(4, 6, 3)
    assert (raw[:3, :5] == 0).all()
    assert (raw[3] == 255).all()
    assert (raw[:, 5] == 255).all()


@pytest.mark.parametrize("side", [10, 64])
@pytest.mark.parametrize(
    ("program", "reason"), [(FAILS, r": Unknown encoder 'libx264'$"), (SILENT, ": it ended with status 3$")]
)
def test_a_failure_is_said_in_ffmpegs_own_last_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, reason: str, side: int
) -> None:
    install(program, tmp_path, monkeypatch)
    out = tmp_path / "film.mp4"
    out.write_text("old")
    many = frames(1000, side, side)  # more than a pipe holds, of a program that reads nothing
    with pytest.raises(SteadyganError, match=reason):
        write_film(many, out, 60)
    assert out.read_text() == "old"


def test_a_program_that_does_not_start_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install("neither a script nor a binary", tmp_path, monkeypatch)
    with pytest.raises(SteadyganError, match="it does not start"):
        write_film(frames(), tmp_path / "film.mp4", 60)


def test_a_missing_ffmpeg_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SteadyganError, match="the program ffmpeg, which is not on the PATH"):
        write_film(frames(), tmp_path / "film.mp4", 60)


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="there is no ffmpeg")
@pytest.mark.parametrize("name", ["film.mp4", "film.webm"])
def test_the_real_ffmpeg_writes_a_film_that_it_reads_again(tmp_path: Path, name: str) -> None:
    made = frames(4, width=65, height=33)
    write_film(made, tmp_path / name, 60)
    command = ["ffmpeg", "-loglevel", "error", "-i", str(tmp_path / name), "-f", "rawvideo", "-pix_fmt", "gray", "-"]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    read = np.frombuffer(raw, np.uint8).reshape(4, 34, 66).astype(int)
    shown = np.stack([np.asarray(frame) for frame in made])
    assert np.abs(read[:, :32, :64] - shown[:, :32, :64]).max() < 24
