"""What treats a finding: heuristics whose cards say so, less those that are on and those that clash."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from steadygan.data import IN_MEMORY
from steadygan.doctor.finding import Finding, Treatment
from steadygan.errors import SteadyganError
from steadygan.heuristics.base import Heuristic
from steadygan.heuristics.catalogue import BUILT_IN
from steadygan.recipe import Recipe
from steadygan.vocabulary import Failure, Labels

MOST = 4
"""Treatments that a finding names."""
FIRST: dict[Failure, tuple[str, ...]] = {
    Failure.DISCRIMINATOR_WINS: ("r1", "spectral-norm", "instance-noise", "one-sided-smoothing"),
    Failure.STALLED: ("non-saturating", "relativistic", "batch-norm", "leaky-relu"),
    Failure.EXPLODING_GRADIENTS: ("gradient-clipping", "spectral-norm", "r1"),
    Failure.MODE_COLLAPSE: ("relativistic", "minibatch-stddev", "packing", "mode-seeking"),
    Failure.MODE_DROPPING: ("relativistic", "packing", "minibatch-stddev", "normal-latent"),
    Failure.OSCILLATION: ("ema", "r1", "lr-decay", "extra-adam"),
    Failure.GARBAGE_FOOLING: ("two-time-scales", "top-k"),
    Failure.CHECKERBOARD: ("kernel-divisible-by-stride", "resize-convolutions", "filtered-resampling"),
    Failure.SATURATED_OUTPUT: ("tanh-output",),
    Failure.PREPROCESSING_MISMATCH: ("tanh-output", "instance-noise"),
    Failure.DISCRIMINATOR_OVERFITS: ("adaptive-augment", "diff-augment", "lecam", "consistency"),
    Failure.MEMORISATION: ("diff-augment", "adaptive-augment"),
}
"""Of those whose cards name a failure, the ones to try first; the others follow in the order of the catalogue."""
REPEATED = ("resolution", "channels", "background", "images", "minutes", "seed", "labels", "label_share")
"""Settings by which another run would be a different one."""
CALMER = 4.0
"""Factor by which rates are lowered where steps are too long."""
ADVICE: dict[Failure, tuple[str, ...]] = {
    Failure.NOT_FINITE: ("go back to a checkpoint from before, with a lower learning rate or clipped gradients",),
    Failure.STALLED: (
        "check that each optimiser was given the parameters of its own network, and that none of them is frozen",
    ),
    Failure.PREPROCESSING_MISMATCH: (
        "compare the range, mean and order of channels of real images and of the generator's output: both must be "
        "scaled alike, such as to [-1, 1] for tanh",
    ),
    Failure.SATURATED_OUTPUT: ("check that the data are scaled to the range of the generator's last activation",),
    Failure.MEMORISATION: ("use more data; a few hundred images are learned by heart",),
}
LOWER_RATES = (Failure.NOT_FINITE, Failure.EXPLODING_GRADIENTS, Failure.OSCILLATION, Failure.MODE_COLLAPSE)
"""Failures that too high a rate is a common cause of."""


@dataclass(frozen=True)
class Patient:
    """The training that is treated, as far as it is known.

    Attributes:
        recipe: what was trained; None for a loop of someone's own.
        source: the name of the data.
        recipe_file: the file that holds the recipe, where it is none of the package's own.
        settings: of the run besides its recipe, by name, as far as a command must repeat them.
        labelled: whether the data have labels; None if it is not known.
    """

    recipe: Recipe | None = None
    source: str = ""
    recipe_file: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    labelled: bool | None = None


def to_repeat(*settings: BaseModel) -> dict[str, Any]:
    """What of a run's settings the command for another one like it must say: what differs from the defaults.

    Args:
        settings: of the data and of the training.
    """
    return {
        name: getattr(each, name)
        for each in settings
        for name, known in type(each).model_fields.items()
        if name in REPEATED and getattr(each, name) != known.default
    }


def treated(finding: Finding, patient: Patient) -> Finding:
    """The finding with its treatments."""
    return finding.model_copy(update={"treatments": treatments(finding.kind, patient)})


def treatments(failure: Failure, patient: Patient) -> tuple[Treatment, ...]:
    """What treats a failure in a training, the likeliest first.

    Args:
        failure: what was found.
        patient: the training.
    """
    advice = [Treatment(sentence=sentence) for sentence in ADVICE.get(failure, ())]
    calmer = [_lower_rates(patient)] if failure in LOWER_RATES else []
    heuristics = [made for kind in candidates(failure) if (made := _put_in(kind, patient)) is not None]
    return tuple([*advice, *heuristics[:1], *[each for each in calmer if each is not None], *heuristics[1:]][:MOST])


def candidates(failure: Failure) -> Sequence[type[Heuristic]]:
    """The heuristics whose cards treat a failure, those to try first in front."""
    first = FIRST.get(failure, ())
    kinds = [kind for kind in BUILT_IN if failure in kind.card.treats]
    return sorted(kinds, key=lambda kind: first.index(kind.name) if kind.name in first else len(first))


def _put_in(kind: type[Heuristic], patient: Patient) -> Treatment | None:
    """A heuristic as a treatment; None where it is on already or clashes."""
    recipe = patient.recipe
    if patient.labelled is False and kind.labels is not Labels.NONE:
        return None
    if recipe is None:
        return Treatment(heuristic=kind.name, sentence=kind.card.summary, command=f"steadygan heuristics {kind.name}")
    if any(held.name == kind.name for held in recipe.heuristics):
        return _stronger(kind, patient)
    try:
        changed = recipe.with_(kind.name)
    except SteadyganError:
        return None
    if kind.name in changed.idle_heuristics:
        return None  # the network decides that itself
    return Treatment(heuristic=kind.name, sentence=kind.card.summary, command=_command(patient, add=kind.name))


def _stronger(kind: type[Heuristic], patient: Patient) -> Treatment | None:
    """A penalty that is on already and may not be strong enough."""
    assert patient.recipe is not None
    held = next(each for each in patient.recipe.heuristics if each.name == kind.name)
    gamma = getattr(held, "gamma", None)
    if not isinstance(gamma, float):
        return None
    value = {f"{kind.name}.gamma": f"{10 * gamma:g}"}
    return Treatment(
        heuristic=kind.name, sentence=f"Ten times the {kind.name} there is.", command=_command(patient, values=value)
    )


def _lower_rates(patient: Patient) -> Treatment | None:
    sentence = "A lower learning rate: steps that are too long are the commonest cause."
    if patient.recipe is None:
        return Treatment(sentence=sentence)
    adam = next((each for each in patient.recipe.heuristics if each.name == "adam"), None)
    rate: Any = getattr(adam, "lr", None)
    if rate is None:
        return None
    return Treatment(
        heuristic="adam", sentence=sentence, command=_command(patient, values={"adam.lr": f"{rate / CALMER:g}"})
    )


def _command(patient: Patient, add: str = "", values: dict[str, str] | None = None) -> str:
    recipe, values = patient.recipe, values or {}
    assert recipe is not None
    base = patient.recipe_file or recipe.name
    if patient.source.startswith(IN_MEMORY):
        made = f"sg.recipe({base!r})" + (f".with_({add!r})" if add else "")
        made += (
            f".change(values={{{', '.join(f'{key!r}: {value}' for key, value in values.items())}}})" if values else ""
        )
        said = "".join(f", {name}={value!r}" for name, value in patient.settings.items())
        return f"sg.train(data, {made}{said})"
    words = ["steadygan", "train", shlex.quote(patient.source or "DATA")]
    words += [] if base == "steady" else ["--recipe", shlex.quote(base)]
    words += [word for name, value in patient.settings.items() for word in _option(name, value)]
    words += ["--with", add] if add else []
    words += [word for key, value in values.items() for word in ("--set", f"{key}={value}")]
    return " ".join(words)


def _option(name: str, value: Any) -> list[str]:
    option = f"--{name.replace('_', '-')}"
    return [option] if value is True else [option, shlex.quote(str(value))]
