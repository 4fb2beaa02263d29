"""What can be said of a run from its own figures, in one sentence with a command to try.

It is no diagnosis: it says whether training was long enough, whether its best generator is not its last one, whether
all samples are alike, and whether the discriminator is far ahead.
"""

import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from steadygan.amounts import things
from steadygan.data import IN_MEMORY
from steadygan.metrics import VARIETY
from steadygan.recipe import Recipe
from steadygan.recipes import recipe
from steadygan.runs.folder import RunFolder
from steadygan.training.state import TrainingState

IMAGES_WANTED, AT_PIXELS = 60_000, 32
"""Images that training sees before pictures of this side are recognisable; a longer side wants more in proportion.

A rule of thumb from the package's own recipes at 28 to 64 pixels; see docs/questions.md.
"""
TOO_EARLY = 0.25
"""Share of the images wanted below which nothing else is said: every generator begins with samples that are alike."""
ALIKE = 0.25
"""Variety, 1 in the data, below which samples are alike."""
FAR_AHEAD = 0.05
"""Share of the loss of a discriminator that cannot tell images apart below which it is far ahead."""
WORSE = 1.5
"""Factor over the best judged distance, or over the floor where that is larger, from which on the newest is worse."""
LATE = 0.9
"""Share of the run after which losses are those of its end."""
STRONGER = 10.0
"""Factor for a penalty that does not hold the discriminator back."""

DEFAULT_RECIPE = "steady"
JUDGED = "quality/frechet_distance_"
"""How the names of the distances begin by which a run is judged."""

Kind = Literal["not-finite", "past-best", "too-early", "alike", "far-ahead", "nothing-seen"]


class Conclusion(BaseModel):
    """What can be said of a run.

    Attributes:
        kind: what was seen.
        message: a sentence.
        command: to try next, for a shell, or in Python for data that only a program has.
    """

    model_config = ConfigDict(frozen=True)

    kind: Kind
    message: str
    command: str


@dataclass(frozen=True)
class Judged:
    """Distances that a run was judged by, all of the newest kind.

    Attributes:
        newest: the distance of the newest samples that were judged.
        best: the least.
        best_at: images seen then.
        floor: the distance of held-out images.
    """

    newest: float
    best: float
    best_at: int
    floor: float

    @property
    def is_past_best(self) -> bool:
        """Whether the newest samples are clearly worse than the best ones, and than real images."""
        return self.newest > WORSE * max(self.best, self.floor)


@dataclass(frozen=True)
class Evidence:
    """What a conclusion is drawn from.

    Attributes:
        folder: the run folder.
        source: the name of the data.
        recipe: what was trained.
        pixels: side of an image; None for vectors.
        images_seen: by training.
        variety: of the newest measured samples; None if it was not measured.
        loss: the discriminator's at the end; None if it is not known.
        finite: whether the newest losses were finite.
        ended: whether the budget is used; a run that was stopped goes on to its own end.
        judged: by features; None if it was not judged, or keeps no best generator.
    """

    folder: str
    source: str
    recipe: Recipe
    pixels: int | None
    images_seen: int
    variety: float | None
    loss: float | None
    finite: bool = True
    ended: bool = True
    judged: Judged | None = None


def images_wanted(pixels: int) -> int:
    """Images that training sees, as a rule of thumb, before pictures of this side are recognisable."""
    wanted = IMAGES_WANTED * max(1.0, pixels / AT_PIXELS)
    return math.ceil(wanted / 10_000) * 10_000


def estimate(pixels: int, images_seen: int, seconds: float, fraction: float) -> str:
    """Say how many images a budget will show to training, and whether they are likely to be enough.

    Args:
        pixels: side of an image.
        images_seen: so far, at least 1.
        seconds: that they took.
        fraction: share of the budget that is used, above 0.
    """
    in_all, wanted = images_seen / fraction, images_wanted(pixels)
    said = (
        f"At this speed training sees about {_rounded(in_all):,} images; pictures of {pixels} pixels are usually "
        f"recognisable after about {wanted:,}"
    )
    if in_all >= wanted:
        return said
    minutes = math.ceil(wanted / images_seen * seconds / 60)
    return f"{said}, which takes about {minutes:,} minutes (--minutes {minutes})"


def _rounded(number: float) -> int:
    """To two digits."""
    return int(float(f"{number:.1e}"))


def evidence(state: TrainingState, folder: RunFolder, ended: bool) -> Evidence:
    """Collect what is known of a run from its state and its rows.

    Args:
        state: of the run.
        folder: its folder.
        ended: whether its budget is used.
    """
    rows = folder.read_rows(folder.metrics)
    losses = [row for row in rows if "discriminator/loss" in row]
    late = [row["discriminator/loss"] for row in losses if row["images"] >= LATE * state.images_seen]
    known = [loss for loss in late if loss is not None]
    return Evidence(
        folder=str(folder.path),
        source=state.data.source,
        recipe=state.recipe,
        pixels=state.data.shape[0] if state.data.kind == "images" else None,
        images_seen=state.images_seen,
        variety=next((row[VARIETY.key] for row in reversed(rows) if VARIETY.key in row), None),
        loss=sum(known) / len(known) if known else None,
        finite=not late or late[-1] is not None,
        ended=ended,
        judged=_judged(rows) if folder.best.generator.is_file() else None,
    )


