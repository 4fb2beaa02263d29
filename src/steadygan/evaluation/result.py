"""What an evaluation found: figures, each with its protocol and with the floor that real data set."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, computed_field

from steadygan.errors import SteadyganError, nearest

Number = Annotated[float, BeforeValidator(lambda value: math.nan if value is None else value)]
"""A number, which JSON holds as null where it is not finite."""


class Figure(BaseModel):
    """One measure of generated samples.

    Attributes:
        name: of the measure, such as ``frechet_distance``.
        hint: how to read it, in a sentence.
        value: what was measured.
        error: its standard error; None where the measure has none.
        floor: the same measure of held-out real items in the place of the samples.
        floor_error: the standard error of that.
        lower_is_better: whether a smaller value is a better one.
        like_data: whether the best value is that of real data, so that one beyond it is no better.
        features: what was compared: the name of an extractor, ``pixels``, or ``points``.
        samples: how many generated items were measured.
        reference: how many real items they were compared with; 0 for a measure of the samples alone.
        held_out: how many held-out items set the floor.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="null")

    name: str
    hint: str
    value: Number
    error: Number | None = None
    floor: Number | None = None
    floor_error: Number | None = None
    lower_is_better: bool
    like_data: bool = False
    features: str
    samples: int = Field(ge=0)
    reference: int = Field(ge=0)
    held_out: int = Field(ge=0)

    @computed_field  # type: ignore[prop-decorator]  # as pydantic documents it
    @property
    def protocol(self) -> str:
        """The name with everything on which the value depends; only figures of one protocol compare."""
        of = f"{self.samples}" + (f":{self.reference}" if self.reference else "")
        return f"{self.name}/{self.features}/{of}"


class Evaluation(BaseModel):
    """Figures of one set of samples.

    Attributes:
        samples: what was evaluated, as the user named it.
        against: the data with which they were compared.
        kind: whether these are images or vectors.
        shape: of one item: (H, W, C), or (D,) for vectors.
        count: how many samples there were.
        reference: how many items of the training split they were compared with.
        held_out: how many items of the same data, none of which is in the reference, set the floor.
        split: how the data were split, in a sentence.
        features: the name of the extractor; ``points`` for vectors.
        dimensions: how many numbers it finds in an item.
        seed: of the samples.
        version: of steadygan.
        seconds: how long the evaluation took.
        notes: sentences that a reader of the figures should know.
        figures: what was measured.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="null")

    samples: str
    against: str
    kind: Literal["images", "vectors"]
    shape: tuple[int, ...]
    count: int
    reference: int
    held_out: int
    split: str
    features: str
    dimensions: int
    seed: int
    version: str
    seconds: float
    notes: tuple[str, ...] = ()
    figures: tuple[Figure, ...]

    def __getitem__(self, name: str) -> Figure:
        """The figure of this name.

        Raises:
            SteadyganError: when it was not measured.
        """
        for figure in self.figures:
            if figure.name == name:
                return figure
        raise SteadyganError(f"'{name}' was not measured; {nearest(name, self.names)}")

    @property
    def names(self) -> Sequence[str]:
        """The names of the figures."""
        return [figure.name for figure in self.figures]

    def __str__(self) -> str:
        """The table that the command line prints, 100 columns wide."""
        from steadygan.evaluation.table import as_text

        return as_text(self, 100)

    def to_json(self) -> str:
        """Readable JSON, which :meth:`from_json` reads."""
        return self.model_dump_json(indent=1)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What :meth:`to_json` wrote."""
        return cls.model_validate_json(text)


JSON_FILE = Path("evaluation.json")
"""The name of the file in a folder that an evaluation is written to."""
