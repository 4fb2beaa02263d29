"""Every heuristic by name: those of the package in one explicit tuple, and those from outside."""

import inspect

from steadygan.errors import SteadyganError, nearest
from steadygan.heuristics.architecture import (
    AuxiliaryClassifier,
    AveragePooling,
    BatchNormHeuristic,
    ConditionalBatchNorm,
    EqualisedLR,
    FilteredResampling,
    GeneratorDropout,
    GeneratorNoise,
    IcnrInit,
    InstanceNormHeuristic,
    KernelDivisibleByStride,
    LabelEmbedding,
    LargerDiscriminator,
    LeakyReLU,
    MinibatchDiscrimination,
    MinibatchStddev,
    NoHiddenDense,
    NormalInit,
    Packing,
    PixelShuffle,
    Projection,
    ReferenceBatchNormHeuristic,
    ResizeConvolutions,
    SelfAttention,
    SemiSupervised,
    SpectralNormHeuristic,
    StridedConvolutions,
    TanhOutput,
    TransposedConvolutions,
    VirtualBatchNormHeuristic,
)
from steadygan.heuristics.averages import Ema
from steadygan.heuristics.base import Heuristic
from steadygan.heuristics.inputs import (
    AdaptiveAugment,
    DiffAugment,
    ExperienceReplay,
    HorizontalFlip,
    InstanceNoise,
    MixedBatches,
)
from steadygan.heuristics.latents import NormalLatent, SphereLatent, UniformLatent
from steadygan.heuristics.objectives import (
    FeatureMatching,
    Hinge,
    LeastSquares,
    Minimax,
    NonSaturating,
    Relativistic,
    RelativisticAverage,
    TopK,
    VaeHybrid,
    Wasserstein,
)
from steadygan.heuristics.penalties import (
    R1,
    R2,
    Consistency,
    Dragan,
    GradientPenalty,
    HistoricalAveraging,
    Lecam,
    ModeSeeking,
    Orthogonal,
)
from steadygan.heuristics.schedules import Alternate, Balance, PastCheckpoints, Unrolled
from steadygan.heuristics.targets import NoisyLabels, OneSidedSmoothing, SoftClasses, SoftLabels
from steadygan.heuristics.updates import (
    Adam,
    ExtraAdamHeuristic,
    GradientClipping,
    Lookahead,
    LrDecay,
    SgdDiscriminator,
    TwoTimeScales,
    WeightClipping,
)
from steadygan.plugins import HEURISTICS, entry_point_names, resolve
from steadygan.vocabulary import Slot

BUILT_IN: tuple[type[Heuristic], ...] = (
    NormalLatent,
    UniformLatent,
    SphereLatent,
    StridedConvolutions,
    AveragePooling,
    TransposedConvolutions,
    ResizeConvolutions,
    PixelShuffle,
    FilteredResampling,
    KernelDivisibleByStride,
    NoHiddenDense,
    BatchNormHeuristic,
    InstanceNormHeuristic,
    VirtualBatchNormHeuristic,
    ReferenceBatchNormHeuristic,
    ConditionalBatchNorm,
    LeakyReLU,
    TanhOutput,
    NormalInit,
    IcnrInit,
    EqualisedLR,
    SpectralNormHeuristic,
    GeneratorDropout,
    GeneratorNoise,
    LargerDiscriminator,
    SelfAttention,
    MinibatchDiscrimination,
    MinibatchStddev,
    Packing,
    LabelEmbedding,
    Projection,
    AuxiliaryClassifier,
    SemiSupervised,
    NoisyLabels,
    OneSidedSmoothing,
    SoftLabels,
    SoftClasses,
    ExperienceReplay,
    HorizontalFlip,
    DiffAugment,
    AdaptiveAugment,
    InstanceNoise,
    MixedBatches,
    Minimax,
    NonSaturating,
    LeastSquares,
    Hinge,
    Wasserstein,
    Relativistic,
    RelativisticAverage,
    FeatureMatching,
    TopK,
    VaeHybrid,
    R1,
    R2,
    GradientPenalty,
    Dragan,
    Lecam,
    Consistency,
    ModeSeeking,
    Orthogonal,
    HistoricalAveraging,
    Adam,
    ExtraAdamHeuristic,
    SgdDiscriminator,
    TwoTimeScales,
    LrDecay,
    GradientClipping,
    WeightClipping,
    Lookahead,
    Alternate,
    Balance,
    PastCheckpoints,
    Unrolled,
    Ema,
)
"""What comes with the package, in the order in which documentation lists it."""


def catalogue() -> tuple[type[Heuristic], ...]:
    """Every heuristic that can be named: those of the package, then those that installed packages declare."""
    declared = (_declared(name) for name in entry_point_names(HEURISTICS))
    return (*BUILT_IN, *(kind for kind in declared if kind is not None and kind not in BUILT_IN))


def heuristic_class(name: str) -> type[Heuristic]:
    """The class of a heuristic.

    Args:
        name: as the command line and recipes write it: the name of one that comes with the package or that an
            installed package declares, or ``package.module:Class``.

    Raises:
        SteadyganError: when there is none of that name, with the nearest one; or when it is no heuristic.
    """
    found = next((kind for kind in BUILT_IN if kind.name == name), None) or _declared(name)
    if found is None:
        known = nearest(name, (kind.name for kind in catalogue()))
        raise SteadyganError(f"There is no heuristic '{name}'; {known} (your own: package.module:Class)")
    return found


def reference(kind: type[Heuristic]) -> str:
    """What :func:`heuristic_class` finds a class by: its name where that is enough, else ``package.module:Class``."""
    if kind in BUILT_IN or (kind.name in entry_point_names(HEURISTICS) and _declared(kind.name) is kind):
        return kind.name
    return f"{kind.__module__}:{kind.__qualname__}"


def sort_key(heuristic: Heuristic) -> tuple[int, int, str]:
    """The order in which heuristics act: by slot, then in the order that they declare, then by name."""
    return list(Slot).index(heuristic.slot), heuristic.order, heuristic.name


def _declared(name: str) -> type[Heuristic] | None:
    """A heuristic of another package or of a user's own module."""
    found = resolve(name, HEURISTICS)
    if found is None:
        return None
    if not (isinstance(found, type) and issubclass(found, Heuristic)):
        raise SteadyganError(f"'{name}' is not a heuristic; name a subclass of steadygan.heuristics.base.Heuristic")
    missing = [what for what in ("name", "slot", "card") if not hasattr(found, what)]
    if missing:
        raise SteadyganError(f"The heuristic '{name}' has no {missing[0]}; set it as a class variable")
    if inspect.isabstract(found):
        lacking = ", ".join(sorted(found.__abstractmethods__))
        raise SteadyganError(f"The heuristic '{name}' does not say what it does; define {lacking}")
    return found
