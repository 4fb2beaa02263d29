"""The clinic's list of trainings: healthy ones of many kinds, and the same with a known cause of failure."""

from dataclasses import dataclass, field
from itertools import product
from typing import Any

import faults

import steadygan as sg
from steadygan.heuristics.base import Heuristic
from steadygan.recipe import Recipe
from steadygan.vocabulary import Player

DATA = ("glyphs", "mnist", "cifar10", "grid25", "ring8")
IMAGES = {"glyphs": 45_000, "mnist": 30_000, "cifar10": 30_000, "grid25": 250_000, "ring8": 200_000}
WIDTH = 16
VECTORS = ("grid25", "ring8")


@dataclass(frozen=True)
class Base:
    """A training without a fault: a recipe as it is changed for the clinic."""

    name: str
    recipe: str
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    values: dict[str, Any] = field(default_factory=dict)

    def built(self) -> Recipe:
        """The recipe."""
        return sg.recipe(self.recipe).change(add=self.add, remove=self.remove, values=self.values)


@dataclass(frozen=True)
class Fault:
    """A known cause: heuristics that are put in, changes of the recipe, or fewer data.

    Attributes:
        cause: its name.
        severity: how strong it is, in a word.
        put_in: faults.
        add: heuristics by name.
        remove: heuristics by name.
        values: parameters.
        few: images that the data are cut to.
        names: failures that are a right name for what it does.
        only: recipes of base trainings that it can be put into; any when empty.
    """

    cause: str
    severity: str
    put_in: tuple[Heuristic, ...] = ()
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    values: dict[str, Any] = field(default_factory=dict)
    few: int | None = None
    names: tuple[str, ...] = ()
    only: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """One training of the clinic."""

    data: str
    base: Base
    fault: Fault | None
    seed: int

    @property
    def name(self) -> str:
        """The name of its folder."""
        fault = "healthy" if self.fault is None else f"{self.fault.cause}-{self.fault.severity}"
        return f"{self.data}-{self.base.name}-{fault}-seed{self.seed}"

    @property
    def pair(self) -> tuple[str, str, str, str]:
        """The data, recipe and fault, without the seed."""
        cause, severity = ("healthy", "") if self.fault is None else (self.fault.cause, self.fault.severity)
        return self.data, self.base.name, cause, severity

    @property
    def twin(self) -> tuple[str, str]:
        """What healthy trainings it is compared with."""
        return self.data, self.base.name

    def recipe(self) -> Recipe:
        """The recipe, with the fault."""
        built = self.base.built()
        if self.fault is None:
            return built
        built = built.change(add=self.fault.add, remove=self.fault.remove, values=self.fault.values)
        for each in self.fault.put_in:
            built = built.with_(each)
        return built


_SMALL = {"batch": 64, "width": WIDTH, "adam.lr": 1e-3, "adam.betas": (0.5, 0.99)}
IMAGE_BASES = (
    Base("dcgan", "dcgan", values=_SMALL),
    Base("steady", "steady", values={"batch": 64, "width": WIDTH}),
    Base("wgan-gp", "wgan-gp", values={**_SMALL, "alternate.discriminator_moves": 2}),
    Base("hinge-sn", "dcgan", add=("hinge", "spectral-norm"), values=_SMALL),
    Base("dcgan-hacks", "dcgan-hacks", values=_SMALL),
    Base("lsgan", "lsgan", values=_SMALL),
)
OTHER_BASES = (
    Base("ns-r1", "dcgan", add=("r1", "ema"), values={**_SMALL, "r1.gamma": 0.1}),
    Base("rals", "dcgan", add=("relativistic-average",), values=_SMALL),
    Base("steady-32", "steady", values={"batch": 32, "width": 24}),
    Base("dcgan-128", "dcgan", values={**_SMALL, "batch": 128, "width": 24}),
    Base("steady-stddev", "steady", add=("minibatch-stddev",), values={"batch": 64, "width": WIDTH}),
    Base("dcgan-aug", "dcgan", add=("diff-augment",), values=_SMALL),
    Base("dcgan-normal", "dcgan", add=("normal-latent", "two-time-scales"), values=_SMALL),
    Base("steady-wide", "steady", values={"batch": 64, "width": 32}),
)
GLYPH_BASES = (IMAGE_BASES[1], OTHER_BASES[4], OTHER_BASES[2])
"""Colours and thirty-six letters want more than most small trainings can learn in the clinic's time."""
VECTOR_BASES = (
    Base("steady", "steady", values={"width": 128}),
    Base("ns-r1", "steady", add=("non-saturating",), remove=("r2",), values={"width": 128, "r1.gamma": 0.1}),
    Base("rals", "steady", add=("relativistic-average",), values={"width": 128}),
    Base("hinge-r1", "steady", add=("hinge",), values={"width": 128}),
)