def _judged(rows: Sequence[Mapping[str, Any]]) -> Judged | None:
    keys = [key for row in rows for key in row if key.startswith(JUDGED) and not key.endswith("/data")]
    if not keys:
        return None
    key = keys[-1]  # other features, which a run that goes on may take, have another name
    found = [(row[key], row["images"], row[f"{key}/data"]) for row in rows if row.get(key) is not None]
    if not found:
        return None
    best, best_at, floor = min(found)
    return Judged(found[-1][0], best, best_at, floor)


def conclude(seen: Evidence) -> Conclusion:
    """Draw the conclusion; of several the one that comes first in time."""
    wanted = 0 if seen.pixels is None else images_wanted(seen.pixels)
    if not seen.finite:
        message = "The newest losses are not finite: training has broken down"
        return Conclusion(kind="not-finite", message=message, command=_calmer(seen))
    if seen.images_seen >= TOO_EARLY * wanted:
        if seen.judged is not None and seen.judged.is_past_best:
            return _past_best(seen, seen.judged)
        if seen.variety is not None and seen.variety < ALIKE:
            return Conclusion(
                kind="alike",
                message=(
                    f"Samples are nearly all alike (they differ {seen.variety:.0%} as much as the data): the generator "
                    "has collapsed"
                ),
                command=_try(seen, add="minibatch-stddev"),
            )
        if _is_far_ahead(seen):
            return Conclusion(
                kind="far-ahead",
                message=f"The discriminator is far ahead (its loss is {seen.loss:.3f}), so it teaches little",
                command=_held_back(seen),
            )
    if seen.images_seen < wanted:
        return Conclusion(
            kind="too-early",
            message=(
                f"It is early: {things(seen.images_seen, 'image')} of the {wanted:,} or so that pictures "
                f"of {seen.pixels} pixels want"
            ),
            command=_train_on(seen, wanted),
        )
    return Conclusion(
        kind="nothing-seen",
        message="Nothing wrong was seen in the figures; whether samples are good, your eyes say best",
        command=f"steadygan sample {shlex.quote(seen.folder)} -n 64 --out grid.png",
    )


def _past_best(seen: Evidence, judged: Judged) -> Conclusion:
    best = str(RunFolder(seen.folder).best.path)
    return Conclusion(
        kind="past-best",
        message=(
            f"The run is past its best: its newest samples lie at a Fréchet distance of {judged.newest:.3g}, and those "
            f"of {things(judged.best_at, 'image')} seen at {judged.best:.3g}; that generator lies in '{best}'"
        ),
        command=f"steadygan sample {shlex.quote(best)} -n 64 --out grid.png",
    )


def _is_far_ahead(seen: Evidence) -> bool:
    even = seen.recipe.objective.even_loss
    return seen.loss is not None and even is not None and seen.loss < FAR_AHEAD * even


def _train_on(seen: Evidence, images: int) -> str:
    """A command that goes on with the run; with a larger budget, where it has used its own."""
    if seen.source.startswith(IN_MEMORY):
        return f"sg.resume({seen.folder!r}, data=data{f', images={images}' if seen.ended else ''})"
    return f"steadygan train --resume {shlex.quote(seen.folder)}{f' --images {images}' if seen.ended else ''}"


def _try(seen: Evidence, add: str = "", values: Mapping[str, float] | None = None) -> str:
    """A command that trains ``steady`` on the same data; with changes, where it is what was trained already."""
    values = values or {}
    if seen.recipe.name != DEFAULT_RECIPE:
        base, add, values = DEFAULT_RECIPE, "", {}
    else:  # what the user changed stays changed
        base = DEFAULT_RECIPE if _is_unchanged(seen.recipe) else str(RunFolder(seen.folder).recipe)
    if seen.source.startswith(IN_MEMORY):
        return _in_python(base, add, values)
    words = ["steadygan", "train", shlex.quote(seen.source)]
    words += [] if base == DEFAULT_RECIPE else ["--recipe", shlex.quote(base)]
    words += ["--with", add] if add else []
    words += [word for key, value in values.items() for word in ("--set", f"{key}={value:g}")]
    return " ".join(words)


def _is_unchanged(trained: Recipe) -> bool:
    """Whether it trains what ``steady`` does; what waited for the data in it is settled by now and does not count."""
    steady = recipe(DEFAULT_RECIPE)
    return (trained.heuristics, trained.settings, trained.network) == (
        steady.heuristics,
        steady.settings,
        steady.network,
    )


def _in_python(base: str, add: str, values: Mapping[str, float]) -> str:
    chosen = f"sg.recipe({base!r})"
    if add:
        chosen += f".with_({add!r})"
    if values:
        chosen += f".change(values={dict(values)!r})"
    return f"sg.train(data, {chosen})"


def _parameters(seen: Evidence, parameter: str, *names: str) -> dict[str, float]:
    """The value of a parameter in those of the heuristics that the recipe has, by ``heuristic.parameter``."""
    held = {heuristic.name: heuristic for heuristic in seen.recipe.heuristics}
    return {f"{name}.{parameter}": getattr(held[name], parameter) for name in names if name in held}


def _calmer(seen: Evidence) -> str:
    return _try(seen, values={key: rate / STRONGER for key, rate in _parameters(seen, "lr", "adam").items()})


def _held_back(seen: Evidence) -> str:
    gammas = {key: gamma * STRONGER for key, gamma in _parameters(seen, "gamma", "r1", "r2").items()}
    return _try(seen, add="" if gammas else "r1", values=gammas)
