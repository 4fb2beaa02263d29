import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor

from steadygan.heuristics.latents import (
    NormalLatent,
    SphereLatent,
    UniformLatent,
    normal_latent,
    slerp,
    sphere_latent,
    truncated_normal,
    uniform_latent,
)
from steadygan.heuristics.roles import LatentHeuristic

from ..truth import Doubles, follows, normal_cdf, seeded, uniform_cdf

Draw = Callable[[int, int, torch.Generator | None], Tensor]
DRAWS: list[Draw] = [normal_latent, uniform_latent, sphere_latent, lambda n, d, g: truncated_normal(n, d, 0.7, g)]
CPU = torch.device("cpu")


@pytest.mark.parametrize("draw", DRAWS)
def test_latents_have_their_shape_and_type(draw: Draw) -> None:
    z = draw(5, 7, None)
    assert z.shape == (5, 7)
    assert z.dtype == torch.float32


@pytest.mark.parametrize("draw", DRAWS)
def test_the_same_seed_draws_the_same_latents_and_another_seed_others(draw: Draw) -> None:
    assert torch.equal(draw(4, 3, seeded(1)), draw(4, 3, seeded(1)))
    assert not torch.equal(draw(4, 3, seeded(1)), draw(4, 3, seeded(2)))


@pytest.mark.parametrize("draw", DRAWS)
def test_without_a_generator_the_global_seed_decides(draw: Draw) -> None:
    torch.manual_seed(3)
    first = draw(4, 3, None)
    torch.manual_seed(3)
    assert torch.equal(first, draw(4, 3, None))


@pytest.mark.parametrize("draw", DRAWS)
def test_coordinates_are_centred_and_uncorrelated(draw: Draw) -> None:
    z = draw(20_000, 4, seeded()).double()
    z = z / z.std(0)
    assert z.mean(0).abs().max() < 6 / math.sqrt(20_000)
    assert (z.T @ z / 20_000 - torch.eye(4)).abs().max() < 6 * math.sqrt(2 / 20_000)


def test_normal_latents_follow_the_normal_distribution() -> None:
    assert follows(normal_latent(500, 40, seeded()), normal_cdf)


def test_uniform_latents_follow_the_uniform_distribution_on_minus_one_to_one() -> None:
    assert follows(uniform_latent(500, 40, seeded()), uniform_cdf(-1, 1))


@given(count=st.integers(1, 20), dimension=st.integers(1, 300), seed=st.integers(0, 2**31))
def test_uniform_latents_stay_in_their_range(count: int, dimension: int, seed: int) -> None:
    assert uniform_latent(count, dimension, seeded(seed)).abs().max() <= 1


@given(count=st.integers(1, 20), dimension=st.integers(2, 300), seed=st.integers(0, 2**31))
def test_sphere_latents_have_length_root_dimension(count: int, dimension: int, seed: int) -> None:
    lengths = sphere_latent(count, dimension, seeded(seed)).double().norm(dim=1)
    torch.testing.assert_close(
        lengths, torch.full_like(lengths, math.sqrt(dimension)), rtol=1e-5, atol=0, check_dtype=False
    )


def test_each_coordinate_on_a_sphere_in_space_is_uniform_as_archimedes_found() -> None:
    z = sphere_latent(10_000, 3, seeded())
    for axis in range(3):
        assert follows(z[:, axis], uniform_cdf(-math.sqrt(3), math.sqrt(3)))


@given(threshold=st.floats(0.01, 12), seed=st.integers(0, 2**31))
def test_truncated_normals_stay_within_their_threshold(threshold: float, seed: int) -> None:
    z = truncated_normal(20, 10, threshold, seeded(seed))
    assert z.isfinite().all()
    assert z.abs().max() <= np.float32(threshold)


@pytest.mark.parametrize("threshold", [0.3, 1.0, 2.0, 9.0])
def test_truncated_normals_follow_the_normal_distribution_given_the_threshold(threshold: float) -> None:
    def cdf(x: Doubles) -> Doubles:
        ends = normal_cdf(np.array([-threshold, threshold]))
        return np.interp(normal_cdf(x), ends, [0.0, 1.0])

    assert follows(truncated_normal(500, 40, threshold, seeded()), cdf)


def test_truncated_normals_equal_drawing_again_what_lies_outside() -> None:
    source = np.random.default_rng(0)
    again = source.standard_normal(60_000)
    again = again[np.abs(again) <= 0.5][:20_000]
    ours = truncated_normal(500, 40, 0.5, seeded()).double()
    assert abs(ours.std().item() - again.std()) < 6 * 0.5 / math.sqrt(20_000)


def test_halfway_between_two_axes_is_the_diagonal() -> None:
    middle = slerp(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]), 0.5)
    torch.testing.assert_close(middle, torch.tensor([math.sqrt(0.5), math.sqrt(0.5)]))


def test_a_third_of_a_right_angle_is_thirty_degrees() -> None:
    third = slerp(torch.tensor([2.0, 0.0]), torch.tensor([0.0, 2.0]), 1 / 3)
    torch.testing.assert_close(third, torch.tensor([2 * math.cos(math.pi / 6), 2 * math.sin(math.pi / 6)]))


