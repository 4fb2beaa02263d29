"""Preparing and training hold a small part of the data at a time, however large they are."""

import json
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from steadygan.data import Prepared, array_files, array_rows, encoded_images, prepare, store
from steadygan.data.folder import folder_source
from steadygan.feeding.scaling import scaling_for
from tests import tiny
from tests.data.hostile import good

COUNT = 12_000
BLOCK = 50_000
MOST = 1_400_000
"""Bytes; the data below hold at least 4.6 MB, and a number for each image takes 0.1 MB."""
CONFINED = Path(__file__).with_name("confined.py")


def peak(work):
    """The most memory that was held meanwhile beyond what was there before."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def images(dtype):
    values = np.random.default_rng(0).integers(0, 256, (COUNT, 8, 8, 3))
    return (values * 257).astype(dtype) if dtype == np.uint16 else (values / 255).astype(dtype)


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(array_rows, "_BLOCK_BYTES", BLOCK)
    monkeypatch.setattr(array_files, "_COPY_BYTES", BLOCK)
    monkeypatch.setattr(store, "_COPY_ROWS", 500)


def saved(array, kind, path):
    """A file of one of the kinds that arrays come in."""
    array = np.asfortranarray(array) if "columns" in kind else array
    if "npz" not in kind:
        np.save(path.with_suffix(".npy"), array)
        return path.with_suffix(".npy")
    (np.savez_compressed if "compressed" in kind else np.savez)(path.with_suffix(".npz"), images=array)
    return path.with_suffix(".npz")


@pytest.mark.parametrize("kind", ["npy", "npy columns", "npz", "npz compressed", "npz columns"])
@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_preparing_arrays_holds_a_few_blocks(small_blocks, tmp_path, kind, dtype):
    array = images(dtype)
    path = saved(array, kind, tmp_path / "array")
    found: list[Prepared] = []
    assert peak(lambda: found.append(prepare(path, cache=tmp_path / "cache"))) < MOST < array.nbytes / 3
    expected = np.rint(array / (257 if dtype == np.uint16 else 1 / 255)).astype(np.uint8)
    np.testing.assert_array_equal(found[0].images, expected)


def test_making_grey_out_of_colour_holds_a_few_blocks(small_blocks, tmp_path):
    array = np.repeat(images(np.uint16)[..., :1], 3, axis=3)
    np.save(tmp_path / "grey.npy", array)
    assert peak(lambda: prepare(tmp_path / "grey.npy", cache=tmp_path / "cache")) < MOST < array.nbytes / 3


def test_scaling_vectors_holds_a_few_blocks(monkeypatch, tmp_path):
    monkeypatch.setattr("steadygan.feeding.scaling._BLOCK_NUMBERS", 10_000)
    points = np.random.default_rng(0).normal(3, 2, (COUNT, 100)).astype(np.float32)
    np.save(tmp_path / "points.npy", points)
    mapped = tiny.prepared(np.load(tmp_path / "points.npy", mmap_mode="r"))
    assert peak(lambda: scaling_for(mapped, (-1.0, 1.0))) < MOST < points.nbytes / 3
    scaling = scaling_for(mapped, (-1.0, 1.0))
    np.testing.assert_allclose(scaling.mean, points.mean(0, dtype=np.float64), rtol=1e-6)
    np.testing.assert_allclose(scaling.std, points.std(0, dtype=np.float64), rtol=1e-6)


def test_a_list_of_files_takes_little_for_each(tmp_path):
    good(tmp_path / "photos", 1)
    first = next((tmp_path / "photos").iterdir())
    count = 3000
    for place in range(count):
        (first.parent / f"copy{place}.png").hardlink_to(first)
    grown = peak(lambda: folder_source(tmp_path / "photos", "photos"))
    assert grown < 700 * count


def test_choosing_and_decoding_keep_numbers_alone(tmp_path, monkeypatch):
    """Headers and results of a million images must not pile up as objects."""

    class DecoderPool:
        def ask_all(self, chunks, target, *, only_header):
            for chunk in chunks:
                results = [[9, 9, 0] if only_header else None for _ in chunk]
                yield encoded_images.DecodeResult(results, b"" if only_header else bytes(9 * 9 * 3 * len(chunk)))

    class Nowhere:
        def start(self, shape, dtype): ...
        def append(self, block): ...

    count = 30_000
    many = encoded_images.EncodedImages(str, np.full(count, 1000), lambda low, high: ["x"] * (high - low))
    grown = peak(
        lambda: encoded_images._read_with(
            DecoderPool(), many, encoded_images.DataSettings(), Nowhere(), lambda done, total: None
        )
    )
    assert grown < 130 * count


@pytest.mark.skipif(sys.platform != "linux", reason="the limit and its count are Linux's")
def test_a_process_with_less_memory_than_data_prepares_and_trains(tmp_path):
    with (tmp_path / "images.npy").open("wb") as file:
        header = {"descr": "|u1", "fortran_order": False, "shape": (100_000, 32, 32, 3)}
        np.lib.format.write_array_header_1_0(file, header)
        file.truncate(file.tell() + 100_000 * 32 * 32 * 3)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, str(CONFINED), str(tmp_path)], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told == {"refused": True, "images": 100_000, "seen": 16}
