"""Every heuristic, in one explicit tuple; documentation, sweeps and the command line are derived from it."""

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

CATALOGUE: tuple[type[Heuristic], ...] = (
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
