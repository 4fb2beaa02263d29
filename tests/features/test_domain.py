"""The encoder of one's own data: learned once, kept, always alike, blind to what is held out, and able to tell."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch.nn import functional as F

from steadygan.data import Prepared, prepare
from steadygan.data.cache_removal import ENCODER, cached_files, remove_cached_files
from steadygan.errors import SteadyganError
from steadygan.features import domain, extract, find_extractor, split_indices
from steadygan.features.domain import DomainExtractor, domain_extractor
from steadygan.features.encoder import Encoder, EncoderConfig
from tests import tiny

FEW = 192
"""Images seen in tests that ask nothing of the quality: somewhat more than there are, so that each takes part."""


def squares(count: int = 200, classes: int = 2, size: int = 16, channels: int = 1, labelled: bool = True) -> Prepared:
    """Bright squares in one of the corners, which is their class."""
    random = np.random.default_rng(0)
    images = random.integers(0, 80, (count, size, size, channels), dtype=np.uint8)
    labels = random.integers(0, classes, count)
    half = size // 2
    for image, label in zip(images, labels, strict=True):
        top, left = divmod(int(label), 2)
        image[top * half : (top + 1) * half, left * half : (left + 1) * half] += 150
    names = tuple("abcd"[:classes])
    fingerprint = f"{count} {classes} {size} {channels} {labelled}"
    return Prepared(
        images, labels if labelled else None, names if labelled else (), (), "squares", fingerprint, 0, False
    )


@pytest.fixture(scope="module")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where encoders are kept that several tests use."""
    return tmp_path_factory.mktemp("cache")


