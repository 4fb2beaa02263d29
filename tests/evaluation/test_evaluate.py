"""Evaluations from their samples to their figures."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.linalg import sqrtm

import steadygan as sg
from steadygan.errors import SteadyganError
from steadygan.evaluation import Evaluation, Watcher
from steadygan.metrics import MEASURES, METRICS, Metric, Needs
from steadygan.metrics.neighbourhoods import neighbourhoods
from steadygan.metrics.vector_modes import vector_modes
from tests import tiny
from tests.evaluation.stand_in import StandIn

pytestmark = pytest.mark.usefixtures("brief")


def images(count: int = 400, seed: int = 0, **given: Any) -> "np.ndarray[Any, Any]":
    return tiny.images(count, size=16, seed=seed, **given).images


def evaluate(evaluated: Any, against: Any = None, /, **given: Any) -> Evaluation:
    return sg.evaluate(evaluated, against, **{"features": StandIn(), **given})


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STEADYGAN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> sg.Run:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in tiny.BRIEF.items():
            patch.setattr(name, value)
        folder = tmp_path_factory.mktemp("runs")
        np.savez(folder / "data.npz", images=images(100))
        given = {"images": 16, "device": "cpu", "observers": ()}
        return sg.train(folder / "data.npz", tiny.small("naive"), out=folder / "run", **given)


def test_the_frechet_distance_is_that_of_the_formula(cache: Path) -> None:
    real, fake = images(600), images(200, seed=1) // 2
    found = evaluate(fake, real)
    assert (found.count, found.reference, found.held_out) == (200, 480, 120)
    figure = found["frechet_distance"]
    reference = _reference(real, found)
    mine = StandIn()(torch.from_numpy(fake)).features.double().numpy()
    apart = reference.mean(0) - mine.mean(0)
    covariances = [np.cov(each, rowvar=False) for each in (reference, mine)]
    root = sqrtm(covariances[0] @ covariances[1]).real
    expected = apart @ apart + np.trace(covariances[0] + covariances[1] - 2 * root)
    assert figure.value == pytest.approx(expected, rel=1e-6)
    assert (figure.samples, figure.reference, figure.held_out) == (200, 480, 120)


def _reference(real: "np.ndarray[Any, Any]", found: Evaluation) -> "np.ndarray[Any, Any]":
    """The features of the training split, which is the same for the same data."""
    from steadygan.data import prepare
    from steadygan.evaluation.reference import split

    chosen = split(prepare(real), None).training
    assert len(chosen) == found.reference
    return StandIn()(torch.from_numpy(real[chosen])).features.double().numpy()


def test_real_images_are_as_near_as_the_floor_and_others_are_not(cache: Path) -> None:
    real = images(1000)
    good, bad = (evaluate(each, real) for each in (images(200, seed=5), images(200, seed=5) // 2))
    for name in ("frechet_distance", "kernel_distance", "sliced_wasserstein"):
        floor = good[name].floor
        assert floor is not None
        assert floor == bad[name].floor
        assert abs(good[name].value - floor) < 0.1 * (bad[name].value - floor)
    assert good["precision"].value > 0.8 > bad["precision"].value


def test_figures_of_one_function_are_computed_at_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def counted(real: torch.Tensor, fake: torch.Tensor) -> Any:
        calls.append((len(real), len(fake)))
        return neighbourhoods(real, fake)

    names = ("precision", "recall", "density", "coverage")
    measures = [
        measure.model_copy(update={"measure": counted}) if measure.name in names else measure for measure in MEASURES
    ]
    monkeypatch.setattr("steadygan.evaluation.compare.MEASURES", tuple(measures))
    found = evaluate(images(100, seed=1), images())
    assert calls == [(100, 100), (80, 80)]
    assert {*names} < {*found.names}


def test_a_second_evaluation_extracts_no_reference_and_measures_no_floor(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = images()
    first, second = StandIn(), StandIn()
    before = evaluate(images(50, seed=1), real, features=first)
    monkeypatch.setattr("steadygan.evaluation.figures.measure_floor", None)
    after = evaluate(images(50, seed=1), real, features=second)
    assert (first.seen, second.seen) == (400 + 50, 50)
    assert before.figures == after.figures


def test_other_data_and_other_features_have_a_reference_of_their_own(cache: Path) -> None:
    made = images(50, seed=1)
    found = [
        evaluate(made, real, features=StandIn(classes))["frechet_distance"]
        for real, classes in ((images(), 0), (images(seed=2), 0), (images(), 3))
    ]
    assert len({figure.floor for figure in found}) == 2  # the numbers of the third are those of the first
    assert len({figure.protocol for figure in found}) == 2


def test_the_order_of_samples_and_the_size_of_batches_change_nothing(cache: Path) -> None:
    real, made = images(), images(60, seed=1)
    one, other = evaluate(made, real), evaluate(made[::-1].copy(), real)
    for name in ("frechet_distance", "precision", "recall", "density", "coverage", "nearest_ratio"):
        assert one[name].value == pytest.approx(other[name].value, rel=1e-6)


# --- what is evaluated


def test_a_run_is_compared_with_its_own_data(run: sg.Run, cache: Path) -> None:
    found = evaluate(run.path, None, samples=40)
    assert found.samples == str(run.path)
    assert found.against.endswith("data.npz")
    assert found.shape == (16, 16, 1)
    assert (found.count, found.reference) == (40, 80)
    assert "which the run may have been trained on too" in found.split


def test_the_best_generator_of_a_run_is_compared_with_the_data_of_that_run(run: sg.Run, cache: Path) -> None:
    found = evaluate(run.path / "best", None, samples=40)
    assert found.samples == str(run.path / "best")
    assert found.against == evaluate(run.path, None, samples=40).against


def test_a_run_a_generator_a_folder_and_an_array_of_the_same_images_are_alike(
    run: sg.Run, cache: Path, tmp_path: Path
) -> None:
    made = run.generator.images(run.generator.latents(40, 7), 7).numpy()
    (tmp_path / "made").mkdir()
    for place, image in enumerate(made):
        Image.fromarray(image[..., 0]).save(tmp_path / "made" / f"{place:02d}.png")
    np.savez(tmp_path / "made.npz", images=made)
    data = run.path.parent / "data.npz"
    named = (run, run.path, str(run.path), run.generator, tmp_path / "made", tmp_path / "made.npz", made)
    found = [evaluate(each, data, samples=40, seed=7) for each in named]
    for name in ("frechet_distance", "precision", "recall"):
        values = [each[name].value for each in found]
        assert values == pytest.approx([values[0]] * len(values), rel=1e-9)


def test_another_seed_makes_other_samples(run: sg.Run, cache: Path) -> None:
    one, same, other = (evaluate(run, samples=30, seed=seed) for seed in (0, 0, 1))
    assert one.figures == same.figures
    assert one["frechet_distance"].value != other["frechet_distance"].value


def test_files_are_brought_to_the_size_and_channels_of_the_data(cache: Path) -> None:
    found = evaluate(tiny.images(30, size=24, channels=3).images, images())
    assert found.shape == (16, 16, 1)
    assert evaluate(images(30, seed=1), images(), resolution=8, channels=3).shape == (8, 8, 3)


def test_of_more_samples_than_asked_for_some_are_drawn(cache: Path) -> None:
    real, made = images(), images(300, seed=1)
    few = [evaluate(made, real, samples=40, seed=seed) for seed in (0, 0, 1)]
    assert [each.count for each in few] == [40] * 3
    assert few[0].figures == few[1].figures != few[2].figures


@pytest.mark.parametrize(
    ("samples", "against", "message"),
    [
        (images(19), images(), "19 samples cannot be evaluated; give at least 20"),
        (images(30), images(4), "4 real items are too few"),
        (images(30), tiny.vectors(100).images, "The samples are images of 16x16x1 and the real data are vectors of 3"),
        (tiny.vectors(30, 2).images, tiny.vectors(100).images, "vectors of 2 and the real data are vectors of 3"),
        (images(30), None, "Name the real data that the samples are to be compared with: --against DATA"),
        ("no/such.npz", images(), "There is no file or folder 'no/such.npz'"),
    ],
    ids=["few", "few-real", "kinds", "lengths", "nothing", "nowhere"],
)
def test_what_cannot_be_compared_is_refused(samples: Any, against: Any, message: str, cache: Path) -> None:
    with pytest.raises(SteadyganError, match=message):
        evaluate(samples, against)


def test_a_run_on_data_of_a_program_needs_them_again(folder: Path, cache: Path) -> None:
    run = sg.train(images(60), tiny.small("naive"), out=folder, images=8, device="cpu", observers=())
    with pytest.raises(SteadyganError, match=r"data that only your program has .*; give them again as against="):
        evaluate(run, None)
    assert evaluate(run, images(60), samples=20).count == 20


def test_a_generator_decides_the_size(run: sg.Run, cache: Path) -> None:
    with pytest.raises(SteadyganError, match="at which they are evaluated; leave --resolution and --channels out"):
        evaluate(run, None, resolution=32)


# --- classes


def test_classes_are_measured_where_the_features_know_those_of_the_data(cache: Path) -> None:
    levels = np.repeat(np.array([30, 120, 210], np.uint8), 100)
    real = np.random.default_rng(0).integers(0, 20, (300, 16, 16, 1), dtype=np.uint8) + levels[:, None, None, None]
    data = (real, np.repeat(np.arange(3), 100))
    extractor = StandIn(3)
    whole, lost = (evaluate(made, data, features=extractor) for made in (real[::2], real[:200:2]))
    assert (whole["modes"].value, lost["modes"].value) == (3, 2)
    assert whole["class_divergence"].value == pytest.approx(0, abs=0.01)
    assert lost["class_divergence"].value == pytest.approx(math.log(1.5), rel=0.1)
    assert lost["reverse_kl"].value == pytest.approx(math.log(1.5), rel=1e-6)
    assert whole["inception_score"].value == pytest.approx(3, rel=0.1)
    names = evaluate(real[::2], data, features=StandIn(5)).names
    assert "inception_score" in names
    assert not {"modes", "class_divergence"} & {*names}
    assert not {"inception_score", "modes"} & {*evaluate(real[::2], data).names}


def test_samples_of_one_class_that_are_alike_are_more_similar(cache: Path) -> None:
    real, labels = images(300), np.arange(300) % 3
    varied = (images(90, seed=1), np.arange(90) % 3)
    alike = (np.repeat(images(3, seed=1), 30, 0), np.repeat(np.arange(3), 30))
    found = [evaluate(made, (real, labels))["class_similarity_1_scale"] for made in (varied, alike)]
    assert found[1].value == pytest.approx(1)
    assert found[0].value < 0.9
    assert found[0].floor == pytest.approx(found[0].value, abs=0.1)


def test_classes_of_real_images_are_found_as_those_of_samples_are(cache: Path) -> None:
    levels = np.repeat(np.array([30, 120, 210], np.uint8), 100)[:, None, None, None]
    real = np.random.default_rng(0).integers(0, 20, (300, 16, 16, 1), dtype=np.uint8) + levels
    right, wrong = np.repeat(np.arange(3), 100), np.arange(300) % 3
    found = [evaluate(real[::3], (real, labels), features=StandIn(3)) for labels in (right, wrong)]
    one, other = (each["class_similarity_1_scale"] for each in found)
    assert one.value == other.value
    assert one.floor == pytest.approx(other.floor, rel=1e-9)
    labelled = evaluate((real[::3], wrong[:100]), (real, wrong), features=StandIn(3))["class_similarity_1_scale"]
    assert labelled.value < 0.8 * one.value
    assert labelled.floor is not None
    assert one.floor is not None
    assert labelled.floor < 0.8 * one.floor


# --- vectors


def test_points_of_a_mixture_are_counted_by_its_modes(cache: Path) -> None:
    from steadygan.data.toys import TOYS, toy_points

    points, _ = toy_points(TOYS["grid25"], 500, 3)
    points[:100] += 1
    found = sg.evaluate(points, "grid25")
    expected = vector_modes(torch.from_numpy(points), torch.from_numpy(TOYS["grid25"].centres), 0.05)
    names = ("modes", "high_quality", "reverse_kl", "spread")
    assert [found[f"mixture_{name}"].value for name in names] == pytest.approx([*expected])
    assert found["mixture_modes"].floor == 25
    assert found["mixture_high_quality"].floor == pytest.approx(0.989, abs=0.005)
    assert {figure.features for figure in found.figures} == {"points"}
    assert "sliced_wasserstein" in found.names
    assert "frechet_distance" not in found.names


def test_other_vectors_have_no_modes_to_count(cache: Path) -> None:
    found = sg.evaluate(tiny.vectors(50).images, tiny.vectors(200).images)
    assert {"precision", "sliced_wasserstein"} <= {*found.names}
    assert not any(name.startswith("mixture") for name in found.names)


# --- copies


def test_copies_of_training_images_are_seen_and_drawn(cache: Path, tmp_path: Path) -> None:
    from steadygan.data import prepare
    from steadygan.evaluation.reference import split

    real = images(1000)
    copied = real[split(prepare(real), None).training[:50]]
    fresh = images(200, seed=9)
    copies = evaluate(np.concatenate([copied, fresh[50:]]), real, out=tmp_path / "out")
    clean = evaluate(fresh, real)
    assert copies["suspicious_share"].value == pytest.approx(0.25 + clean["suspicious_share"].value, abs=0.03)
    assert copies["suspicious_share_of_pixels"].value > 0.25 > 0.05 > clean["suspicious_share_of_pixels"].value
    assert any("25 % of the samples" in note or "may be copies" in note for note in copies.notes)
    assert not any("copies" in note for note in clean.notes)
    for name in ("features", "pixels"):
        with Image.open(tmp_path / "out" / f"nearest-by-{name}.png") as picture:
            # the first pair is a copy: the two images one above the other are one
            pixels = np.asarray(picture)
        top = next(row for row in range(30, 80) if _is_image(pixels[row : row + 64, 4:68], real))
        np.testing.assert_array_equal(pixels[top : top + 64, 4:68], pixels[top + 64 : top + 128, 4:68])


def _is_image(found: "np.ndarray[Any, Any]", real: "np.ndarray[Any, Any]") -> bool:
    return bool((real == found[::4, ::4, :1]).all(axis=(1, 2, 3)).any())


# --- figures


def test_json_holds_everything_and_is_read_again(cache: Path, tmp_path: Path) -> None:
    found = evaluate(images(40, seed=1), images(), out=tmp_path / "out")
    text = (tmp_path / "out" / "evaluation.json").read_text("utf-8")
    assert Evaluation.from_json(text) == found == Evaluation.from_json(found.to_json())
    first = json.loads(text)["figures"][0]
    assert first["protocol"] == "frechet_distance/stand-in-0/40:320"
    assert {"value", "error", "floor", "features", "samples", "reference", "held_out"} <= {*first}


def test_every_figure_says_its_protocol_and_no_two_are_the_same(cache: Path) -> None:
    found = evaluate(images(100, seed=1), (images(), np.arange(400) % 3), features=StandIn(3))
    protocols = [figure.protocol for figure in found.figures]
    assert len(set(protocols)) == len(protocols)
    assert all(figure.floor is not None and figure.held_out > 0 for figure in found.figures)
    expected = [measure.name for measure in (*MEASURES, *METRICS) if "images" in measure.needs.kinds]
    missing = [name for name in expected if not any(each.startswith(name) for each in found.names)]
    assert missing == []
    with pytest.raises(SteadyganError, match="'frechet' was not measured; did you mean 'frechet_distance'"):
        found["frechet"]


def test_what_cannot_be_measured_is_said_and_the_rest_is_measured(cache: Path) -> None:
    found = evaluate(images(30, seed=1), images())
    assert "batch_diversity" not in found.names
    assert any(note.startswith("Not measured: batch_diversity (") for note in found.notes)
    assert "frechet_distance" in found.names


def test_few_samples_are_said_to_be_few(cache: Path) -> None:
    found = evaluate(images(30, seed=1), images(50))
    few, floor = (note for note in found.notes if "Fréchet" in note)
    assert few.startswith("30 samples are few for a Fréchet distance of 16 features")
    assert "frechet_distance_extrapolated" in few
    assert floor.startswith("The floor was measured with 10 held-out images, fewer than the samples")


def brightness(real: torch.Tensor, fake: torch.Tensor) -> float:
    assert fake.dtype == torch.float32
    return float(fake.mean() - real.mean())


BRIGHTNESS = Metric(
    name="brightness",
    hint="Brighter.",
    lower_is_better=True,
    needs=Needs(kinds=frozenset({"images"}), of="features"),
    measure=brightness,
)
FAILING = BRIGHTNESS.model_copy(update={"name": "failing", "measure": lambda real, fake: 1 / 0})


def test_metrics_of_others_are_measured_by_features(cache: Path) -> None:
    found = evaluate(images(40, seed=1), images(), metrics=["tests.evaluation.test_evaluate:BRIGHTNESS"])
    assert found["brightness"].features == "stand-in-0"
    assert abs(found["brightness"].value) < 0.1
    with pytest.raises(SteadyganError, match="The metric 'failing' fails on these samples: division by zero"):
        evaluate(images(40, seed=1), images(), metrics=["tests.evaluation.test_evaluate:FAILING"])


def test_a_run_in_training_refuses_what_it_cannot_measure(folder: Path) -> None:
    with pytest.raises(SteadyganError, match="'precision' takes longer than a run can wait for"):
        sg.train(images(), metrics=["precision"], out=folder)
    with pytest.raises(SteadyganError, match="'brightness' needs more than the images of a run in training"):
        sg.train(images(), metrics=["tests.evaluation.test_evaluate:BRIGHTNESS"], out=folder)


def test_whoever_watches_is_told_of_each_step(run: sg.Run, cache: Path) -> None:
    steps: list[Any] = []

    class Listening(Watcher):
        def begins(self, what: str) -> None:
            steps.append(what)

        def progress(self, done: int, total: int) -> None:
            steps.append((done, total))

    evaluate(run, None, samples=30, watcher=Listening())
    assert "making samples" in steps
    assert (30, 30) in steps


def test_the_random_numbers_of_a_program_stay_as_they_are(cache: Path, run: sg.Run) -> None:
    state = torch.get_rng_state()
    evaluate(run, None, samples=30)
    assert torch.equal(torch.get_rng_state(), state)
    assert not [path for path in cache.iterdir() if path.name.endswith(".building")]