_WINS = ("discriminator-wins", "stalled", "mode-collapse", "exploding-gradients", "garbage-fooling")
_COLLAPSE = ("mode-collapse", "mode-dropping", "oscillation")
_STUCK = ("stalled", "mode-collapse", "mode-dropping", "discriminator-wins")
_TARGETS = ("dcgan", "dcgan-hacks", "lsgan", "dcgan-128", "ns-r1")
IMAGE_FAULTS = (
    Fault("generator-rate", "x10", (faults.Rates(generator=10),), names=(*_COLLAPSE, *_WINS)),
    Fault("generator-rate", "x50", (faults.Rates(generator=50),), names=(*_COLLAPSE, *_WINS, "saturated-output")),
    Fault("discriminator-rate", "x10", (faults.Rates(discriminator=10),), names=(*_WINS, *_COLLAPSE)),
    Fault("discriminator-rate", "x50", (faults.Rates(discriminator=50),), names=(*_WINS, *_COLLAPSE)),
    Fault("strong-discriminator", "x8", values={"alternate.discriminator_moves": 8}, names=_WINS),
    Fault("weak-discriminator", "30th", (faults.Rates(discriminator=1 / 30),), names=(*_COLLAPSE, "garbage-fooling")),
    Fault(
        "weak-discriminator",
        "300th",
        (faults.Rates(discriminator=1 / 300),),
        names=(*_COLLAPSE, "garbage-fooling", "stalled"),
    ),
    Fault(
        "saturating",
        "plain",
        add=("minimax",),
        remove=("batch-norm",),
        names=(*_WINS, *_COLLAPSE),
        only=("dcgan", "lsgan"),
    ),
    Fault("tiny-data", "50", few=50, names=("discriminator-overfits", "memorisation", *_COLLAPSE)),
    Fault("tiny-data", "300", few=300, names=("discriminator-overfits", "memorisation", *_COLLAPSE)),
    Fault(
        "other-reals",
        "x2",
        (faults.OtherReals(scale=2.0),),
        names=("preprocessing-mismatch", "saturated-output", "discriminator-wins"),
    ),
    Fault("other-reals", "half", (faults.OtherReals(scale=0.5, shift=0.5),), names=("preprocessing-mismatch",)),
    Fault(
        "other-reals",
        "255",
        (faults.OtherReals(scale=127.5, shift=127.5),),
        names=("preprocessing-mismatch", "saturated-output", "discriminator-wins", "exploding-gradients", "stalled"),
    ),
    Fault("repeated-latents", "1", (faults.RepeatedLatents(different=1),), names=_COLLAPSE),
    Fault("repeated-latents", "4", (faults.RepeatedLatents(different=4),), names=_COLLAPSE),
    Fault(
        "kernel",
        "5",
        remove=("kernel-divisible-by-stride",),
        names=("checkerboard",),
        only=("dcgan", "dcgan-hacks", "lsgan", "wgan-gp", "hinge-sn"),
    ),
    Fault("frozen", "generator", (faults.Rates(generator=0),), names=("stalled", "discriminator-wins")),
    Fault(
        "frozen",
        "discriminator",
        (faults.Rates(discriminator=0),),
        names=("stalled", "garbage-fooling", "mode-collapse", "mode-dropping"),
    ),
    Fault("frozen", "late", (faults.Rates(generator=0, after=4_000),), names=("stalled", "discriminator-wins")),
    Fault(
        "clipping",
        "1e-4",
        add=("wasserstein", "weight-clipping"),
        values={"weight-clipping.bound": 1e-4},
        names=(*_STUCK, "garbage-fooling"),
        only=("dcgan",),
    ),
    Fault(
        "clipping",
        "2e-3",
        add=("wasserstein", "weight-clipping"),
        values={"weight-clipping.bound": 2e-3},
        names=(*_STUCK, "garbage-fooling"),
        only=("dcgan",),
    ),
    Fault("nan", "discriminator", (faults.NotFinite(),), names=("not-finite",)),
    Fault("nan", "generator", (faults.NotFinite(after=11_000, player=Player.GENERATOR),), names=("not-finite",)),
    Fault(
        "swapped-labels",
        "all",
        (faults.SwappedLabels(share=1.0),),
        names=(*_STUCK, "garbage-fooling"),
        only=_TARGETS,
    ),
    Fault(
        "swapped-labels",
        "half",
        (faults.SwappedLabels(share=0.5),),
        names=(*_STUCK, "garbage-fooling"),
        only=_TARGETS,
    ),
    Fault(
        "dead",
        "all",
        (faults.DeadRectifiers(),),
        remove=("leaky-relu",),
        names=_STUCK,
    ),
    Fault(
        "dead",
        "some",
        (faults.DeadRectifiers(bias=-2.5),),
        remove=("leaky-relu",),
        names=_STUCK,
    ),
    Fault("batch", "2", values={"batch": 2}, names=(*_COLLAPSE, *_WINS)),
    Fault("batch", "4", values={"batch": 4}, names=(*_COLLAPSE, *_WINS)),
    Fault("momentum", "0.9", values={"adam.betas": (0.9, 0.999)}, names=(*_COLLAPSE, *_WINS)),
    Fault("momentum", "0.95-fast", values={"adam.betas": (0.95, 0.999), "adam.lr": 1e-3}, names=(*_COLLAPSE, *_WINS)),
    Fault("jolt", "generator", (faults.Jolt(at=10_000),), names=(*_COLLAPSE, *_WINS)),
    Fault(
        "jolt",
        "discriminator",
        (faults.Jolt(at=10_000, size=10, player=Player.DISCRIMINATOR),),
        names=(*_COLLAPSE, *_WINS),
    ),
)
VECTOR_FAULTS = (
    Fault("generator-rate", "x10", (faults.Rates(generator=10),), names=(*_COLLAPSE, *_WINS)),
    Fault("discriminator-rate", "x20", (faults.Rates(discriminator=20),), names=(*_WINS, *_COLLAPSE)),
    Fault(
        "weak-discriminator",
        "100th",
        (faults.Rates(discriminator=1 / 100),),
        names=(*_COLLAPSE, "garbage-fooling", "stalled"),
    ),
    Fault("no-penalty", "plain", add=("non-saturating",), remove=("r1", "r2"), names=(*_COLLAPSE, *_WINS)),
    Fault("saturating", "plain", add=("minimax",), remove=("r1", "r2"), names=(*_COLLAPSE, *_WINS)),
    Fault("other-reals", "far", (faults.OtherReals(scale=1.0, shift=3.0),), names=("preprocessing-mismatch",)),
    Fault("repeated-latents", "1", (faults.RepeatedLatents(different=1),), names=_COLLAPSE),
    Fault("repeated-latents", "5", (faults.RepeatedLatents(different=5),), names=_COLLAPSE),
    Fault("frozen", "generator", (faults.Rates(generator=0),), names=("stalled", "discriminator-wins")),
    Fault(
        "frozen",
        "discriminator",
        (faults.Rates(discriminator=0),),
        names=("stalled", "garbage-fooling", "mode-collapse", "mode-dropping"),
    ),
    Fault("nan", "discriminator", (faults.NotFinite(after=80_000),), names=("not-finite",)),
    Fault("momentum", "0.95-fast", values={"adam.betas": (0.95, 0.999), "adam.lr": 1e-2}, names=(*_COLLAPSE, *_WINS)),
    Fault("batch", "4", values={"batch": 4}, names=(*_COLLAPSE, *_WINS)),
    Fault(
        "swapped-labels",
        "all",
        (faults.SwappedLabels(share=1.0),),
        names=(*_STUCK, "garbage-fooling"),
        only=("ns-r1",),
    ),
)


