"""Every heuristic, in one explicit tuple; documentation, sweeps and the command line are derived from it."""

from steadygan.errors import SteadyganError, nearest
from steadygan.heuristics.architecture import (
    AveragePooling,
    BatchNormHeuristic,
    GeneratorDropout,
    KernelDivisibleByStride,
    LargerDiscriminator,
    LeakyReLU,
    NoHiddenDense,
    NormalInit,
    PixelShuffle,
    StridedConvolutions,
    TanhOutput,
    TransposedConvolutions,
)
from steadygan.heuristics.averages import Ema
from steadygan.heuristics.base import Heuristic
from steadygan.heuristics.inputs import DiffAugment, HorizontalFlip, InstanceNoise, MixedBatches
from steadygan.heuristics.latents import NormalLatent, SphereLatent, UniformLatent
from steadygan.heuristics.objectives import Hinge, Minimax, NonSaturating, Relativistic
from steadygan.heuristics.penalties import R1, R2
from steadygan.heuristics.schedules import Alternate
from steadygan.heuristics.targets import NoisyLabels, OneSidedSmoothing, SoftLabels
from steadygan.heuristics.updates import Adam, SgdDiscriminator

CATALOGUE: tuple[type[Heuristic], ...] = (
    NormalLatent,
    UniformLatent,
    SphereLatent,
    StridedConvolutions,
    TransposedConvolutions,
    NoHiddenDense,
    BatchNormHeuristic,
    LeakyReLU,
    TanhOutput,
    NormalInit,
    KernelDivisibleByStride,
    AveragePooling,
    PixelShuffle,
    GeneratorDropout,
    LargerDiscriminator,
    NoisyLabels,
    OneSidedSmoothing,
    SoftLabels,
    HorizontalFlip,
    DiffAugment,
    InstanceNoise,
    MixedBatches,
    Minimax,
    NonSaturating,
    Hinge,
    Relativistic,
    R1,
    R2,
    Adam,
    SgdDiscriminator,
    Alternate,
    Ema,
)
"""In the order in which heuristics of one slot are applied."""


def heuristic_class(name: str) -> type[Heuristic]:
    """The class of a heuristic by the name that the command line uses.

    Raises:
        SteadyganError: when there is none of that name; it suggests the nearest.
    """
    for kind in CATALOGUE:
        if kind.name == name:
            return kind
    raise SteadyganError(f"There is no heuristic '{name}'; {nearest(name, (kind.name for kind in CATALOGUE))}")
