"""Films as files that only the program ffmpeg can write."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from itertools import chain
from pathlib import Path

import numpy as np
from PIL import Image

from steadygan.arrays import Array
from steadygan.errors import SteadyganError
from steadygan.runs.folder import write_atomically
from steadygan.runs.grid import BACKGROUND

# Constant quality, hardly to be told from the frames; 4:2:0 is what every player shows.
ENCODERS = {
    ".mp4": ("-c:v", "libx264", "-crf", "18", "-pix_fmt", "yuv420p", "-movflags", "+faststart"),
    ".webm": ("-c:v", "libvpx-vp9", "-crf", "20", "-b:v", "0", "-pix_fmt", "yuv420p"),
}
"""Options of ffmpeg by the suffix of the file."""


def find_ffmpeg(out: Path) -> str:
    """The program ffmpeg.

    Args:
        out: what is to be written, for the error.

    Raises:
        SteadyganError: when it is not on the PATH.
    """
    program = shutil.which("ffmpeg")
    if program is None:
        raise SteadyganError(
            f"Cannot write '{out}': that needs the program ffmpeg, which is not on the PATH; install it, "
            "or write a .gif or a .webp"
        )
    return program


def write_film(frames: Iterable[Image.Image], out: Path, milliseconds: int) -> None:
    """Write frames as a film, whole or not at all.

    Args:
        frames: at least one, all of the same size; where a side is odd, a white line is added, because 4:2:0 halves it.
        out: a path whose suffix is in :data:`ENCODERS`.
        milliseconds: how long each frame is shown.

    Raises:
        SteadyganError: when there is no ffmpeg, or it fails, with its own last line.
    """
    program = find_ffmpeg(out)
    pending = iter(frames)
    first = _even(next(pending))
    size = f"{first.shape[1]}x{first.shape[0]}"
    given = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-video_size", size, "-framerate", f"1000/{milliseconds}")
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, f"film{out.suffix.lower()}")
        command = [program, "-hide_banner", "-loglevel", "error", *given, "-i", "-", *ENCODERS[made.suffix], str(made)]
        with tempfile.TemporaryFile() as said:  # not a pipe, which would block ffmpeg once it is full
            status = _pipe(chain((first,), map(_even, pending)), command, said.fileno(), out)
            said.seek(0)
            lines = said.read().decode("utf-8", "replace").split("\n")
        if status != 0 or not made.is_file():
            reason = next((line.strip() for line in reversed(lines) if line.strip()), f"it ended with status {status}")
            raise SteadyganError(f"ffmpeg cannot write '{out}': {reason}")
        write_atomically(out, made.read_bytes())


def _pipe(frames: Iterable[Array], command: list[str], errors: int, out: Path) -> int:
    """Give ffmpeg the frames; its exit status."""
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors)
    except OSError as error:
        raise SteadyganError(f"ffmpeg cannot write '{out}': it does not start ({error.strerror})") from None
    with process:
        assert process.stdin
        # it may end early; its status and its last line say why
        with suppress(BrokenPipeError):
            for frame in frames:
                process.stdin.write(frame.tobytes())
        with suppress(BrokenPipeError):  # once more, for what was not written yet
            process.stdin.close()
    return process.returncode


def _even(frame: Image.Image) -> Array:
    pixels = np.asarray(frame.convert("RGB"))
    height, width = pixels.shape[:2]
    return np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), constant_values=BACKGROUND)