def cases() -> list[Case]:
    """All of the clinic's trainings: two rounds on which rules may be tuned, and a third that is held out."""
    return first_round() + second_round() + third_round()


def first_round() -> list[Case]:
    """Mixed so that any first part of them holds something of everything."""
    healthy = [
        Case(data, base, None, seed) for data in ("mnist", "cifar10") for base, seed in product(IMAGE_BASES, (0, 1))
    ]
    healthy += [Case(data, base, None, 2) for data in ("mnist", "cifar10") for base in OTHER_BASES]
    healthy += [Case("glyphs", base, None, seed) for base, seed in product(GLYPH_BASES, (0, 1, 2))]
    healthy += [Case(data, base, None, seed) for data in VECTORS for base, seed in product(VECTOR_BASES, (0, 1, 2))]
    return _mixed(healthy, _faulty(shift=0, seed=10))


def second_round() -> list[Case]:
    """Other seeds and recipes with the same faults, and healthy ones again."""
    healthy = [Case(data, base, None, 7) for data in ("mnist", "cifar10") for base in (*IMAGE_BASES, *OTHER_BASES)]
    healthy += [Case(data, base, None, 7) for data in VECTORS for base in VECTOR_BASES]
    return _mixed(healthy, _faulty(shift=1, seed=20))


