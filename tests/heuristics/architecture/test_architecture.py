import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from steadygan.blueprint import Blueprint
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
    scale_images,
    unscale_images,
)
from steadygan.heuristics.roles import ArchitectureHeuristic

NORM = {"kind": "batch", "momentum": 0.1, "eps": 1e-5, "reference": 64, "conditional": False}
BOTH_NORMS = ("generator_norm", "discriminator_norm")
CHANGES: list[tuple[ArchitectureHeuristic, dict[str, object]]] = [
    (StridedConvolutions(), {"downsampling": "strided"}),
    (AveragePooling(), {"downsampling": "average-pooling"}),
    (TransposedConvolutions(), {"upsampling": "transposed"}),
    (PixelShuffle(), {"upsampling": "pixel-shuffle"}),
    (KernelDivisibleByStride(), {"strided_kernel": 4}),
    (KernelDivisibleByStride(kernel=6), {"strided_kernel": 6}),
    (NoHiddenDense(), {"hidden_dense": False}),
    (BatchNormHeuristic(), {"generator_norm": NORM, "discriminator_norm": NORM}),
    (
        BatchNormHeuristic(in_discriminator=False, momentum=0.2, eps=1e-3),
        {"generator_norm": NORM | {"momentum": 0.2, "eps": 1e-3}},
    ),
    (BatchNormHeuristic(in_generator=False), {"discriminator_norm": NORM}),
    (LeakyReLU(), {"discriminator_slope": 0.2}),
    (LeakyReLU(in_generator=True, slope=0.1), {"discriminator_slope": 0.1, "generator_slope": 0.1}),
    (LeakyReLU(in_discriminator=False, in_generator=True), {"generator_slope": 0.2}),
    (TanhOutput(), {"output": "tanh"}),
    (NormalInit(), {"init_std": 0.02}),
    (FilteredResampling(), {"generator_filtered": True}),
    (FilteredResampling(in_discriminator=True), {"generator_filtered": True, "discriminator_filtered": True}),
    (IcnrInit(), {"icnr_init": True}),
    (GeneratorDropout(), {"generator_dropout": 0.5}),
    (LargerDiscriminator(), {"discriminator_width": 1.5}),
    (GeneratorNoise(std=0.3), {"generator_noise": 0.3}),
    (InstanceNormHeuristic(), dict.fromkeys(BOTH_NORMS, NORM | {"kind": "instance"})),
    (InstanceNormHeuristic(in_generator=False, eps=0.1), {BOTH_NORMS[1]: NORM | {"kind": "instance", "eps": 0.1}}),
    (VirtualBatchNormHeuristic(reference=8), {BOTH_NORMS[0]: NORM | {"kind": "virtual-batch", "reference": 8}}),
    (ReferenceBatchNormHeuristic(), dict.fromkeys(BOTH_NORMS, NORM | {"kind": "reference-batch"})),
    (ConditionalBatchNorm(), {"generator_norm": NORM | {"conditional": True}}),
    (MinibatchDiscrimination(), {"minibatch_kernels": 100, "minibatch_dimension": 5}),
    (MinibatchStddev(), {"minibatch_stddev": 4}),
    (Packing(), {"packing": 2}),
    (SelfAttention(), {"attention": 16}),
    (SpectralNormHeuristic(), {"discriminator_spectral": 1}),
    (
        SpectralNormHeuristic(in_generator=True, iterations=3),
        {"discriminator_spectral": 3, "generator_spectral": 3},
    ),
    (EqualisedLR(), {"equalised": True}),
    (LabelEmbedding(), {"generator_embedding": 50, "discriminator_embedding": 50}),
    (LabelEmbedding(dimension=7, in_discriminator=False), {"generator_embedding": 7}),
    (Projection(), {"projection": True}),
    (AuxiliaryClassifier(), {"class_answer": "auxiliary"}),
    (SemiSupervised(), {"class_answer": "semi-supervised"}),
]


