"""What a metric is: its name, how to read it, what it needs, and the function that computes it."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from steadygan.metrics.estimate import Estimate

Form = Literal[
    "images",
    "labelled images",
    "features",
    "statistics",
    "probabilities",
    "classes",
    "distances",
    "pixel distances",
]
"""What a metric may be given of a set of items; see :attr:`Needs.of`."""


class LabelledImages(NamedTuple):
    """Images with their classes.

    Attributes:
        images: uint8 [N, H, W, C].
        labels: int64 [N].
    """

    images: Tensor
    labels: Tensor


class Needs(BaseModel):
    """What a metric is given.

    Attributes:
        kinds: kinds of data that it can measure.
        images: ``float`` for float32 [N, C, H, W] in [-1, 1], ``uint8`` for uint8 [N, H, W, C]. Vectors are float32
            [N, F] in the data's own unit.
        of: what it is given of generated and of real items: ``images`` as above; ``labelled images``,
            :class:`LabelledImages`; ``features``, float32 [N, D]; ``statistics``, their
            :class:`steadygan.metrics.gaussian.Gaussian`; ``probabilities``, float64 [N, K], of any classes that the
            features know; ``classes``, the same of the data's own classes; ``distances``, float64 [N], from the nearest
            training item by features; or ``pixel distances``, the same by pixels of 16 x 16.
        reference: what it is given before these: the same of real items, at most as many (``matched``) or ``all``
            of the training split; the ``statistics`` of all features of the training split; the same of ``held out``
            items; the ``mixture`` that the data are drawn from, a :class:`steadygan.data.toys.Toy`; or nothing
            (``none``).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kinds: frozenset[Literal["images", "vectors"]]
    images: Literal["float", "uint8"] = "float"
    of: Form = "images"
    reference: Literal["matched", "all", "statistics", "held out", "mixture", "none"] = "matched"


class Metric(BaseModel):
    """A measure of generated data.

    Attributes:
        name: in words joined by underscores; a run's rows call it ``quality/<name>``.
        hint: how to read it, in a sentence.
        lower_is_better: whether a smaller value is a better one.
        like_data: whether the best value is that of real data, so that one beyond it is no better.
        needs: which data it can measure, and in which form.
        measure: from real and generated data, N of each, to a number, an :class:`Estimate`, or several of either in a
            named tuple or a mapping; it must leave its arguments as they are. Metrics that share a function, and what
            they need, are computed at once.
        part: the name of the one number among several that this metric is; of a mapping, all are figures when None.
        data_value: whether the data have a value of their own, ``measure(real, real)``, with which the value is to be
            compared.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9]+(_[a-z0-9]+)*$")
    hint: str
    lower_is_better: bool
    like_data: bool = False
    needs: Needs
    measure: Callable[..., Any]
    part: str | None = None
    data_value: bool = False

    @property
    def key(self) -> str:
        """Its name in a run's rows."""
        return f"quality/{self.name}"

    @property
    def data_key(self) -> str:
        """The name of the data's own value in a run's rows."""
        return f"{self.key}/data"

    def figures(self, found: Any) -> dict[str, Estimate]:
        """What this metric makes of what its function returned.

        Args:
            found: a number, an estimate, or several of either.

        Returns:
            Values with their errors by name: that of the metric, or several that begin with it.
        """
        if self.part is not None:
            found = getattr(found, self.part)
        if isinstance(found, Mapping):
            return {f"{self.name}_{key}": _estimate(value) for key, value in found.items()}
        return {self.name: _estimate(found)}

    def names_in(self, found: Iterable[str]) -> list[str]:
        """Which of the names of figures are of this metric."""
        several = f"{self.name}_"
        return [name for name in found if name == self.name or (self.part is None and name.startswith(several))]


def _estimate(value: Any) -> Estimate:
    """A number with its error; NaN stands for a number that cannot be given."""
    if isinstance(value, Estimate):
        return value
    return Estimate(math.nan if value is None else float(value), 0.0)