def third_round() -> list[Case]:
    """Seeds and pairs of recipe and fault that were not there when rules were made, all of them held out."""
    healthy = [Case(data, base, None, 31) for data in ("mnist", "cifar10") for base in (*IMAGE_BASES, *OTHER_BASES)]
    healthy += [Case("glyphs", base, None, seed) for base, seed in product(GLYPH_BASES, (31, 32))]
    healthy += [Case(data, base, None, 31) for data in VECTORS for base in VECTOR_BASES]
    known = {case.pair for case in first_round() + second_round()}
    drawn = {case.pair: case for case in _faulty(shift=2, seed=30) + _faulty(shift=3, seed=40)}
    return _mixed(healthy, [case for pair, case in drawn.items() if pair not in known])


def _faulty(shift: int, seed: int) -> list[Case]:
    """Each fault on each kind of data, put into one recipe after the other."""
    failing = []
    for place, fault in enumerate(IMAGE_FAULTS):
        for turn, data in enumerate(("glyphs", "mnist", "cifar10")):
            known = GLYPH_BASES if data == "glyphs" else IMAGE_BASES
            bases = [base for base in known if not fault.only or base.name in fault.only]
            if bases and (data != "glyphs" or place % 2 == 0):
                failing.append(Case(data, bases[(place + 2 * turn + shift) % len(bases)], fault, seed + turn))
    for place, fault in enumerate(VECTOR_FAULTS):
        for turn, data in enumerate(VECTORS):
            bases = [base for base in VECTOR_BASES if not fault.only or base.name in fault.only]
            failing.append(Case(data, bases[(place + turn + shift) % len(bases)], fault, seed + turn))
    return failing


def _mixed(first: list[Case], second: list[Case]) -> list[Case]:
    """Both lists as one, each in an order that takes its parts from everywhere."""

    def spread(items: list[Case]) -> list[Case]:
        step = next(step for step in range(len(items) * 5 // 13 + 1, 10_000) if _coprime(step, len(items)))
        return [items[index * step % len(items)] for index in range(len(items))]

    merged = [(place / len(part), case) for part in (spread(first), spread(second)) for place, case in enumerate(part)]
    return [case for _, case in sorted(merged, key=lambda pair: pair[0])]


def _coprime(first: int, second: int) -> bool:
    while second:
        first, second = second, first % second
    return first == 1
