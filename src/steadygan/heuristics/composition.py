"""Which heuristics go together: what takes another's place, and why some cannot stand beside each other."""

from collections.abc import Iterable, Iterator

from steadygan.heuristics.base import Heuristic
from steadygan.heuristics.roles import Objective, TargetHeuristic, Update


def placed(heuristics: tuple[Heuristic, ...], new: Heuristic) -> tuple[Heuristic, ...]:
    """The heuristics with a new one in the place of what it replaces."""
    return (*(old for old in heuristics if old.name != new.name and not replaces(new, old)), new)


def replaces(new: Heuristic, old: Heuristic) -> bool:
    """Whether there is one place for both."""
    if new.modifies or old.modifies:
        return False
    if isinstance(new, Update) and isinstance(old, Update):
        return new.players == old.players
    return new.slot is old.slot and new.slot.holds_one


def refusals(heuristics: Iterable[Heuristic], batch: int | None = None) -> Iterator[str]:
    """Why a set of heuristics does not compose: one sentence for each reason.

    Args:
        heuristics: in any order.
        batch: real images in one move; what depends on it is not asked when None.
    """
    all_ = list(heuristics)
    for place, one in enumerate(all_):
        for other in all_[place + 1 :]:
            yield from _clash(one, other)
        yield from _alone(one, all_, batch)
    yield from _without_targets(all_)


def _alone(one: Heuristic, all_: list[Heuristic], batch: int | None) -> Iterator[str]:
    """What one heuristic says of the others."""
    if one.card.needs and not any(other.name in one.card.needs for other in all_):
        offered = " or ".join(f"--with {each}" for each in one.card.needs)
        yield f"'{one.name}' makes no sense alone; add {offered}"
    objection = one.objection([other for other in all_ if other is not one])
    if objection:
        yield objection
    refused = None if batch is None else one.needs_batch(batch)
    if refused:
        yield refused


def _without_targets(all_: list[Heuristic]) -> Iterator[str]:
    objective = next((each for each in all_ if isinstance(each, Objective)), None)
    target = next((each for each in all_ if isinstance(each, TargetHeuristic) and not each.of_classes), None)
    if objective and target and not objective.has_targets:
        yield (
            f"'{target.name}' changes the discriminator's targets and '{objective.name}' has none; "
            f"add --with non-saturating or --without {target.name}"
        )


def _clash(one: Heuristic, other: Heuristic) -> Iterator[str]:
    both = sorted(one.decisions & other.decisions)
    if one.name == other.name:
        yield f"'{one.name}' is in the recipe twice; keep one"
    elif replaces(one, other):
        yield f"'{one.name}' and '{other.name}' fill the slot {one.slot.value}, which holds one; keep one of them"
    elif both:
        yield f"'{one.name}' and '{other.name}' both decide {both[0]}; add --without for one of them"
    else:
        for first, second in ((one, other), (other, one)):
            if second.name in first.card.clashes:
                yield f"'{first.name}' cannot go with '{second.name}': {first.card.clashes[second.name]}"
