"""Which heuristics can be combined, which replace each other, and why some are refused together."""

from collections.abc import Iterable, Iterator

from steadygan.heuristics.base import Company, Heuristic
from steadygan.heuristics.roles import Update


def put_in(heuristics: tuple[Heuristic, ...], new: Heuristic) -> tuple[Heuristic, ...]:
    """Add a heuristic, and remove those that it replaces."""
    return (*(old for old in heuristics if old.name != new.name and not replaces(new, old)), new)


def replaces(new: Heuristic, old: Heuristic) -> bool:
    """Whether the new heuristic takes the place of the old one."""
    return kind_replaces(type(new), type(old))


def kind_replaces(new: type[Heuristic], old: type[Heuristic]) -> bool:
    """Whether heuristics of one class take the place of those of the other, whatever their parameters are."""
    if new.modifies or old.modifies:
        return False
    if issubclass(new, Update) and issubclass(old, Update):
        return new.players == old.players
    return new.slot is old.slot and new.slot.holds_one


def refusals(heuristics: Iterable[Heuristic], batch: int = 64, processes: int = 1) -> Iterator[str]:
    """Why a set of heuristics does not compose: one sentence for each reason.

    Args:
        heuristics: in any order.
        batch: real images in one move, over all processes.
        processes: how many train together.
    """
    all_ = list(heuristics)
    for index, one in enumerate(all_):
        for other in all_[index + 1 :]:
            yield from _clash(one, other)
        company = Company(tuple(other for other in all_ if other is not one), batch, processes)
        yield from _own_refusals(one, company)


def _own_refusals(one: Heuristic, company: Company) -> Iterator[str]:
    """The objections of one heuristic to the company in which it is."""
    if one.needs and not company.has(*one.needs):
        offered = " or ".join(f"--with {each}" for each in one.needs)
        yield f"'{one.name}' makes no sense alone; add {offered}"
    objection = one.objection(company)
    if objection:
        yield objection


def _clash(one: Heuristic, other: Heuristic) -> Iterator[str]:
    both = sorted(one.decides() & other.decides())
    if one.name == other.name:
        yield f"'{one.name}' is in the recipe twice; keep one"
    elif replaces(one, other):
        yield f"'{one.name}' and '{other.name}' fill the slot {one.slot.value}, which holds one; keep one of them"
    elif both:
        yield f"'{one.name}' and '{other.name}' both decide {both[0]}; add --without for one of them"