@settings(max_examples=200)
@given(seed=st.integers(0, 2**31), dimension=st.integers(2, 200), share=st.floats(0, 1))
def test_slerp_keeps_the_length_on_spheres(seed: int, dimension: int, share: float) -> None:
    z = sphere_latent(2, dimension, seeded(seed)).double()
    # The walk between opposite ends is straight; nearly opposite ones have a test of their own.
    assume((z[0] @ z[1]) / dimension > -0.9999)
    length = slerp(z[0], z[1], share).norm().item()
    assert length == pytest.approx(math.sqrt(dimension), rel=1e-3)


@given(seed=st.integers(0, 2**31), share=st.floats(0, 1))
def test_slerp_turns_evenly_and_stays_in_the_plane_of_its_ends(seed: int, share: float) -> None:
    start, end = normal_latent(2, 50, seeded(seed)).double()
    walk = slerp(start, end, share)

    def angle(a: Tensor, b: Tensor) -> float:
        return math.acos(min(1.0, float((a @ b) / (a.norm() * b.norm()))))

    assert angle(start, walk) == pytest.approx(share * angle(start, end), abs=1e-6)
    assert angle(walk, end) == pytest.approx((1 - share) * angle(start, end), abs=1e-6)


@given(seed=st.integers(0, 2**31), share=st.floats(0, 1))
def test_the_length_of_slerp_changes_evenly(seed: int, share: float) -> None:
    start, end = normal_latent(2, 50, seeded(seed)).double()
    end = 3 * end
    expected = (1 - share) * start.norm() + share * end.norm()
    torch.testing.assert_close(slerp(start, end, share).norm(), expected)


@pytest.mark.parametrize("share", [0.0, 0.2, 1.0])
def test_slerp_backwards_is_slerp_from_the_other_end(share: float) -> None:
    start, end = normal_latent(2, 20, seeded()).double()
    torch.testing.assert_close(slerp(start, end, share), slerp(end, start, 1 - share))


def test_slerp_starts_and_ends_at_its_ends() -> None:
    start, end = normal_latent(2, 20, seeded()).double()
    torch.testing.assert_close(slerp(start, end, 0.0), start)
    torch.testing.assert_close(slerp(start, end, 1.0), end)


def test_between_equal_directions_slerp_is_straight() -> None:
    z = normal_latent(3, 20, seeded()).double()
    torch.testing.assert_close(slerp(z, 2 * z, 0.5), 1.5 * z)


def test_between_opposite_directions_slerp_is_straight() -> None:
    z = normal_latent(3, 20, seeded()).double()
    torch.testing.assert_close(slerp(z, -z, 0.25), 0.5 * z, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("tilt", [1e-3, 1e-2, 0.1])
def test_slerp_keeps_the_length_between_nearly_opposite_directions(tilt: float) -> None:
    start, end = torch.tensor([1.0, 0.0]), torch.tensor([-math.cos(tilt), math.sin(tilt)])
    for share in (0.1, 0.5, 0.9):
        assert slerp(start, end, share).norm().item() == pytest.approx(1, rel=1e-2)


def test_slerp_takes_a_share_for_each_pair() -> None:
    start, end = (normal_latent(4, 9, seeded(seed)).double() for seed in (1, 2))
    shares = torch.tensor([[0.0], [0.3], [0.5], [1.0]])
    together = slerp(start, end, shares)
    for row in range(4):
        torch.testing.assert_close(together[row], slerp(start[row], end[row], shares[row].item()))


def test_slerp_leaves_its_ends_as_they_are() -> None:
    start, end = normal_latent(2, 9, seeded())
    before = start.clone(), end.clone()
    slerp(start, end, 0.4)
    assert torch.equal(start, before[0])
    assert torch.equal(end, before[1])


@pytest.mark.parametrize(
    ("heuristic", "draw"),
    [
        (NormalLatent(dimension=6), normal_latent),
        (UniformLatent(dimension=6), uniform_latent),
        (SphereLatent(dimension=6), sphere_latent),
    ],
)
def test_the_heuristic_draws_what_its_function_draws(heuristic: LatentHeuristic, draw: Draw) -> None:
    assert torch.equal(heuristic.sample(3, CPU, seeded(5)), draw(3, 6, seeded(5)))


def test_truncated_normal_latents_stay_within_the_threshold() -> None:
    z = NormalLatent(dimension=8).truncated(50, 0.5, seeded())
    assert z.shape == (50, 8)
    assert z.abs().max() <= 0.5


@pytest.mark.parametrize(("threshold", "reach"), [(0.25, 0.25), (1.0, 1.0), (3.0, 1.0)])
def test_truncated_uniform_latents_fill_the_smaller_cube(threshold: float, reach: float) -> None:
    z = UniformLatent(dimension=40).truncated(250, threshold, seeded())
    assert follows(z, uniform_cdf(-reach, reach))


def test_a_sphere_cannot_be_truncated() -> None:
    with pytest.raises(ValueError, match="sphere-latent cannot be truncated"):
        SphereLatent().truncated(4, 0.5)