def test_the_default_blueprint_is_the_naive_gan() -> None:
    blueprint = Blueprint()
    assert blueprint.model_dump(exclude_defaults=True) == {}
    assert (blueprint.downsampling, blueprint.upsampling, blueprint.output) == ("max-pooling", "nearest", "sigmoid")
    assert (blueprint.hidden_dense, blueprint.strided_kernel, blueprint.discriminator_width) == (True, 5, 1.0)
    assert (blueprint.classes, blueprint.packing, blueprint.class_answer) == (0, 1, "none")
    left_out = {"generator_norm", "discriminator_norm", "init_std", "equalised", "projection", "encoder", "attention"}
    left_out |= {"generator_dropout", "generator_noise", "generator_slope", "discriminator_slope"}
    left_out |= {"minibatch_kernels", "minibatch_stddev", "generator_spectral", "discriminator_spectral"}
    left_out |= {"generator_embedding", "discriminator_embedding"}
    assert not any(getattr(blueprint, name) for name in left_out)


@pytest.mark.parametrize(("heuristic", "changed"), CHANGES, ids=lambda value: getattr(value, "name", None))
def test_a_heuristic_changes_its_own_lines_of_the_blueprint_and_no_other(
    heuristic: ArchitectureHeuristic, changed: dict[str, object]
) -> None:
    assert heuristic.design(Blueprint()).model_dump() == {**Blueprint().model_dump(), **changed}


@pytest.mark.parametrize("heuristic", [heuristic for heuristic, _ in CHANGES], ids=lambda value: value.name)
def test_applying_leaves_the_given_blueprint_as_it_is(heuristic: ArchitectureHeuristic) -> None:
    blueprint = Blueprint()
    heuristic.design(blueprint)
    assert blueprint == Blueprint()


def test_resize_convolutions_name_what_the_naive_networks_do() -> None:
    assert ResizeConvolutions().design(Blueprint()) == Blueprint()
    assert ResizeConvolutions().design(PixelShuffle().design(Blueprint())) == Blueprint()


def test_heuristics_that_change_different_lines_compose_in_any_order() -> None:
    first, second = LeakyReLU(), BatchNormHeuristic()
    assert first.design(second.design(Blueprint())) == second.design(first.design(Blueprint()))


@pytest.mark.parametrize("norm", [InstanceNormHeuristic(), VirtualBatchNormHeuristic(eps=0.1), BatchNormHeuristic()])
def test_each_class_gets_its_own_scales_in_whatever_norm_the_generator_has(norm: ArchitectureHeuristic) -> None:
    before = norm.design(Blueprint())
    after = ConditionalBatchNorm().design(before)
    assert before.generator_norm is not None
    assert after.generator_norm == before.generator_norm.model_copy(update={"conditional": True})
    assert after.discriminator_norm == before.discriminator_norm


def test_a_larger_discriminator_multiplies_the_width_it_finds() -> None:
    assert LargerDiscriminator(factor=2.0).design(Blueprint(discriminator_width=1.5)).discriminator_width == 3.0


def test_what_one_player_already_has_is_kept_when_only_the_other_is_changed() -> None:
    both = LeakyReLU(in_generator=True, slope=0.1).design(Blueprint())
    again = LeakyReLU(in_discriminator=False, in_generator=True, slope=0.3).design(both)
    assert (again.discriminator_slope, again.generator_slope) == (0.1, 0.3)


@pytest.mark.parametrize(("output", "ends"), [("sigmoid", (0.0, 1.0)), ("tanh", (-1.0, 1.0))])
def test_the_range_of_images_is_that_of_the_last_activation(output: str, ends: tuple[float, float]) -> None:
    assert Blueprint().changed(output=output).image_range == ends


