"""The terms that every module shares: slots, players, sides, labels and failures."""

from enum import StrEnum
from typing import Literal

Processor = Literal["amx", "vector"]
"""Kinds of processors: ``amx`` has tiles for products of matrices in bf16 (Intel AMX); ``vector`` is any other."""
ProcessorChoice = Processor | Literal["auto"]
"""``auto`` is the kind on which the process runs."""


class Slot(StrEnum):
    """A place in the training step that a heuristic fills; see :attr:`question` for what it decides."""

    LATENT = "latent"
    ARCHITECTURE = "architecture"
    TARGET = "target"
    INPUT = "input"
    OBJECTIVE = "objective"
    PENALTY = "penalty"
    UPDATE = "update"
    SCHEDULE = "schedule"
    AVERAGE = "average"

    @property
    def question(self) -> str:
        """What the slot decides, as a question."""
        return _QUESTIONS[self]

    @property
    def holds_one(self) -> bool:
        """Whether choosing a heuristic of this slot replaces the one before; modifiers stand beside it."""
        return self in (Slot.LATENT, Slot.OBJECTIVE, Slot.UPDATE, Slot.SCHEDULE)


_QUESTIONS = {
    Slot.LATENT: "where do we sample z?",
    Slot.ARCHITECTURE: "how are the generator and the discriminator built?",
    Slot.TARGET: "what should the discriminator answer?",
    Slot.INPUT: "what does the discriminator get to see?",
    Slot.OBJECTIVE: "what do the players minimise?",
    Slot.PENALTY: "what is added to a loss?",
    Slot.UPDATE: "how do weights move?",
    Slot.SCHEDULE: "who moves when?",
    Slot.AVERAGE: "which weights do we keep?",
}


class Player(StrEnum):
    """One of the two players of the game."""

    GENERATOR = "generator"
    DISCRIMINATOR = "discriminator"

    @property
    def other(self) -> "Player":
        """The opponent."""
        return Player.DISCRIMINATOR if self is Player.GENERATOR else Player.GENERATOR


class Side(StrEnum):
    """Where an image comes from: the data or the generator."""

    REAL = "real"
    FAKE = "fake"


class Labels(StrEnum):
    """What a heuristic asks of the data's labels."""

    NONE = "none"
    SOME = "some"
    """Some images must have one."""
    ALL = "all"
    """Every image must have one."""


class Failure(StrEnum):
    """The names of what goes wrong in training; cards say which of them a heuristic treats."""

    NOT_FINITE = "not-finite"
    DISCRIMINATOR_WINS = "discriminator-wins"
    STALLED = "stalled"
    EXPLODING_GRADIENTS = "exploding-gradients"
    MODE_COLLAPSE = "mode-collapse"
    MODE_DROPPING = "mode-dropping"
    OSCILLATION = "oscillation"
    GARBAGE_FOOLING = "garbage-fooling"
    CHECKERBOARD = "checkerboard"
    SATURATED_OUTPUT = "saturated-output"
    PREPROCESSING_MISMATCH = "preprocessing-mismatch"
    DISCRIMINATOR_OVERFITS = "discriminator-overfits"
    MEMORISATION = "memorisation"
