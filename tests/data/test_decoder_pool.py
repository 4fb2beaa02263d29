"""Decoding processes that die, hang or do not start."""

import os
import signal
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from steadygan.data.decode import Target
from steadygan.data.decoder_pool import DecoderPool, decoder_command
from steadygan.errors import SteadyganError
from tests.data.hostile import encoded, good

TARGET = Target(16, 3, (255, 255, 255), 10_000)

# a decoding process in which some file names do harm
_HARMFUL = """
import os, signal, sys, time
sys.argv = ["-c", *sys.argv[1:]]
import types
for name, folder in (("steadygan", sys.argv[1]), ("steadygan.data", sys.argv[2])):
    package = types.ModuleType(name)
    package.__path__ = [folder]
    sys.modules[name] = package
from steadygan.data import decoder_process
opened = decoder_process.open_regular_file
def open_regular_file(path):
    if "/kill" in path:
        os.kill(os.getpid(), signal.SIGKILL)
    if "/hang" in path:
        time.sleep(60)
    if "/print" in path:
        os.write(1, b"noise from a decoder")
    return opened(path)
decoder_process.open_regular_file = open_regular_file
decoder_process.serve()
"""


def harmful() -> list[str]:
    return [sys.executable, "-P", "-c", _HARMFUL, *decoder_command()[-2:]]


def answers(chunks, **options):
    with DecoderPool(2, **options) as decoders:
        return list(decoders.ask_all(chunks, TARGET, only_header=False))


def test_chunks_are_answered_in_order(tmp_path):
    good(tmp_path, 20)
    chunks = [[str(tmp_path / f"good{i}.png")] for i in range(20)]
    whole = b"".join(answer.pixels for answer in answers(chunks))
    one_by_one = b"".join(answers([chunk])[0].pixels for chunk in chunks[::7])
    images = np.frombuffer(whole, np.uint8).reshape(20, -1)
    assert images[::7].tobytes() == one_by_one


def test_images_in_memory_and_headers_are_answered(tmp_path):
    from PIL import Image

    data = encoded(Image.new("RGB", (16, 16), (1, 2, 3)), "PNG")
    (answer,) = answers([[data, b"nothing", data]])
    assert answer.results == [None, "not an image of a known kind", None]
    assert set(np.frombuffer(answer.pixels, np.uint8).reshape(-1, 3).sum(1)) == {6}
    with DecoderPool(1) as decoders:
        (headers,) = decoders.ask_all([[data]], TARGET, only_header=True)
    assert headers.results == [[16, 16, 0]]


def test_a_file_that_kills_its_process_costs_only_itself(tmp_path):
    good(tmp_path, 3)
    good(tmp_path, 1, name="kill")
    names = ["good0", "kill0", "good1", "good2"]
    (answer,) = answers([[str(tmp_path / f"{name}.png") for name in names]], command=harmful())
    assert [result is None for result in answer.results] == [True, False, True, True]
    assert "crash" in answer.results[1]
    assert len(answer.pixels) == 3 * 16 * 16 * 3


def test_a_file_that_hangs_costs_only_itself(tmp_path):
    good(tmp_path, 1)
    good(tmp_path, 1, name="hang")
    paths = [str(tmp_path / "hang0.png"), str(tmp_path / "good0.png")]
    (answer,) = answers([paths], command=harmful(), seconds=(0.5, 2.0))  # room for a busy machine to decode the other
    assert answer.results == ["decoding it took more than 2 seconds", None]


def test_what_a_decoder_prints_disturbs_nothing(tmp_path):
    good(tmp_path, 2, name="print")
    (answer,) = answers([[str(tmp_path / f"print{i}.png") for i in range(2)]], command=harmful())
    assert answer.results == [None, None]


def test_a_process_killed_from_outside_is_replaced(tmp_path):
    good(tmp_path, 40)
    chunks = [[str(tmp_path / f"good{i}.png")] for i in range(40)]
    given = []
    with DecoderPool(2) as decoders:
        for answer in decoders.ask_all(chunks, TARGET, only_header=False):
            given += answer.results
            if len(given) in (5, 15):
                for child in _children():
                    os.kill(child, signal.SIGKILL)
    assert given == [None] * 40


def _children() -> list[int]:
    """The decoding processes of this very process."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
            decoding = b"steadygan.data.decoder_process" in status.with_name("cmdline").read_bytes()
        except OSError:
            continue
        if parent == os.getpid() and decoding:
            found.append(int(status.parent.name))
    return found


@pytest.mark.parametrize("command", [["/nowhere/python"], [sys.executable, "-c", "pass"]])
def test_processes_that_cannot_start_end_in_a_sentence(command):
    with pytest.raises(SteadyganError, match="process for decoding"):
        answers([["x"]], command=command)


def test_an_error_in_the_middle_leaves_no_process_behind(tmp_path):
    good(tmp_path, 30)
    chunks = ([str(tmp_path / f"good{i}.png")] for i in range(30))

    def stop_after_one():
        with DecoderPool(2) as decoders:
            for _ in decoders.ask_all(chunks, TARGET, only_header=False):
                assert _children()
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop_after_one()
    assert _children() == []
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("decode")]