@pytest.mark.parametrize("fields", [{"upsampling": "bicubic"}, {"sharpness": 2}, {"hidden_dense": "perhaps"}])
def test_a_blueprint_refuses_what_it_does_not_know(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Blueprint().changed(**fields)


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        (KernelDivisibleByStride, {"kernel": 5}),
        (KernelDivisibleByStride, {"kernel": 0}),
        (KernelDivisibleByStride, {"kernel": 10}),
        (BatchNormHeuristic, {"momentum": 0}),
        (BatchNormHeuristic, {"momentum": 1.5}),
        (BatchNormHeuristic, {"eps": 0}),
        (LeakyReLU, {"slope": 0}),
        (LeakyReLU, {"slope": 1}),
        (NormalInit, {"std": -0.02}),
        (GeneratorDropout, {"probability": 1}),
        (LargerDiscriminator, {"factor": 1}),
        (LargerDiscriminator, {"factor": float("inf")}),
        (GeneratorNoise, {"std": 0}),
        (InstanceNormHeuristic, {"eps": 0}),
        (VirtualBatchNormHeuristic, {"reference": 1}),
        (MinibatchDiscrimination, {"kernels": 0}),
        (MinibatchStddev, {"group": 1}),
        (Packing, {"images": 1}),
        (SpectralNormHeuristic, {"iterations": 0}),
        (LabelEmbedding, {"dimension": 0}),
        (AuxiliaryClassifier, {"weight": -1}),
        (SemiSupervised, {"labelled": 0}),
        (SemiSupervised, {"held_out": 1}),
    ],
)
def test_impossible_architectures_are_refused(kind: type[ArchitectureHeuristic], parameters: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        kind.model_validate(parameters)


def test_an_odd_kernel_is_refused_with_the_kernels_that_would_do() -> None:
    with pytest.raises(ValidationError, match="kernel 3 is not divisible by the stride 2; choose 2, 4, 6 or 8"):
        KernelDivisibleByStride(kernel=3)


def test_bytes_are_scaled_to_the_range_of_tanh() -> None:
    scaled = scale_images(torch.arange(256, dtype=torch.uint8))
    assert scaled.dtype == torch.float32
    np.testing.assert_allclose(scaled.numpy(), np.arange(256) / 127.5 - 1, atol=1e-6)
    assert scaled.min() == -1
    assert scaled.max() == 1


def test_bytes_are_scaled_to_the_range_of_a_sigmoid() -> None:
    scaled = scale_images(torch.arange(256, dtype=torch.uint8), 0.0, 1.0)
    np.testing.assert_allclose(scaled.numpy(), np.arange(256) / 255, atol=1e-6)


@given(ends=st.tuples(st.floats(-10, 10), st.floats(-10, 10)).filter(lambda ends: ends[1] - ends[0] > 0.01))
def test_unscaling_undoes_scaling_for_every_byte_and_range(ends: tuple[float, float]) -> None:
    levels = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16)
    back = unscale_images(scale_images(levels, *ends), *ends)
    assert back.dtype == torch.uint8
    assert torch.equal(back, levels)


def test_unscaling_rounds_to_the_nearest_level_and_clips_what_lies_outside() -> None:
    pixels = torch.tensor([-3.0, -1.0, 0.4 / 127.5 - 1, 0.6 / 127.5 - 1, 199.6 / 127.5 - 1, 1.0, 1.7])
    assert unscale_images(pixels).tolist() == [0, 0, 0, 1, 200, 255, 255]


def test_unscaling_takes_half_precision() -> None:
    assert unscale_images(torch.tensor([-1.0, 1.0], dtype=torch.bfloat16)).tolist() == [0, 255]


def test_scaling_and_unscaling_leave_their_input_as_it_is() -> None:
    levels, pixels = torch.tensor([0, 7, 255], dtype=torch.uint8), torch.tensor([-2.0, 0.3])
    scale_images(levels)
    unscale_images(pixels)
    assert levels.tolist() == [0, 7, 255]
    torch.testing.assert_close(pixels, torch.tensor([-2.0, 0.3]))
