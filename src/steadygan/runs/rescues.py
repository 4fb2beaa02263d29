"""The rescues of a run: what was found, to which state it went back, and what was changed; a row for each decision.

A run goes through lines: the first is as it began, and each rescue begins another one, from an earlier state and with
another recipe. ``rescues.jsonl`` says which line is in force, so a row in it is what makes a rescue happen: a process
that is killed before it was written goes on with the old line, and one that is killed after it begins the new one.
"""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from steadygan.errors import SteadyganError
from steadygan.recipe import Recipe
from steadygan.runs.folder import RunFolder, write_atomically
from steadygan.runs.rows import RowFile
from steadygan.variation import Variation


class Change(BaseModel):
    """A treatment that needs no other networks.

    Attributes:
        name: of the treatment, such as ``balanced-rates``.
        reason: why it may help, in a sentence.
        variation: what it changes in the recipe.
        stays: whether it is kept when the failure comes back in spite of it, because it only puts right a number that
            is far from what is usual.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    reason: str
    variation: Variation
    stays: bool = False

    def applied(self, recipe: Recipe) -> Recipe:
        """The recipe with this change.

        Raises:
            SteadyganError: when the result does not compose.
        """
        return recipe.change(self.variation.add, self.variation.remove, self.variation.values)

    @property
    def options(self) -> str:
        """The change as options of the command line."""
        words = [f"--without {name}" for name in self.variation.remove]
        words += [f"--with {name}" for name in self.variation.add]
        return " ".join([*words, *(f"--set {key}={_plain(value)}" for key, value in self.variation.values.items())])


class Carried(BaseModel):
    """What a new line keeps of the one that was given up, beside the state that it goes back to.

    Attributes:
        seconds: time spent in the loop.
        judging_seconds: time spent on judging.
        best: the smallest distance to the data; the generator that had it is kept.
        best_by: the name of that distance.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seconds: float
    judging_seconds: float
    best: float | None
    best_by: str


class Rescue(BaseModel):
    """A decision about a critical finding.

    Attributes:
        images: real images seen when it was made.
        finding: the name of the failure.
        since: images seen when that had begun.
        evidence: the finding in a line.
        gave_up: whether nothing is tried any more; the run goes on as it is, and no further finding changes that.
        line: number of the line that is given up or goes on, from 0.
        back_to: images seen at the state from which the new line begins.
        spent: images that all lines given up so far have seen beyond the states that were gone back to.
        in_force: all changes of the recipe in the new line; the last one is the treatment that is tried.
        carried: what the new line keeps.
        message: the decision in a sentence.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    images: int
    finding: str
    since: int
    evidence: str
    gave_up: bool = False
    line: int
    back_to: int = 0
    spent: int = 0
    in_force: tuple[Change, ...] = ()
    carried: Carried | None = None
    message: str

    @property
    def treatment(self) -> Change | None:
        """What is tried now."""
        return self.in_force[-1] if self.in_force and not self.gave_up else None

    def recipe(self, first: Recipe) -> Recipe:
        """The recipe in force from here on, from the one with which the run began."""
        for change in self.in_force:
            first = change.applied(first)
        return first


def read_rescues(folder: RunFolder) -> list[Rescue]:
    """All decisions of a run, oldest first.

    Raises:
        SteadyganError: when the file is damaged.
    """
    try:
        return [Rescue.model_validate(row) for row in folder.read_rows(folder.rescues)]
    except ValidationError:
        raise SteadyganError(f"'{folder.rescues}' is damaged or not of this version; start a new run") from None


def write_rescue(folder: RunFolder, rescue: Rescue) -> None:
    """Write a decision, from which moment on it holds, and wait until it is on the disk."""
    file = RowFile(folder.rescues)
    try:
        file.append(rescue.model_dump(mode="json"))
        file.flush_to_disk()
    finally:
        file.close()


def lines_begun(rescues: Sequence[Rescue]) -> list[Rescue]:
    """Those decisions that began a new line; how many there are is the number of the line in force."""
    return [each for each in rescues if not each.gave_up]


def write_recipe_in_force(folder: RunFolder, first: Recipe, recipe: Recipe) -> None:
    """Write the recipe of the line in force, and keep the one with which the run began beside it."""
    if not folder.first_recipe.is_file():
        write_atomically(folder.first_recipe, first.to_toml())
    write_atomically(folder.recipe, recipe.to_toml())


def keep_line(folder: RunFolder, number: int, lengths: dict[str, int], images: int) -> None:
    """Copy what a line that is given up has written beyond the state that is gone back to.

    Args:
        folder: of the run.
        number: of the line.
        lengths: of the files of metrics and findings at that state, in bytes.
        images: seen at that state; later grids are copied.
    """
    kept = folder.abandoned(number)
    for name in ("metrics", "findings"):
        source = getattr(folder, name)
        content = source.read_bytes()[lengths[name] :] if source.is_file() else b""
        write_atomically(getattr(kept, name), content)
    write_atomically(kept.recipe, folder.recipe.read_bytes())
    for seen, grid in folder.sample_grids():
        if seen > images:
            write_atomically(kept.sample_grid(seen), grid.read_bytes())


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value).replace("(", "[").replace(")", "]")
