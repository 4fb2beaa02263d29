"""What a run with ``rescue`` does about a critical finding: to which state it goes back, and with which change."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from steadygan.amounts import things
from steadygan.doctor.finding import Finding
from steadygan.doctor.history import History
from steadygan.doctor.rescue import next_treatment, seen_in, without_what_did_not_help
from steadygan.errors import SteadyganError
from steadygan.networks import Networks
from steadygan.recipe import Recipe
from steadygan.runs.budget import Budget
from steadygan.runs.checkpoint import load_checkpoint
from steadygan.runs.folder import RunFolder
from steadygan.runs.rescues import Carried, Rescue, lines_begun, read_rescues, write_rescue
from steadygan.runs.snapshots import save_snapshot, snapshots_before
from steadygan.settings import TrainingSettings
from steadygan.training.state import TrainingState, new_training_state
from steadygan.vocabulary import Player

SNAPSHOTS = 12
"""Snapshots in the time in which pictures usually become recognisable."""
LEAST_LEFT = 0.25
"""Share of a budget of time that must be left for another try."""
EARLY = 0.25
"""Share of that time before which nobody can say of a state that it is healthy: a rescue then begins anew."""


class Rescuer:
    """Takes snapshots of a run, and decides about critical findings.

    What it does depends on images seen and on figures in rows, never on the time, so that a run that is resumed is
    rescued as the run that never stopped.

    Args:
        folder: of the run.
        first: the recipe with which the run began.
        training: the settings of the run.
        wanted: images that training usually sees before pictures are recognisable.
    """

    def __init__(self, folder: RunFolder, first: Recipe, training: TrainingSettings, wanted: int) -> None:
        self.folder, self.first = folder, first
        self.budget, self.tries = Budget.of(training), training.rescue_tries
        self.wanted = wanted
        self.every = max(1, wanted // SNAPSHOTS)
        self.rescues = read_rescues(folder)
        self._place: int | None = None

    @property
    def line(self) -> int:
        """The number of the line in force."""
        return len(lines_begun(self.rescues))

    @property
    def has_given_up(self) -> bool:
        """Whether no finding leads to a rescue any more."""
        return bool(self.rescues) and self.rescues[-1].gave_up

    def begin(self, state: dict[str, Any]) -> None:
        """Take the first snapshot, if there is none; others are due from here on.

        Args:
            state: of the run, as a checkpoint keeps it.
        """
        images_seen: int = state["images_seen"]
        self._place = images_seen // self.every
        if images_seen == 0 and not self.folder.snapshots():
            self.take(state)

    def write(self, decision: Rescue) -> None:
        """Write a decision, from which moment on it holds."""
        write_rescue(self.folder, decision)
        self.rescues.append(decision)

    def is_due(self, images_seen: int) -> bool:
        """Whether to take a snapshot, which depends on nothing but images seen."""
        return not self.has_given_up and images_seen // self.every != self._place

    def take(self, state: dict[str, Any]) -> None:
        """Take a snapshot."""
        self._place = state["images_seen"] // self.every
        save_snapshot(self.folder, state, self.every)

    def decide(self, finding: Finding, state: TrainingState, history: History) -> Rescue:
        """What to do about a critical finding.

        Args:
            finding: what was found.
            state: the training state at that moment.
            history: of this line.

        Returns:
            The decision, which is not written yet.
        """
        begun = lines_begun(self.rescues)
        decision = Rescue(
            images=state.images_seen,
            finding=finding.kind.value,
            since=finding.since,
            evidence=finding.message,
            line=self.line,
            in_force=begun[-1].in_force if begun else (),
            spent=begun[-1].spent if begun else 0,
            message="",
        )
        if len(begun) >= self.tries:
            return _giving_up(decision, f"{things(self.tries, 'rescue')} did not help")
        recurred = bool(begun) and begun[-1].finding == finding.kind.value
        kept = without_what_did_not_help(decision.in_force, recurred)
        base = decision.model_copy(update={"in_force": kept}).recipe(self.first)
        tried = [each.treatment.name for each in begun if each.finding == finding.kind.value and each.treatment]
        change = next_treatment(finding.kind, base, tried, seen_in(history, state.data.kind, self.budget.images))
        if change is None:
            return _giving_up(decision, f"nothing that needs no other networks is left to try against {finding.kind}")
        back_to = self._healthy(finding.since / 2 ** len(begun))
        if self.budget.minutes is not None and 1 - state.seconds / (60 * self.budget.minutes) < LEAST_LEFT:
            return _giving_up(decision, "too little time is left")
        spent = decision.spent + state.images_seen - back_to
        if self.budget.images is not None and spent > self.budget.images:
            return _giving_up(decision, "the images seen in vain would be more than the budget")
        return decision.model_copy(
            update={
                "back_to": back_to,
                "spent": spent,
                "in_force": (*kept, change),
                "carried": _carried(state),
                "message": (
                    f"Rescue {self.line + 1} of at most {self.tries}: {finding.kind} since {finding.since:,}; "
                    f"{_going_back(back_to)} with {change.options}, because {change.reason}"
                ),
            }
        )

    def _healthy(self, before: float) -> int:
        """Images seen at the newest state that is likely to be healthy, from before a time; 0 to begin anew."""
        if before < EARLY * self.wanted:
            return 0
        found = snapshots_before(self.folder, math.ceil(before))
        return next((images for images, path in found if _is_whole(path)), 0)


def load_snapshot(folder: RunFolder, images: int) -> dict[str, Any]:
    """The state to which a rescue goes back.

    Raises:
        SteadyganError: when it is missing or damaged.
    """
    path = folder.snapshot(images)
    if not path.is_file():
        raise SteadyganError(f"'{path}', from which a rescue was to go on, is missing; start a new run")
    return load_checkpoint(path)


def restarted(
    state: TrainingState, recipe: Recipe, saved: Mapping[str, Any], carried: Carried, seed: int
) -> TrainingState:
    """A state from which a run goes on with another recipe for the same networks.

    What exists in both recipes goes on as it was: weights, moments of optimisers, the average, memories. What is new
    begins.

    Args:
        state: of the run, whose networks are used.
        recipe: to go on with.
        saved: the state to go back to.
        carried: what stays as it is now.
        seed: of the run.
    """
    state.load_networks(saved)  # so that what begins does so with these weights
    state.load_random(saved)
    players, view = state.networks, state.loader.view
    networks = Networks(players[Player.GENERATOR], players[Player.DISCRIMINATOR], state.companions)
    data, scaling, device = state.data, state.scaling, state.device
    new = new_training_state(
        recipe, data, networks, scaling, device, state.precision, seed, view, state.labelled_players
    )
    new.notes = state.notes
    new.load_what_fits(saved)
    new.seconds, new.judging_seconds = carried.seconds, carried.judging_seconds
    new.best, new.best_by = math.inf if carried.best is None else carried.best, carried.best_by
    return new


def _carried(state: TrainingState) -> Carried:
    best = state.best if math.isfinite(state.best) else None
    return Carried(seconds=state.seconds, judging_seconds=state.judging_seconds, best=best, best_by=state.best_by)


def _giving_up(decision: Rescue, why: str) -> Rescue:
    return decision.model_copy(
        update={"gave_up": True, "message": f"No rescue from {decision.finding}: {why}; going on as it is"}
    )


def _going_back(images: int) -> str:
    return f"back to {images:,} images" if images else "beginning anew"


def _is_whole(path: Path) -> bool:
    """Whether a snapshot can be read and all its weights are finite."""
    try:
        saved = load_checkpoint(path)
    except SteadyganError:
        return False
    weights = (each for network in saved["networks"].values() for each in network.values())
    return all(bool(torch.isfinite(each).all()) for each in weights)
