"""The prepared cache: hits, changes, damage, several processes, kills and full disks."""

import errno
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from steadygan.data import DataSettings, array_files, folder, prepare, store, verified
from steadygan.errors import SteadyganError
from tests.data.hostile import good


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def photos(tmp_path):
    good(tmp_path / "photos" / "a", 3)
    good(tmp_path / "photos" / "b", 2)
    (tmp_path / "photos" / "note.txt").write_text("text")
    return tmp_path / "photos"


@pytest.fixture
def boot(tmp_path, monkeypatch):
    """A file that tells when the machine was started."""
    path = tmp_path / "start"
    path.write_text("first")
    monkeypatch.setattr(verified, "_BOOT_ID", path)
    return path


def entries(cache):
    return sorted(path for path in cache.iterdir() if path.is_dir())


def test_a_second_start_finds_everything_again(photos, cache):
    first, second = prepare(photos, cache=cache), prepare(str(photos), cache=cache)
    assert (first.from_cache, second.from_cache) == (False, True)
    assert isinstance(second.images, np.memmap)
    for name in ("class_names", "skipped", "fingerprint", "notes", "shape", "kind", "source"):
        assert getattr(first, name) == getattr(second, name)
    assert np.array_equal(first.images, second.images)
    assert np.array_equal(first.labels, second.labels)


def test_the_cache_holds_what_its_description_says(photos, cache, boot):
    prepared = prepare(photos, cache=cache)
    (entry,) = entries(cache)
    assert sorted(path.name for path in entry.iterdir()) == ["images.npy", "labels.npy", "meta.json", "verified.json"]
    meta = json.loads((entry / "meta.json").read_text())
    assert meta["settings"] == DataSettings().model_dump()
    assert meta["source"] == str(photos)
    assert meta["class_names"] == ["a", "b"]
    assert meta["skipped"][0]["path"] == "note.txt"
    assert np.array_equal(np.load(entry / "images.npy"), prepared.images)


@pytest.mark.parametrize(
    "change",
    [
        lambda photos: good(photos / "a", 1, name="new"),
        lambda photos: (photos / "a" / "good0.png").unlink(),
        lambda photos: (photos / "a" / "good0.png").rename(photos / "a" / "other.png"),
        lambda photos: os.utime(photos / "a" / "good0.png", ns=(0, 5)),
        lambda photos: (photos / "a" / ".hidden").write_text("x"),
    ],
)
def test_a_changed_folder_is_prepared_again(photos, cache, change):
    prepare(photos, cache=cache)
    change(photos)
    assert not prepare(photos, cache=cache).from_cache


def test_other_settings_are_prepared_apart(photos, cache):
    prints = {
        prepare(photos, settings, cache=cache).fingerprint
        for settings in (DataSettings(), DataSettings(resolution=8), DataSettings(channels=1))
    }
    assert len(prints) == 3
    assert prepare(photos, DataSettings(resolution=8), cache=cache).from_cache


def test_the_fingerprint_is_of_the_content_not_of_the_place(photos, cache, tmp_path):
    shutil.copytree(photos, tmp_path / "copy")
    first, copy = prepare(photos, cache=cache), prepare(tmp_path / "copy", cache=cache)
    assert not copy.from_cache
    assert copy.fingerprint == first.fingerprint
    from_memory = prepare(np.array(first.images), cache=cache)
    assert from_memory.fingerprint != first.fingerprint, "labels are content"


def test_one_changed_pixel_changes_the_fingerprint(cache):
    images = np.zeros((3, 8, 8), np.uint8)
    before = prepare(images, cache=cache)
    images[2, 7, 7] = 1
    after = prepare(images, cache=cache)
    assert not after.from_cache
    assert before.fingerprint != after.fingerprint


def _cut(entry):
    path = entry / "images.npy"
    path.write_bytes(path.read_bytes()[:-1])


def _no_labels(entry):
    (entry / "labels.npy").unlink()


def _no_meta(entry):
    (entry / "meta.json").unlink()


def _half_meta(entry):
    (entry / "meta.json").write_text((entry / "meta.json").read_text()[:50])


def _other_format(entry):
    meta = json.loads((entry / "meta.json").read_text())
    (entry / "meta.json").write_text(json.dumps({**meta, "format": 0}))


def _deep_meta(entry):
    (entry / "meta.json").write_text("[" * 200_000)


def _no_dictionary(entry):
    (entry / "meta.json").write_text("[]")


def _no_header(entry):
    data = bytearray((entry / "images.npy").read_bytes())
    data[:20] = bytes(20)
    (entry / "images.npy").write_bytes(data)


def _zeros(entry):
    with (entry / "images.npy").open("r+b") as file:
        file.seek(-300, os.SEEK_END)
        file.write(bytes(300))


