"""The catalogue of metrics: what is in it, and what others can add."""

import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import ValidationError
from torch.utils._python_dispatch import TorchDispatchMode

import steadygan as sg
from steadygan.errors import SteadyganError
from steadygan.metrics import CHOOSES_BEST, METRICS, VARIETY, Metric, Needs, all_metrics, find_metric
from steadygan.metrics.sliced import image_distance, sliced_wasserstein
from steadygan.metrics.spectrum import checkerboard_ratio
from steadygan.metrics.variety import variety
from steadygan.report.overview import figures
from steadygan.report.read import read_run_record
from tests import tiny

MODULE = """
import torch
from steadygan.metrics import Metric, Needs

def _brightness(real, fake):
    assert real.dtype == torch.uint8 and real.shape[1:] == (8, 8, 1) and fake.shape[1:] == (8, 8, 1)
    torch.rand(100)
    return fake.float().mean() - real.float().mean()

def _fails(real, fake):
    raise ArithmeticError("two\\nlines")

BRIGHTNESS = Metric(name="brightness", hint="Brighter or darker than the data.", lower_is_better=False,
                    needs=Needs(kinds={"images"}, images="uint8"), measure=_brightness)
FAILING = BRIGHTNESS.model_copy(update={"name": "failing", "measure": _fails})
DISTANCE = BRIGHTNESS.model_copy(update={"name": "sliced_wasserstein"})
OF_VECTORS = FAILING.model_copy(update={"needs": Needs(kinds={"vectors"})})
NUMBER = 3
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module beside the data, with metrics of its own."""
    (tmp_path / "metrics_of_mine.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    monkeypatch.delitem(sys.modules, "metrics_of_mine", raising=False)
    return "metrics_of_mine"


def test_the_built_in_metrics_are_their_functions() -> None:
    torch.manual_seed(0)
    real, fake = torch.rand(20, 3, 16, 16) * 2 - 1, torch.rand(20, 3, 16, 16) - 1
    points, others = torch.randn(20, 2), torch.randn(20, 2) + 1
    distance, checkerboard, varied = METRICS
    assert CHOOSES_BEST is distance
    assert VARIETY is varied
    assert varied.measure(real, fake) == variety(real, fake)
    assert distance.measure(real, fake) == image_distance(fake, real)
    assert distance.measure(points, others) == sliced_wasserstein(others, points)
    assert checkerboard.measure(real, fake) == checkerboard_ratio(fake)
    assert checkerboard.needs.kinds == {"images"}


class _Largest(TorchDispatchMode):
    """Remembers the largest tensor that is made, in bytes."""

    bytes = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        if isinstance(made, torch.Tensor):
            self.bytes = max(self.bytes, made.untyped_storage().nbytes())
        return made


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_stored_images_are_measured_as_floats_are_and_never_all_of_them_are_floats(metric: Metric) -> None:
    generator = torch.Generator().manual_seed(0)
    real, fake = (torch.randint(0, 256, (400, 64, 64, 3), dtype=torch.uint8, generator=generator) for _ in range(2))
    floats = [images.permute(0, 3, 1, 2).float() / 127.5 - 1 for images in (real, fake)]
    with _Largest() as largest:
        found = metric.measure(real, fake)
    assert found == metric.measure(*floats)
    assert largest.bytes < floats[0].nbytes / 2


def test_of_large_images_fewer_spectra_are_averaged() -> None:
    images = torch.randn(110, 1, 256, 256)
    (checkerboard,) = (metric for metric in METRICS if metric.name == "checkerboard")
    assert checkerboard.measure(images, images) == checkerboard_ratio(images[:100])


def test_metrics_of_others_come_after_the_built_in_ones(module: str) -> None:
    added = all_metrics([f"{module}:BRIGHTNESS", f"{module}:BRIGHTNESS"])
    assert added[: len(METRICS)] == METRICS
    assert [metric.name for metric in added[len(METRICS) :]] == ["brightness"]
    assert all_metrics(["checkerboard"]) == METRICS


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("checkerbord", "There is no metric 'checkerbord'; did you mean 'checkerboard'"),
        ("metrics_of_mine:NUMBER", "is of type int; it must be a steadygan.metrics.Metric"),
        ("metrics_of_mine:NOTHING", "has no 'NOTHING'"),
        ("metrics_of_mine:DISTANCE", "two metrics with the name 'sliced_wasserstein'"),
    ],
)
def test_what_is_no_metric_is_refused_before_anything_is_prepared(name: str, message: str, module: str) -> None:
    with pytest.raises(SteadyganError, match=message):
        sg.train("no-such-folder", metrics=[name])


def test_the_example_of_the_documentation_is_a_metric() -> None:
    page = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text("utf-8")
    found: dict[str, Any] = {}
    exec(page.split("```python\n")[1].split("```")[0], found)
    black, white = torch.zeros(4, 8, 8, 3, dtype=torch.uint8), torch.full((4, 8, 8, 3), 255, dtype=torch.uint8)
    assert found["BRIGHTNESS"].measure(black, white) == 255.0
    assert [metric.name for metric in METRICS if f"`quality/{metric.name}`" not in page] == []


@pytest.mark.parametrize("name", ["Sliced", "a-b", "", "a__b"])
def test_a_name_is_words_joined_by_underscores(name: str) -> None:
    needs = Needs(kinds=frozenset({"images"}))
    with pytest.raises(ValidationError):
        Metric(name=name, hint="", lower_is_better=True, needs=needs, measure=lambda real, fake: 0.0)


def _rows(folder: Path, **settings: Any) -> list[dict[str, Any]]:
    run = tiny.play(tiny.small("dcgan"), folder, tiny.images(), images=40, **settings)
    return [row for row in run.folder.read_rows(run.folder.metrics) if "quality/sliced_wasserstein" in row]


@pytest.mark.usefixtures("brief")
def test_a_run_measures_it_and_the_report_shows_it(tmp_path: Path, module: str) -> None:
    names = (f"{module}:BRIGHTNESS", f"{module}:OF_VECTORS")
    rows, plain = _rows(tmp_path / "a", metrics=names), _rows(tmp_path / "b")
    keys = [key for key in rows[-1] if key.startswith("quality/")]
    assert keys == [
        "quality/sliced_wasserstein",
        "quality/checkerboard",
        "quality/checkerboard/data",
        "quality/variety",
        "quality/brightness",
    ]
    assert isinstance(rows[-1]["quality/brightness"], float)
    assert len({row["quality/checkerboard/data"] for row in rows}) == 1
    # Its random numbers change nothing of the training.
    assert [row["quality/sliced_wasserstein"] for row in rows] == [row["quality/sliced_wasserstein"] for row in plain]
    shown = {figure.name: figure.remark for figure in figures(read_run_record(tmp_path / "a"))}
    assert "Brightness" in shown
    assert "; the data have " in shown["Checkerboard"]


@pytest.mark.usefixtures("brief")
def test_a_metric_that_fails_is_named(tmp_path: Path, module: str) -> None:
    with pytest.raises(SteadyganError, match=r"^The metric 'failing' fails on these data: two$"):
        _rows(tmp_path / "run", metrics=(f"{module}:FAILING",))


def test_a_metric_is_found_by_its_entry_point(tmp_path: Path, module: str) -> None:
    metadata = tmp_path / "metrics_of_mine-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: metrics-of-mine\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[steadygan.metrics]\nbrightness = {module}:BRIGHTNESS\n")
    assert find_metric("brightness").name == "brightness"
