"""An evaluation by several processes: the same samples and figures as by one, on each of them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import steadygan as sg
from steadygan.distributed import rank
from steadygan.errors import SteadyganError
from steadygan.evaluation import Evaluation
from steadygan.metrics import Metric, Needs
from tests import tiny
from tests.evaluation.stand_in import StandIn
from tests.process_group import run_processes

SAMPLES = 300
"""Not as many for each process, and in more than one piece."""


def evaluated(folder: str, cache: str) -> dict[str, str]:
    """What this process gets: of a run, and of vectors."""
    where = Path(folder)
    extractor = StandIn(3)
    found = {"run": _evaluate(where / "run", None, cache, samples=SAMPLES, features=extractor, out=where / "out")}
    found["seen"] = str(extractor.seen)
    found["vectors"] = _evaluate(tiny.vectors(41, 2).images, tiny.vectors(200, 2).images, cache)
    return found


def evaluated_and_refused(folder: str, cache: str) -> dict[str, str]:
    """The same, and what cannot be evaluated."""
    found = evaluated(folder, cache)
    vectors = tiny.vectors(41, 2).images
    found["fails"] = _evaluate(vectors, vectors, cache, metrics=[f"{__name__}:FAILING"])
    run = Path(folder) / "run"
    found["few"] = _evaluate(run, None, cache, samples=3)
    found["unlike"] = _evaluate(run, None, cache, samples=20, features=StandIn(4 + rank()))
    return found


FAILING = Metric(
    name="failing",
    hint="Fails.",
    lower_is_better=True,
    needs=Needs(kinds=frozenset({"vectors"}), of="features"),
    measure=lambda real, fake: 1 / 0,
)


def _evaluate(evaluated: Any, against: Any, cache: str, **given: Any) -> str:
    try:
        return sg.evaluate(evaluated, against, cache=cache, **given).to_json()
    except SteadyganError as error:
        return str(error)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("processes")
    labels = np.arange(400) % 3
    np.savez(folder / "data.npz", images=tiny.images(400, size=16).images, labels=labels, class_names=list("abc"))
    noisy = tiny.small("dcgan").with_("generator-dropout")  # whose samples depend on the seed of each piece
    with pytest.MonkeyPatch.context() as patch:
        for name, value in tiny.BRIEF.items():
            patch.setattr(name, value)
        sg.train(folder / "data.npz", noisy, out=folder / "run", images=16, device="cpu", observers=(), features="none")
    return folder


def test_figures_are_those_of_one_process(folder: Path, tmp_path: Path) -> None:
    alone = evaluated(str(folder), str(tmp_path / "one"))
    answers = run_processes(2, tmp_path / "meeting", evaluated_and_refused, str(folder), str(tmp_path / "two"))
    first, second = answers
    for name in ("run", "vectors"):
        one, several = (Evaluation.from_json(each[name]) for each in (alone, first))
        assert several.names == one.names
        for expected, figure in zip(one.figures, several.figures, strict=True):
            assert (figure.value, figure.floor) == pytest.approx(
                (expected.value, expected.floor), rel=1e-5, abs=1e-7, nan_ok=True
            )
            assert figure.protocol == expected.protocol
        assert first[name] == second[name]
    assert {"class_divergence", "suspicious_share"} < {*Evaluation.from_json(first["run"]).names}
    assert alone["seen"] == str(400 + SAMPLES)
    assert [int(each["seen"]) for each in answers] == [(400 + SAMPLES) // 2] * 2
    assert (folder / "out" / "evaluation.json").read_text("utf-8") == first["run"] + "\n"
    for answer in answers:
        assert "The metric 'failing' fails on these samples: division by zero" in answer["fails"]
        assert "3 samples cannot be evaluated" in answer["few"]
        assert "The features of the 2 processes are not the same" in answer["unlike"]
