"""Judging by features while a run trains: what it measures, when, and what it leaves alone."""

from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from steadygan.data import prepare
from steadygan.data.toys import TOYS
from steadygan.evaluation.reference import split
from steadygan.metrics.gaussian import Gaussian
from steadygan.report import write_report
from steadygan.report.groups import is_data_value, metric_of
from steadygan.runs.checkpoint import load_checkpoint
from steadygan.runs.folder import RunFolder
from steadygan.runs.run import Run
from steadygan.training import gallery, judge
from steadygan.training.judge import Judge
from steadygan.training.loop import Loop
from tests import tiny

pytestmark = pytest.mark.usefixtures("brief")
IMAGES, EVERY = 240, 48


class Thumbnail(nn.Module):
    """Features that can be computed by hand: the mean of each quarter of an image."""

    def forward(self, images: Tensor) -> Tensor:
        return nn.functional.adaptive_avg_pool2d(images, 2).flatten(1)


JUDGED: dict[str, Any] = {"features": f"{__name__}:Thumbnail", "evaluate_every": EVERY, "evaluate_share": 1}


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(judge, "SAMPLES", 40)
    monkeypatch.setenv("STEADYGAN_CACHE", str(tmp_path / "cache"))


def _judgements(folder: Path) -> dict[int, float]:
    rows = RunFolder(folder).read_rows(folder / "metrics.jsonl")
    found = [
        (row["images"], key, row[key]) for row in rows for key in row if key.startswith("quality/frechet_distance")
    ]
    assert len({key for _, key, _ in found}) == 2  # the distance, and that of the data
    return {images: value for images, key, value in found if not key.endswith("/data")}


def _in_numpy(first: "np.ndarray[Any, Any]", second: "np.ndarray[Any, Any]") -> float:
    one, other = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    # The eigenvalues of a product of covariances are those of its square root, squared.
    roots = np.sqrt(np.clip(np.linalg.eigvals(one @ other).real, 0, None)).sum()
    apart = first.mean(0) - second.mean(0)
    return float(apart @ apart + np.trace(one) + np.trace(other) - 2 * roots)


def test_the_distance_is_that_of_the_features_of_samples_and_data(tmp_path: Path) -> None:
    loop = tiny.play(tiny.small("dcgan"), tmp_path / "run", tiny.images(), images=EVERY, **JUDGED)
    assert isinstance(loop, Loop)
    assert loop.judge is not None
    seen: list[Tensor] = []

    def watched(images: Tensor) -> Any:
        seen.append(images.clone())
        return loop.judge.extractor(images)  # type: ignore[union-attr]

    watching = SimpleNamespace(name="watching", classes=0, __call__=watched)
    again = Judge(_called(watching), loop.judge.reference, loop.judge.reference, None, 1, 0)
    found = again.figures(loop.sampling_generator(), loop.state)[again.key]
    images = torch.cat(seen).permute(0, 3, 1, 2).double() / 127.5 - 1
    fake = nn.functional.adaptive_avg_pool2d(images, 2).flatten(1).numpy()
    assert len(fake) == 40
    reference = loop.judge.reference
    chosen = _reference_features(reference, loop.state.data.images)
    assert found == pytest.approx(_in_numpy(fake, chosen), rel=1e-4)
    assert _judgements(tmp_path / "run")[EVERY] == pytest.approx(found, abs=1e-6)


def _called(watching: Any) -> Any:
    class Extractor:
        name, classes = watching.name, watching.classes

        def __call__(self, images: Tensor) -> Any:
            return watching.__call__(images)

    return Extractor()


