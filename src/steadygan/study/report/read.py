"""The facts of a study's plan, of which any may be missing."""

import shlex
import tomllib
from dataclasses import dataclass
from pathlib import Path, PurePath

from steadygan.amounts import things
from steadygan.errors import SteadyganError
from steadygan.files import LARGEST_RECIPE, read_text
from steadygan.report.facts import shown_path
from steadygan.report.read import Table, number, table, text, texts
from steadygan.report.words import count, duration
from steadygan.study.folder import StudyFolder

POINTS = "points"
"""The features of data that are vectors, which have none."""


@dataclass(frozen=True)
class PlanFacts:
    """What the page says of the plan.

    Attributes:
        data: the name of the data, without the folder in which they lie.
        recipe: the name of the recipe that is edited.
        budget: of each trial, in words.
        seeds: how many there are to be.
        search: whether the study is a search.
        vectors: whether the data are vectors.
        facts: names and values for a list.
        command: that made it, as far as the plan tells.
    """

    data: str
    recipe: str
    budget: str
    seeds: int | None
    search: bool
    vectors: bool
    facts: list[tuple[str, str]]
    command: str

    @property
    def score(self) -> str:
        """The name of the score."""
        return "sliced Wasserstein distance" if self.vectors else "Fréchet distance"


def read_plan(folder: Path) -> PlanFacts:
    """Read the plan of a study; what is missing or damaged is left out."""
    try:
        plan: Table = tomllib.loads(read_text(StudyFolder(folder).plan, LARGEST_RECIPE))
    except (OSError, SteadyganError, ValueError, RecursionError):
        plan = {}
    training, recipe = table(plan.get("training")), table(plan.get("recipe"))
    data = PurePath(text(plan.get("data"))).name
    name = text(recipe.get("name")) or text(plan.get("recipe"))
    seeds = number(plan.get("seeds"))
    budget = _budget(training)
    facts = [
        ("Data", data),
        ("Recipe", name),
        ("Budget of a trial", budget),
        ("Seeds", "" if seeds is None else count(seeds)),
        ("Taken out one by one", ", ".join(texts(plan.get("take_out")))),
        ("Put in one by one", ", ".join(texts(plan.get("try_in")))),
        ("Tried in pairs", ", ".join(texts(plan.get("pairs")))),
        ("Tried in all combinations", ", ".join(texts(plan.get("factorial")))),
        ("Search", _search(plan)),
        ("Samples judged", _counted(plan, "samples")),
        ("Threads of a trial", _counted(plan, "threads")),
        ("Features", text(plan.get("features"))),
        ("Made with", f"steadygan {text(plan.get('version'))}" if text(plan.get("version")) else ""),
    ]
    return PlanFacts(
        data=data,
        recipe=name,
        budget=budget,
        seeds=None if seeds is None else round(seeds),
        search=number(plan.get("search")) is not None,
        vectors=text(plan.get("features")) == POINTS,
        facts=[(title, value) for title, value in facts if value],
        command=_command(plan, data, name, folder) if data else "",
    )


def _budget(training: Table) -> str:
    """What each trial is given."""
    images, minutes = number(training.get("images")), number(training.get("minutes"))
    if images is not None:
        return things(round(images), "image")
    return "" if minutes is None else duration(60 * minutes)


def _search(plan: Table) -> str:
    minutes = number(plan.get("search"))
    return "" if minutes is None else f"{duration(60 * minutes)} in all"


def _counted(plan: Table, key: str) -> str:
    value = number(plan.get(key))
    return "" if value is None else count(value)


def _command(plan: Table, data: str, recipe: str, folder: Path) -> str:
    """The command, with the options on which the results depend."""
    training = table(plan.get("training"))
    options: list[tuple[str, str]] = [("--recipe", recipe)]
    for option, key in (
        ("--take-out", "take_out"),
        ("--try", "try_in"),
        ("--pairs", "pairs"),
        ("--factorial", "factorial"),
    ):
        options.append((option, ",".join(texts(plan.get(key)))))
    for option, value in (
        ("--search", number(plan.get("search"))),
        ("--seeds", number(plan.get("seeds"))),
        ("--seed", number(training.get("seed")) or None),
        ("--images", number(training.get("images"))),
        ("--minutes", number(training.get("minutes"))),
        ("--samples", number(plan.get("samples"))),
        ("--threads", number(plan.get("threads"))),
    ):
        options.append((option, "" if value is None else f"{value:g}" if value % 1 else f"{value:.0f}"))
    words = ["steadygan", "study", data]
    words += [word for option, value in options if value for word in (option, value)]
    return shlex.join([*words, "--out", shown_path(folder)])
