"""Which of the heuristics of this slot cannot stand beside which, and with what batch."""

import pytest

from steadygan.heuristics.architecture import (
    AuxiliaryClassifier,
    BatchNormHeuristic,
    ConditionalBatchNorm,
    EqualisedLR,
    InstanceNormHeuristic,
    LabelEmbedding,
    MinibatchDiscrimination,
    NormalInit,
    Packing,
    Projection,
    ReferenceBatchNormHeuristic,
    SemiSupervised,
    SpectralNormHeuristic,
    VirtualBatchNormHeuristic,
)
from steadygan.heuristics.base import Company, Heuristic
from steadygan.heuristics.composition import refusals
from steadygan.vocabulary import Labels

ONLY_GENERATOR = LabelEmbedding(in_discriminator=False)
ONLY_DISCRIMINATOR = LabelEmbedding(in_generator=False)
BATCH = 66  # divisible into packs of two and of three
ACCEPTED: list[list[Heuristic]] = [
    [BatchNormHeuristic(in_generator=False), VirtualBatchNormHeuristic()],
    [ConditionalBatchNorm(), InstanceNormHeuristic()],
    [ConditionalBatchNorm(), Projection()],
    [LabelEmbedding(), Projection()],
    [ONLY_DISCRIMINATOR, ConditionalBatchNorm()],
    [ONLY_GENERATOR, AuxiliaryClassifier()],
    [ConditionalBatchNorm(), AuxiliaryClassifier(), Packing()],
    [ConditionalBatchNorm(), SemiSupervised()],
    [SemiSupervised(), MinibatchDiscrimination()],
    [Packing(), ReferenceBatchNormHeuristic()],
    [Packing(images=3), VirtualBatchNormHeuristic()],
    [Packing(images=3), ReferenceBatchNormHeuristic(reference=63)],
    [SpectralNormHeuristic(), NormalInit()],
]
REFUSED: list[tuple[list[Heuristic], str]] = [
    ([BatchNormHeuristic(), VirtualBatchNormHeuristic()], "both decide how the generator is normalised"),
    ([BatchNormHeuristic(in_generator=False), InstanceNormHeuristic()], "how the discriminator is normalised"),
    ([ReferenceBatchNormHeuristic(), VirtualBatchNormHeuristic()], "both decide how the generator is normalised"),
    ([NormalInit(), EqualisedLR()], "both decide how weights begin"),
    ([SpectralNormHeuristic(), EqualisedLR()], "cancels the constant"),
    ([AuxiliaryClassifier(), SemiSupervised(), ONLY_GENERATOR], "both decide how the discriminator names classes"),
    ([Packing(images=3), ReferenceBatchNormHeuristic()], "--set reference-batch-norm.reference=63"),
    ([ONLY_DISCRIMINATOR], "label-embedding.in_generator=true"),
    ([Projection()], "add --with conditional-batch-norm or --with label-embedding"),
    ([Projection(), ONLY_DISCRIMINATOR], "'projection' needs a generator that is given the class"),
    ([AuxiliaryClassifier()], "add --with conditional-batch-norm or --with label-embedding"),
    ([AuxiliaryClassifier(), LabelEmbedding()], "--set label-embedding.in_discriminator=false"),
    ([AuxiliaryClassifier(), ConditionalBatchNorm(), Projection()], "the class that 'projection' gives it"),
    ([SemiSupervised(), LabelEmbedding()], "the class that 'label-embedding' gives it"),
    ([SemiSupervised(), ConditionalBatchNorm(), Projection()], "'semi-supervised' asks the discriminator"),
    ([SemiSupervised(), Packing()], "'packing' judges several images"),
]


def names(heuristics: list[Heuristic]) -> str:
    return "+".join(heuristic.name for heuristic in heuristics)


@pytest.mark.parametrize("heuristics", ACCEPTED, ids=names)
@pytest.mark.parametrize("backwards", [True, False])
def test_these_compose(heuristics: list[Heuristic], backwards: bool) -> None:
    assert list(refusals(heuristics[::-1] if backwards else heuristics, BATCH)) == []


@pytest.mark.parametrize(
    ("heuristics", "reason"), REFUSED, ids=lambda value: "" if isinstance(value, str) else names(value)
)
@pytest.mark.parametrize("backwards", [True, False])
def test_these_are_refused_with_a_reason(heuristics: list[Heuristic], reason: str, backwards: bool) -> None:
    found = list(refusals(heuristics[::-1] if backwards else heuristics, BATCH))
    assert any(reason in each for each in found), found
    assert all("'" in each and (";" in each) for each in found)


def test_a_batch_that_leaves_a_rest_cannot_be_packed() -> None:
    assert Packing(images=3).objection(Company([], batch=63)) is None
    refused = Packing(images=3).objection(Company([], batch=64))
    assert refused == "'packing' makes packs of 3 and the batch is 64; use --set batch=63"
    assert list(refusals([Packing(images=3)], 64)) == [refused]


def test_a_batch_smaller_than_a_pack_is_told_what_would_do() -> None:
    refused = Packing(images=8).objection(Company([], batch=4))
    assert refused is not None
    assert refused.endswith("use --set batch=8")


def test_the_share_of_each_process_is_packed() -> None:
    assert Packing(images=3).objection(Company([], batch=12, processes=2)) is None
    refused = Packing(images=4).objection(Company([], batch=12, processes=2))
    assert refused is not None
    assert "each of the 2 processes has 6 images" in refused
    assert refused.endswith("use --set batch=8")


def test_labelled_images_must_be_shared_evenly() -> None:
    assert SemiSupervised(labelled=6).objection(Company([], processes=2)) is None
    refused = SemiSupervised(labelled=7).objection(Company([], processes=2))
    assert refused is not None
    assert refused.endswith("use --set semi-supervised.labelled=6")


def test_heuristics_say_which_labels_they_ask_for() -> None:
    assert LabelEmbedding.labels is Projection.labels is ConditionalBatchNorm.labels is Labels.ALL
    assert AuxiliaryClassifier.labels is SemiSupervised.labels is Labels.SOME


def test_semi_supervised_learning_keeps_images_to_be_tested_on() -> None:
    assert SemiSupervised().held_out_share == 0.1
    assert SemiSupervised(held_out=0.25).held_out_share == 0.25
