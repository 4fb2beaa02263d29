"""What a terminal's page and the handbook both say of a heuristic."""

from collections.abc import Iterable, Iterator, Sequence

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from steadygan.heuristics.base import Heuristic
from steadygan.heuristics.catalogue import BUILT_IN
from steadygan.heuristics.composition import refusals, replaces
from steadygan.recipe import OFF
from steadygan.vocabulary import Labels, Slot

Kinds = Sequence[type[Heuristic]]

_LABELS = {
    Labels.NONE: "",
    Labels.SOME: "the data need labels, for some of the images at least",
    Labels.ALL: "the data need labels, for every image",
}
_LIMITS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}


def in_slot(slot: Slot, kinds: Kinds = BUILT_IN) -> tuple[list[type[Heuristic]], list[type[Heuristic]]]:
    """Heuristics of a slot: those that fill it, and those that stand beside the one that does."""
    held = [kind for kind in kinds if kind.slot is slot]
    return [kind for kind in held if not kind.modifies], [kind for kind in held if kind.modifies]


def value_text(value: object) -> str:
    """A value as TOML and ``--set`` write it."""
    if value is None:
        return OFF
    if isinstance(value, bool):
        return str(value).lower()
    return str(list(value)) if isinstance(value, tuple | frozenset) else str(value)


def default_text(field: FieldInfo) -> str:
    """A parameter's default; empty when it has none."""
    return "" if field.is_required() else value_text(field.get_default(call_default_factory=True))


def limits_text(field: FieldInfo) -> str:
    """What values a parameter may have, such as ``at least 0, below 1``; empty when that is not a matter of numbers."""
    shown = [
        f"{words} {value_text(getattr(limit, name))}"
        for limit in field.metadata
        for name, words in _LIMITS.items()
        if getattr(limit, name, None) is not None
    ]
    return ", ".join(shown)


def labels_text(kind: type[Heuristic]) -> str:
    """What it asks of the data's labels; empty when it asks nothing."""
    return _LABELS[kind.labels]


def default_heuristic(kind: type[Heuristic]) -> Heuristic | None:
    """The heuristic with default parameters; None when one of its parameters has no default."""
    try:
        return kind()
    except ValidationError:
        return None


def decisions_text(kind: type[Heuristic]) -> str:
    """What it alone decides, with default parameters; empty when it leaves all to others."""
    usual = default_heuristic(kind)
    return ", ".join(sorted(usual.decides())) if usual else kind.decision


def clashes(kind: type[Heuristic], kinds: Kinds = BUILT_IN) -> dict[str, str]:
    """Names of what it cannot go with by default parameters, each with the reason, whichever of the two says so.

    That a slot holds one is not among them: choosing another there replaces the first.
    """
    found = ((other.name, reason) for other in kinds if other is not kind for reason in _reasons(kind, other, kinds))
    first: dict[str, str] = {}
    for name, reason in found:
        first.setdefault(name, reason)
    return first


def _reasons(kind: type[Heuristic], other: type[Heuristic], kinds: Kinds) -> Iterator[str]:
    """Why two cannot go together, the best reason first."""
    one, two = default_heuristic(kind), default_heuristic(other)
    if one is None or two is None:
        return
    if shared := one.decides() & two.decides():
        yield f"both decide {', '.join(sorted(shared))}"
    if not replaces(one, two):
        pair = (one, two) if kinds.index(kind) < kinds.index(other) else (two, one)
        alone = {*refusals([one]), *refusals([two])}
        yield from (sentence for sentence in refusals(pair) if sentence not in alone)


def company(kind: type[Heuristic], kinds: Kinds = BUILT_IN) -> list[str]:
    """Names that must be in a recipe for this heuristic to have any effect, what is needed most first."""
    by_name = {each.name: each for each in kinds}
    names: list[str] = []
    waiting = [kind]
    while waiting:
        needs = waiting.pop().needs
        if needs and needs[0] not in names and not set(needs) & {kind.name, *names}:
            names.append(needs[0])
            waiting += [by_name[needs[0]]] if needs[0] in by_name else []
    return names[::-1]


def command(kind: type[Heuristic], kinds: Kinds = BUILT_IN) -> str:
    """The command line that puts a heuristic in, with what it needs, and sets its most telling number."""
    names = [*company(kind, kinds), kind.name]
    return " ".join(["steadygan train DATA", *(f"--with {name}" for name in names), *_setting(kind)])


def _setting(kind: type[Heuristic]) -> Iterable[str]:
    fields = {name: field for name, field in kind.model_fields.items() if not field.is_required()}
    defaults = {name: field.get_default(call_default_factory=True) for name, field in fields.items()}
    for sort in (float, int, bool):  # rates and weights are what one wants to change, counts less so
        for name, value in defaults.items():
            if type(value) is sort:
                return [f"--set {kind.name}.{name}={value_text(value)}"]
    return []
