"""What the doctor of a run finds goes to its file, to its observers and into its conclusion, interrupted or not."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from steadygan.doctor import checkup
from steadygan.doctor.examiner import Examiner
from steadygan.doctor.finding import Evidence, Severity
from steadygan.doctor.history import History, Setting
from steadygan.doctor.rule import Rule
from steadygan.training.observe import Audience
from steadygan.vocabulary import Failure
from tests import tiny
from tests.training.test_loop import Watching

pytestmark = pytest.mark.usefixtures("brief")
IMAGES = 800
BEGINS, ENDS = 200, 500


def between(history: History) -> tuple[Evidence, ...]:
    """Seen from ``BEGINS`` to ``ENDS``."""
    seen = BEGINS <= history.images < ENDS
    return (Evidence(figure="generator/loss", value=1.0, sentence="it is the time for it"),) if seen else ()


def late(history: History) -> tuple[Evidence, ...]:
    """Seen from ``ENDS`` to the end."""
    return (Evidence(figure="generator/loss", value=2.0, sentence="late"),) if history.images >= ENDS else ()


RULES = (
    Rule(Failure.OSCILLATION, Severity.WARNING, ("generator/loss",), between, persists=2, after=0.0),
    Rule(Failure.MODE_COLLAPSE, Severity.CRITICAL, ("generator/loss",), late, persists=1, after=0.0),
)


class Unbroken(NamedTuple):
    """A run that nobody interrupted, and who watched it."""

    folder: Path
    watching: Watching


def _ruled(patch: pytest.MonkeyPatch) -> None:
    def examiner(setting: Setting) -> Examiner:
        return Examiner(setting, RULES)

    patch.setattr(checkup, "Examiner", examiner)


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules of which it is known when they find something."""
    _ruled(monkeypatch)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Unbroken:
    """What several tests look at; the networks are the cheapest, for only the time of a row decides what is found."""
    folder, watching = tmp_path_factory.mktemp("unbroken") / "run", Watching()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in tiny.BRIEF.items():
            patch.setattr(name, value)
        _ruled(patch)
        tiny.play(tiny.small("naive"), folder, tiny.images(), images=IMAGES, observers=[watching])
    return Unbroken(folder, watching)


def found(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "findings.jsonl").read_text("utf-8").splitlines()]


def test_a_finding_has_a_row_when_it_is_seen_and_another_when_it_has_ended(unbroken: Unbroken) -> None:
    rows = found(unbroken.folder)
    # a row of losses comes every twenty steps of four images, so at 80, 160, 240, ...
    told = [(row["images"], row["finding"], row["since"], row["seen_at"], row["ended_at"]) for row in rows]
    assert told == [
        (320, "oscillation", 240, 320, None),
        (560, "mode-collapse", 560, 560, None),
        (640, "oscillation", 240, 320, 640),
    ]
    assert [finding.as_row() for finding in unbroken.watching.diagnoses] == rows
    assert rows[0]["message"] == "oscillation (warning) since 240: it is the time for it"
    assert rows[2]["message"] == "oscillation is gone since 640 images"
    assert rows[0]["treatments"][0]["command"].startswith("steadygan train tiny --recipe ")


@pytest.mark.usefixtures("rules")
@pytest.mark.parametrize("stops", [(70,), (90, 130, 150)])
def test_an_interrupted_run_finds_what_the_unbroken_one_does(
    stops: tuple[int, ...], folder: Path, unbroken: Unbroken
) -> None:
    tiny.play(tiny.small("naive"), folder, tiny.images(), tiny.after(stops[0]), images=IMAGES)
    for earlier, stop in pairwise(stops):
        tiny.play_on(folder, tiny.images(), tiny.after(stop - earlier))
    tiny.play_on(folder, tiny.images())
    whole, broken = ((each / "findings.jsonl").read_text("utf-8") for each in (unbroken.folder, folder))
    assert whole.replace(str(unbroken.folder), str(folder)) == broken


def test_the_conclusion_is_what_lasts(unbroken: Unbroken) -> None:
    concluded = json.loads((unbroken.folder / "conclusion.json").read_text("utf-8"))
    assert concluded["kind"] == "mode-collapse"
    assert concluded["message"] == "The doctor found mode-collapse (critical), which has lasted since 560 images: late"
    assert concluded["command"] == found(unbroken.folder)[1]["treatments"][0]["command"]
    assert unbroken.watching.conclusions == [(concluded["message"], concluded["command"])]


def test_an_observer_that_takes_sentences_is_told_once() -> None:
    told: list[str] = []

    class Plain:
        def finding(self, message: str) -> None:
            told.append(message)

    finding = Examiner(Setting(), RULES[1:]).read([{"images": 600, "generator/loss": 1.0}]).findings[0]
    watching = Watching()
    audience = Audience([Plain(), watching])
    audience.diagnosis(finding)
    audience.diagnosis(finding.model_copy(update={"ended_at": 700}))
    assert told == ["mode-collapse (critical) since 600: late"]
    assert len(watching.diagnoses) == 2
    assert watching.findings == []


def test_what_has_ended_is_told_by_the_row_that_ends_it() -> None:
    examiner = Examiner(Setting(), RULES)
    ends = []
    for images in range(0, IMAGES, 100):
        examiner.add({"images": images, "generator/loss": 1.0})
        ends += [(images, finding.kind) for finding in examiner.ended]
    assert ends == [(600, Failure.OSCILLATION)]
    examiner.add({"images": 900, "generator/loss": 1.0})
    assert examiner.ended == []