@pytest.mark.parametrize("labelled", [True, False])
def test_it_is_trained_once_and_then_read(labelled: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = squares(labelled=labelled)
    first = domain_extractor(data, tmp_path, seen=FEW)
    assert first.name.startswith(f"domain-{domain.VERSION}-{'labels' if labelled else 'unlabelled'}-")
    monkeypatch.setattr(domain, "train_encoder", None)
    again = domain_extractor(data, tmp_path, seen=FEW)
    assert again.name == first.name
    one, other = (extract(each, data.images) for each in (first, again))
    assert torch.equal(one.features, other.features)
    assert one.features.shape == (200, 128)
    assert (one.probabilities is None) != labelled
    assert first.classes == (2 if labelled else 0)


def test_whether_it_is_there_is_known_without_reading_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = squares()
    monkeypatch.setattr(domain, "SEEN", FEW)
    assert not domain.is_trained(data, tmp_path)
    domain_extractor(data, tmp_path)
    monkeypatch.setattr(domain, "Encoder", None)
    assert domain.is_trained(data, tmp_path)
    assert not domain.is_trained(squares(labelled=False), tmp_path)
    path = next(tmp_path.rglob("*.safetensors"))
    path.write_bytes(path.read_bytes()[:-1])
    assert not domain.is_trained(data, tmp_path)


@pytest.mark.parametrize("labelled", [True, False])
def test_it_is_a_function_of_data_and_seed_alone(labelled: bool, tmp_path: Path) -> None:
    data = squares(labelled=labelled)
    first = domain_extractor(data, tmp_path / "a", seen=FEW)
    torch.rand(7)  # whatever the caller drew before
    assert domain_extractor(data, tmp_path / "b", seen=FEW).name == first.name
    assert domain_extractor(data, tmp_path / "a", seed=1, seen=FEW).name != first.name


def test_the_callers_random_numbers_are_left_alone(tmp_path: Path) -> None:
    state, numpy_state = torch.random.get_rng_state(), np.random.get_state()[1].copy()  # type: ignore[union-attr]
    extractor = domain_extractor(squares(labelled=False), tmp_path, seen=FEW)
    extract(extractor, squares().images)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert np.array_equal(np.random.get_state()[1], numpy_state)  # type: ignore[index]


@pytest.mark.parametrize("labelled", [True, False])
def test_held_out_images_have_no_part_in_it(labelled: bool, tmp_path: Path) -> None:
    data, changed = squares(labelled=labelled), squares(labelled=labelled)
    _, held_out = split_indices(len(data))
    changed.images[held_out] = 255 - changed.images[held_out]
    names = [domain_extractor(each, tmp_path / str(place), seen=FEW).name for place, each in enumerate((data, changed))]
    assert names[0] == names[1]
    kept, _ = split_indices(len(data))
    changed.images[kept[0]] = 0
    assert domain_extractor(changed, tmp_path / "third", seen=FEW).name != names[0]


def test_features_do_not_depend_on_the_batch(tmp_path: Path) -> None:
    data = squares()
    extractor = domain_extractor(data, tmp_path, seen=FEW)
    expected = extract(extractor, data.images, 200)
    for batch in (1, 7):
        found = extract(extractor, data.images, batch)
        torch.testing.assert_close(found.features, expected.features, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(found.probabilities, expected.probabilities, rtol=1e-4, atol=1e-5)


def test_by_labels_it_tells_classes_of_images_that_it_never_saw(shared_cache: Path) -> None:
    data = squares(300, 4)
    found = extract(domain_extractor(data, shared_cache, seen=6_000), data.images)
    assert found.probabilities is not None
    assert data.labels is not None
    _, held_out = split_indices(300)
    assert (found.probabilities.argmax(1).numpy() == data.labels)[held_out].mean() > 0.95


@pytest.mark.parametrize("labelled", [True, False])
def test_noise_is_farther_than_real_images(labelled: bool, shared_cache: Path) -> None:
    data = squares(300, 4, labelled=labelled)
    extractor = domain_extractor(data, shared_cache, seen=6_000)
    kept, held_out = split_indices(300)
    noise = np.random.default_rng(1).integers(0, 256, (60, 16, 16, 1), dtype=np.uint8)
    reference, unseen, worst = (
        extract(extractor, images).features.double() for images in (data.images[kept], data.images[held_out], noise)
    )
    near, far = ((each.mean(0) - reference.mean(0)).square().sum() for each in (unseen, worst))
    assert far > 10 * near


def test_without_labels_layout_counts_for_more_than_resolution(shared_cache: Path) -> None:
    data = squares(300, 4, labelled=False)
    extractor = domain_extractor(data, shared_cache, seen=6_000)
    kept, held_out = split_indices(300)
    unseen = data.images[held_out]
    small = F.interpolate(torch.from_numpy(unseen).permute(0, 3, 1, 2).float(), (12, 12), mode="bilinear")
    softer = F.interpolate(small, (16, 16), mode="bilinear").permute(0, 2, 3, 1).round().byte().numpy()
    moved = np.roll(unseen, 4, 1)  # by a quarter of the height: squares lie across the middle
    reference = extract(extractor, data.images[kept]).features.double().mean(0)
    by_resolution, by_layout = (
        float((extract(extractor, each).features.double().mean(0) - reference).square().sum())
        for each in (softer, moved)
    )
    assert by_resolution < by_layout  # 10 to 30 times as much if all images of the lesson have their own resolution


@pytest.mark.parametrize(("size", "channels"), [(8, 3), (28, 1), (48, 3), (96, 1)])
def test_sizes_and_channels(size: int, channels: int, tmp_path: Path) -> None:
    data = squares(40, size=size, channels=channels, labelled=False)
    extractor = domain_extractor(data, tmp_path, seen=80)
    assert extractor.encoder.config.size == min(size, 64)
    assert extract(extractor, data.images).features.shape == (40, 128)
    other = np.zeros((3, 20, 20, 4 - channels), np.uint8)  # samples of another size, grey or in colour
    assert extract(extractor, other).features.shape == (3, 128)


def test_the_file_holds_tensors_and_says_what_it_is(tmp_path: Path) -> None:
    extractor = domain_extractor(squares(), tmp_path, seen=FEW)
    path = next(tmp_path.rglob("*.safetensors"))
    with safe_open(path, "pt") as file:
        about = file.metadata()
    assert about["name"] == extractor.name
    assert EncoderConfig.model_validate_json(about["config"]) == extractor.encoder.config
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def _without_description(path: Path) -> None:
    save_file(load_file(path), path)


def _of_another_shape(path: Path) -> None:
    state = load_file(path)
    state["project.weight"] = state["project.weight"][:5].contiguous()
    with safe_open(path, "pt") as file:
        about = file.metadata()
    save_file(state, path, about)


@pytest.mark.parametrize("damage", [_cut, _without_description, _of_another_shape])
def test_a_damaged_file_is_replaced(damage: Any, tmp_path: Path) -> None:
    first = domain_extractor(squares(), tmp_path, seen=FEW)
    damage(next(tmp_path.rglob("*.safetensors")))
    assert domain_extractor(squares(), tmp_path, seen=FEW).name == first.name
    assert len(list(tmp_path.rglob("*.safetensors*"))) == 1


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("no folder")
    with pytest.raises(SteadyganError, match="STEADYGAN_CACHE"):
        domain_extractor(squares(), tmp_path / "cache", seen=FEW)


def test_vectors_and_single_images_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SteadyganError, match="vectors"):
        find_extractor("domain", tiny.vectors(), tmp_path)
    with pytest.raises(SteadyganError, match="holds 1 image,"):
        find_extractor("domain", squares(1), tmp_path)


def test_few_labels_are_not_learned_from_unless_asked(tmp_path: Path) -> None:
    data = squares(100, 4)
    assert data.labels is not None
    labels = np.where(np.arange(100) < 60, -1, data.labels)
    few = Prepared(data.images, labels, data.class_names, (), "few", "few", 0, False)
    assert domain_extractor(few, tmp_path, seen=FEW).classes == 0
    assert domain_extractor(few, tmp_path, labels=True, seen=FEW).classes == 4
    assert domain_extractor(data, tmp_path, labels=False, seen=FEW).classes == 0
    with pytest.raises(SteadyganError, match="no two classes"):
        domain_extractor(squares(labelled=False), tmp_path, labels=True, seen=FEW)


def test_names_tell_encoders_apart() -> None:
    config = EncoderConfig(channels=1, size=8, classes=2, width=4)
    first, second = Encoder(config).eval(), Encoder(config).eval()
    assert DomainExtractor(first, True).name != DomainExtractor(second, True).name
    second.load_state_dict(first.state_dict())
    assert DomainExtractor(first, True).name == DomainExtractor(second, True).name
    assert DomainExtractor(first, True).name != DomainExtractor(first, False).name


def test_data_of_the_package_can_be_used(tmp_path: Path) -> None:
    data = prepare(
        np.zeros((20, 8, 8, 1), np.uint8) + np.arange(20, dtype=np.uint8)[:, None, None, None], cache=tmp_path
    )
    assert extract(domain_extractor(data, tmp_path, seen=64), data.images).features.shape == (20, 128)


def test_progress_is_told_and_few_images_are_not_seen_for_ever(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    find_extractor("domain", squares(30), tmp_path, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (24 * domain.MOST_PASSES, 24 * domain.MOST_PASSES)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    told.clear()
    find_extractor("domain", squares(30), tmp_path, progress=lambda done, total: told.append((done, total)))
    assert told == []


def test_it_is_removed_with_the_cache(tmp_path: Path) -> None:
    domain_extractor(squares(30), tmp_path, seen=64)
    assert [path.name for paths in cached_files(tmp_path).values() for path in paths] == [ENCODER]
    assert remove_cached_files(tmp_path) == []
    assert cached_files(tmp_path) == {}
    assert not list(tmp_path.rglob("*.safetensors"))