def _other_labels(entry):
    labels = np.load(entry / "labels.npy")
    np.save(entry / "labels.npy", 1 - labels)


DAMAGES = [
    _cut,
    _deep_meta,
    _no_labels,
    _no_meta,
    _half_meta,
    _other_format,
    _no_dictionary,
    _no_header,
    _zeros,
    _other_labels,
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_cache_is_rebuilt_without_a_word(photos, cache, damage):
    first = prepare(photos, cache=cache)
    damage(entries(cache)[0])
    again = prepare(photos, cache=cache)
    assert not again.from_cache
    assert again.fingerprint == first.fingerprint
    assert prepare(photos, cache=cache).from_cache
    assert len(entries(cache)) == 1


def test_content_is_checked_again_after_the_machine_was_started_anew(photos, cache, boot):
    first = prepare(photos, cache=cache)
    images = entries(cache)[0] / "images.npy"
    times = images.stat().st_atime_ns, images.stat().st_mtime_ns
    _zeros(entries(cache)[0])
    os.utime(images, ns=times)
    boot.write_text("second")
    again = prepare(photos, cache=cache)
    assert not again.from_cache
    assert again.fingerprint == first.fingerprint
    assert np.any(again.images[-1])


@pytest.mark.parametrize("told", [True, False])
def test_content_is_checked_once_where_the_system_tells_when_the_machine_was_started(
    told, photos, cache, boot, monkeypatch
):
    if not told:
        boot.unlink()
    digested = []
    digest = store.content_digest
    monkeypatch.setattr(store, "content_digest", lambda array: digested.append(len(array)) or digest(array))
    prepare(photos, cache=cache)
    before = len(digested)
    assert prepare(photos, cache=cache).from_cache
    assert prepare(photos, cache=cache).from_cache
    assert len(digested) - before == (0 if told else 2)


def test_a_cache_from_before_contents_were_checked_is_still_used(photos, cache, boot):
    prepare(photos, cache=cache)
    (note,) = cache.glob("*/verified.json")
    note.unlink()
    assert prepare(photos, cache=cache).from_cache
    assert note.is_file()


def test_prepared_data_is_prepared_no_second_time(photos, cache):
    first = prepare(photos, cache=cache)
    assert prepare(first, cache=cache) is first
    assert prepare(first, DataSettings(resolution=16, channels=3), cache=cache) is first
    smaller = prepare(first, DataSettings(resolution=8), cache=cache)
    assert smaller.shape == (8, 8, 3)
    assert smaller.class_names == ("a", "b")
    assert smaller.labels.tolist() == first.labels.tolist()
    points = prepare(np.zeros((4, 2)), cache=cache)
    assert prepare(points, cache=cache) is points


def test_the_folder_of_the_cache_can_be_named_by_the_environment(cache, monkeypatch):
    monkeypatch.setenv("STEADYGAN_CACHE", str(cache))
    prepare(np.zeros((2, 8, 8), np.uint8))
    assert len(entries(cache)) == 1
    monkeypatch.delenv("STEADYGAN_CACHE")
    monkeypatch.setenv("HOME", str(cache / "home"))
    prepare(np.zeros((2, 8, 8), np.uint8))
    assert len(entries(cache / "home" / ".cache" / "steadygan")) == 1


_PREPARE = """
import os, signal, sys
from pathlib import Path
from steadygan.data import prepare
def progress(done, total):
    if "killed" in sys.argv and done > total * 3 // 4:
        os.kill(os.getpid(), signal.SIGKILL)
prepared = prepare(sys.argv[1], cache=Path(sys.argv[2]), workers=1, progress=progress)
print(len(prepared), prepared.fingerprint, prepared.from_cache)
"""


def start(photos, cache, *words):
    return subprocess.Popen([sys.executable, "-c", _PREPARE, photos, cache, *words], stdout=subprocess.PIPE, text=True)


def test_two_processes_at_once_prepare_once(tmp_path, cache):
    good(tmp_path / "many", 150)
    running = [start(tmp_path / "many", cache) for _ in range(2)]
    said = [process.communicate(timeout=120)[0].split() for process in running]
    assert [line[0] for line in said] == ["150", "150"]
    assert said[0][1] == said[1][1]
    assert sorted(line[2] for line in said) == ["False", "True"]
    assert len(entries(cache)) == 1


def test_a_kill_in_the_middle_leaves_nothing_half(tmp_path, cache):
    photos = tmp_path / "many"
    good(photos, 200)
    killed = start(photos, cache, "killed")
    killed.communicate(timeout=120)
    assert killed.returncode == -signal.SIGKILL
    assert len(list(cache.glob("*.building/images.npy"))) == 1
    # another source clears away what the killed process left
    prepare(np.zeros((2, 8, 8), np.uint8), cache=cache)
    assert not list(cache.glob("*.building"))
    assert len(prepare(photos, cache=cache)) == 200
    assert prepare(photos, cache=cache).from_cache


def test_what_another_process_is_building_is_left_alone(photos, cache):
    prepare(photos, cache=cache)
    other = cache / "aaaa.1234.building"
    other.mkdir()
    with store.file_lock(cache, "aaaa"):
        prepare(np.zeros((2, 8, 8), np.uint8), cache=cache)
        assert other.exists()
    prepare(np.ones((2, 8, 8), np.uint8), cache=cache)
    assert not other.exists()


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOSYS])
def test_where_locks_are_unknown_the_first_to_finish_stays(cache, monkeypatch, code):
    def refuse(file, operation):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", refuse)
    images = np.zeros((2, 8, 8), np.uint8)
    inner = []

    def meanwhile(done, total):
        if not inner:
            inner.append(None)
            inner.append(prepare(images, cache=cache))

    outer = prepare(images, cache=cache, progress=meanwhile)
    assert outer.fingerprint == inner[1].fingerprint
    assert len(entries(cache)) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_ends_in_a_sentence_and_leaves_nothing(photos, cache, monkeypatch):
    real = open

    def open_full(path, *how, **options):
        return real("/dev/full" if path.name == "images.npy" else path, *how, **options)

    monkeypatch.setattr(store.Path, "open", open_full)
    with pytest.raises(
        SteadyganError, match=r"cannot be written to .*cache \(No space left.*STEADYGAN_CACHE"
    ) as refusal:
        prepare(photos, cache=cache)
    assert "\n" not in str(refusal.value)
    assert entries(cache) == []


