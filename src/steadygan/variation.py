"""What a recipe does otherwise for some data: changes that wait until the data are known."""

from collections.abc import Iterable
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from steadygan.heuristics.catalogue import catalogue, heuristic_class
from steadygan.heuristics.composition import kind_replaces
from steadygan.plugins import is_reference


class Variation(BaseModel):
    """Changes of a recipe.

    Attributes:
        remove: names of heuristics that are taken out; ``without`` in a file.
        add: names of heuristics that are put in; ``with`` in a file.
        values: what :meth:`steadygan.recipe.Recipe.set` takes, by key; ``set`` in a file.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True, validate_by_alias=True)

    remove: tuple[str, ...] = Field((), alias="without")
    add: tuple[str, ...] = Field((), alias="with")
    values: dict[str, Any] = Field({}, alias="set")

    def yielding(self, add: Iterable[str], remove: Iterable[str], values: Iterable[str]) -> Self:
        """The same, but what someone has asked for by name stays as they want it."""
        added, removed, valued = {*add}, {*remove}, {*values}

        def gone(name: str) -> bool:
            return name in removed or any(each != name and _replaces(each, name) for each in added)

        return self.model_copy(
            update={
                "remove": tuple(name for name in self.remove if name not in added),
                "add": tuple(name for name in self.add if not gone(name)),
                "values": {
                    key: value
                    for key, value in self.values.items()
                    if key not in valued and not ("." in key and gone(key.partition(".")[0]))
                },
            }
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The heuristics that are named."""
        return (*self.remove, *self.add)


FEWEST_HELD_OUT = 10
"""Held-out images below which a measure on them says nothing, so that few images do not call for it."""


class FewImages(Variation):
    """Changes for data of few images.

    Attributes:
        below: how many images are no longer few; with 0 nothing is ever changed.
        unless: names of heuristics beside which nothing is changed.
    """

    below: int = Field(0, ge=0)
    unless: tuple[str, ...] = ()


def _replaces(one: str, other: str) -> bool:
    if one not in (kind.name for kind in catalogue()) and not is_reference(one):
        return False  # the plain name of a heuristic from outside, which stands beside its reference
    return kind_replaces(heuristic_class(one), heuristic_class(other))