def _reference_features(reference: Gaussian, images: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """The features of those images that the reference was made of: all but some that were held out."""
    whole = torch.from_numpy(images.copy()).permute(0, 3, 1, 2).double() / 127.5 - 1
    features = nn.functional.adaptive_avg_pool2d(whole, 2).flatten(1).numpy()
    assert 2 < reference.count < len(images)
    parts = split(tiny.images(), None)
    chosen = features[parts.training]
    np.testing.assert_allclose(reference.mean.numpy(), chosen.mean(0), atol=1e-6)
    return chosen


class Brightness(nn.Module):
    """Quarters as features, and three classes by how bright the middle of an image is, of which it is sure."""

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        middle = images[:, 0, 3:5, 3:5].mean((1, 2))
        return Thumbnail()(images), -1000 * (middle[:, None] - torch.tensor([-0.6, 0.0, 0.6])).square()


def _shares(images: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    middle = (images.astype(float) / 127.5 - 1)[:, 3:5, 3:5, 0].mean((1, 2))
    nearest = np.abs(middle[:, None] - np.array([-0.6, 0.0, 0.6])).argmin(1)
    return np.bincount(nearest, minlength=3) / len(images)


def _divergence(first: "np.ndarray[Any, Any]", second: "np.ndarray[Any, Any]") -> float:
    present = first > 0
    return float((first[present] * np.log(first[present] / second[present])).sum())


def test_classes_of_samples_are_counted_where_features_know_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, made = tiny.images(60), tiny.images(40, seed=5).images // 2
    monkeypatch.setattr(judge, "generate", lambda *_, **__: torch.from_numpy(made))
    given = JUDGED | {"features": f"{__name__}:Brightness"}
    loop = tiny.play(tiny.small("dcgan"), tmp_path / "run", real, images=EVERY, **given)
    assert isinstance(loop, Loop)
    row = next(row for row in tiny.rows(tmp_path / "run") if any("quality/modes" in key for key in row))
    parts = split(real, None)
    shares = _shares(real.images[parts.training])
    for images, end in ((made, ""), (real.images[parts.held_out], "/data")):
        found = _shares(images)
        expected = {
            "modes": (found > 0).sum(),
            "reverse_kl": _divergence(found, np.full(3, 1 / 3)),
            "class_divergence": _divergence(found, shares),
        }
        for name, value in expected.items():
            key = f"quality/{name}_{loop.judge.extractor.name}_40{end}"  # type: ignore[union-attr]
            assert row[key] == pytest.approx(value, abs=1e-6)
            assert metric_of(key).name == name  # type: ignore[union-attr]
            assert is_data_value(key) == bool(end)
    page = write_report(tmp_path / "run").read_text("utf-8")
    assert "Quality: modes" in page
    assert "How many classes samples come from" in page


def test_judgements_come_in_the_wanted_distance_and_at_the_end(tmp_path: Path) -> None:
    tiny.play(tiny.small("dcgan"), tmp_path / "run", tiny.images(), images=IMAGES, **JUDGED)
    seen = [0, *_judgements(tmp_path / "run")]
    assert seen[-1] == IMAGES
    assert all(later // EVERY > earlier // EVERY for earlier, later in pairwise(seen))
    assert len(seen) == 1 + IMAGES // EVERY


def test_the_best_checkpoint_follows_the_judgements(tmp_path: Path) -> None:
    tiny.play(tiny.small("dcgan"), tmp_path / "run", tiny.images(), images=IMAGES, **JUDGED)
    judged = _judgements(tmp_path / "run")
    best = load_checkpoint(tmp_path / "run" / "checkpoints" / "best.pt")
    assert best["images_seen"] == min(judged, key=judged.__getitem__)
    assert best["best"] == pytest.approx(min(judged.values()), abs=1e-6)


def test_samples_are_made_from_the_best_checkpoint_as_from_a_run(tmp_path: Path) -> None:
    tiny.play(tiny.small("wgan-gp"), tmp_path / "run", tiny.images(), images=IMAGES, **JUDGED)
    state = load_checkpoint(tmp_path / "run" / "checkpoints" / "best.pt")
    best = Run(tmp_path / "run" / "best")
    assert best.generator.config.images_seen == state["images_seen"]
    kept = state["averaged"] or state["networks"]["generator"]
    weights = {name: each for name, each in best.generator.network.state_dict().items() if name.endswith("weight")}
    assert weights
    assert all(torch.equal(each, kept[name]) for name, each in weights.items())
    assert best.sample(3).shape == (3, 8, 8, 1)


def test_judging_changes_nothing_of_what_is_trained(tmp_path: Path) -> None:
    chosen, data = tiny.stateful(), tiny.images()
    tiny.play(chosen, tmp_path / "judged", data, images=IMAGES, **JUDGED)
    tiny.play(chosen, tmp_path / "alone", data, images=IMAGES, features="none")
    one, other = tiny.newest(tmp_path / "judged"), tiny.newest(tmp_path / "alone")
    for saved in (one, other):
        for key in ("best", "best_by", "judged_at"):
            del saved[key]
    assert tiny.differences(one, other) == []


def test_a_judged_run_that_stopped_goes_on_as_if_it_had_not(tmp_path: Path) -> None:
    chosen, data = tiny.stateful(), tiny.images()
    tiny.play(chosen, tmp_path / "a", data, images=IMAGES, **JUDGED)
    first = tiny.play(chosen, tmp_path / "b", data, tiny.after(7), images=IMAGES, **JUDGED)
    tiny.play_on(tmp_path / "b", data)
    tiny.assert_same_run(tmp_path / "a", tmp_path / "b", [first.state.images_seen])
    best = [load_checkpoint(tmp_path / name / "checkpoints" / "best.pt")["images_seen"] for name in "ab"]
    assert best[0] == best[1]


@given(
    share=st.floats(0.01, 0.5),
    costs=st.lists(st.floats(0.1, 3.0), min_size=5, max_size=60),
    step=st.floats(0.05, 2.0),
)
def test_judging_keeps_to_its_share_if_it_costs_what_it_cost_before(
    share: float, costs: list[float], step: float
) -> None:
    cost = costs[0]
    one = Judge(SimpleNamespace(name="any"), _gaussian(), _gaussian(), None, share, cost)  # type: ignore[arg-type]
    state: Any = SimpleNamespace(images_seen=0, judged_at=0, judging_seconds=0.0, seconds=0.0)
    for place, _ in enumerate(costs * 10):
        state.images_seen, state.seconds = state.images_seen + 1, state.seconds + step
        if one.is_due(state, at_end=place == 10 * len(costs) - 1):
            state.judged_at, state.judging_seconds = state.images_seen, state.judging_seconds + cost
            state.seconds += cost
        assert state.judging_seconds <= share * state.seconds + 1e-9
    assert state.judging_seconds > 0 or 2 * cost > share * state.seconds


def _gaussian() -> Gaussian:
    return Gaussian.of(torch.randn(8, 2, generator=torch.Generator().manual_seed(0)))


def test_few_images_are_not_judged_unless_someone_asks(tmp_path: Path) -> None:
    loop = tiny.play(tiny.small("dcgan"), tmp_path / "run", tiny.images(), images=EVERY)
    assert isinstance(loop, Loop)
    assert loop.judge is None


def test_points_of_a_known_mixture_are_counted_by_modes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = prepare("ring8", cache=tmp_path)
    points = torch.from_numpy(np.array(data.images[: gallery.MEASURED_SAMPLES]))
    monkeypatch.setattr(gallery, "generate", lambda *_, **__: points)
    tiny.play(tiny.small("dcgan").for_vectors()[0], tmp_path / "run", data, images=EVERY)
    rows = RunFolder(tmp_path / "run").read_rows(tmp_path / "run" / "metrics.jsonl")
    row = next(row for row in rows if f"quality/mixture_modes_{len(points)}" in row)
    distances = np.linalg.norm(points.numpy()[:, None] - TOYS["ring8"].centres, axis=2)
    assert row[f"quality/mixture_modes_{len(points)}"] == len(set(distances.argmin(1)[distances.min(1) <= 0.03]))
    assert row[f"quality/mixture_high_quality_{len(points)}"] == pytest.approx((distances.min(1) <= 0.03).mean())
