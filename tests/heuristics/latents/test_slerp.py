import math

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor

from steadygan.heuristics.latents import normal_latent, slerp, sphere_latent

from ..truth import seeded


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