def test_a_cache_that_cannot_be_written_ends_in_a_sentence(photos, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SteadyganError, match=r"cannot be written to .*file.*STEADYGAN_CACHE"):
        prepare(photos, cache=tmp_path / "file" / "cache")


def test_a_block_of_another_shape_is_a_mistake(tmp_path):
    writer = store.Writer(tmp_path, collapse=False)
    with pytest.raises(ValueError, match="shape"):
        writer.append(np.zeros((1, 2)))
    with pytest.raises(ValueError, match="nothing"):
        writer.finish()


_PREPARE_WITHIN = """
import resource, sys
from pathlib import Path
import numpy as np
from steadygan.data import prepare
used = next(int(line.split()[1]) for line in Path("/proc/self/status").read_text().splitlines() if "VmData" in line)
resource.setrlimit(resource.RLIMIT_DATA, (used * 1024 + 80_000_000,) * 2)
try:
    np.empty(130_000_000, np.uint8)
except MemoryError:
    prepared = prepare(sys.argv[1], cache=Path(sys.argv[2]))
    print(prepared.images.shape, prepared.images[-1].sum())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="a limit on memory that leaves out memory maps is Linux's own")
@pytest.mark.parametrize("kind", ["npy", "npz"])
def test_data_larger_than_memory_is_prepared(tmp_path, cache, kind):
    with (tmp_path / "large.npy").open("wb") as file:
        header = {"descr": "|u1", "fortran_order": False, "shape": (2_000, 256, 256)}
        np.lib.format.write_array_header_1_0(file, header)
        file.seek(2_000 * 256 * 256 - 1, os.SEEK_CUR)
        file.write(b"\7")
    if kind == "npz":
        with zipfile.ZipFile(tmp_path / "large.npz", "w") as archive:
            archive.write(tmp_path / "large.npy", "images.npy")
    command = [sys.executable, "-c", _PREPARE_WITHIN, tmp_path / f"large.{kind}", cache]
    assert subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout == "(2000, 256, 256, 1) 7\n"


def test_what_was_prepared_when_unlabelled_meant_a_class_is_read_anew(tmp_path, cache, monkeypatch):
    """A cache that is found under the identity of old holds the old labels, and is not asked."""
    np.savez(tmp_path / "set.npz", images=np.zeros((4, 8, 8), np.uint8), labels=[-1, 3, -1, 5])
    good(tmp_path / "photos" / "a", 1)
    good(tmp_path / "photos" / "b", 1)
    good(tmp_path / "photos", 1, name="loose")
    for name, module in (("set.npz", array_files), ("photos", folder)):
        with monkeypatch.context() as before:
            before.setattr(module, "LABEL_CONVENTION", "unlabelled is a class")
            prepare(tmp_path / name, cache=cache)
        now = prepare(tmp_path / name, cache=cache)
        assert not now.from_cache
        assert -1 in now.labels
        assert prepare(tmp_path / name, cache=cache).from_cache
