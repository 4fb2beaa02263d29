"""What looks measure, against values by hand and against definitions."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from steadygan.doctor.logits import gap, separation
from steadygan.doctor.motion import Motion
from steadygan.doctor.outputs import comparison, energy_distance, nearest, spread, thumbnails
from steadygan.doctor.survey import Survey
from steadygan.doctor.weights import WeightWatch

small = st.lists(st.integers(-4, 4), min_size=1, max_size=12)


@given(small, small)
def test_separation_is_the_share_of_pairs_in_order(first: list[int], second: list[int]) -> None:
    pairs = [(a > b) + 0.5 * (a == b) for a in first for b in second]
    found = separation(torch.tensor(first, dtype=torch.float32), torch.tensor(second, dtype=torch.float32))
    assert found == pytest.approx(sum(pairs) / len(pairs), abs=1e-12)


def test_separation_of_nothing_or_of_infinity_is_not_known() -> None:
    assert math.isnan(separation(torch.empty(0), torch.ones(2)))
    assert math.isnan(separation(torch.tensor([1.0, float("inf")]), torch.ones(2)))


def test_gap_by_hand() -> None:
    # Means 2 and 0; variances 2 and 8, so a root mean variance of sqrt(5).
    assert gap(torch.tensor([1.0, 3.0]), torch.tensor([-2.0, 2.0])) == pytest.approx(2 / math.sqrt(5), abs=1e-12)


def test_spread_and_nearest_by_hand() -> None:
    points = torch.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]])
    assert spread(points) == pytest.approx((5 + 1 + math.hypot(3, 3)) / 3)
    assert nearest(points).tolist() == pytest.approx([1.0, math.hypot(3, 3), 1.0])


def test_energy_distance_is_0_for_one_distribution_and_2_for_a_far_point() -> None:
    generator = torch.Generator().manual_seed(0)
    first, second = (torch.randn(400, 3, generator=generator) for _ in range(2))
    assert abs(energy_distance(first, second)) < 0.02
    far = torch.full((50, 3), 1e4)
    assert energy_distance(first, far) / (2 * 1e4 * math.sqrt(3) / spread(first)) == pytest.approx(1, abs=1e-3)


def test_comparison_sees_brightness_contrast_and_saturation() -> None:
    generator = torch.Generator().manual_seed(1)
    real = torch.rand(64, 3, 16, 16, generator=generator) - 0.5
    same = comparison(real, real.flip(0))
    assert same["mean_gap"] == pytest.approx(0, abs=1e-5)
    assert same["contrast"] == pytest.approx(1, abs=1e-4)
    assert same["variety"] == pytest.approx(1, abs=1e-4)
    deviation = real[:, 0].std()
    brighter = comparison(real, real + torch.tensor([0.2, 0.0, 0.0]).view(3, 1, 1))
    assert brighter["mean_gap"] == pytest.approx(float(0.2 / deviation), rel=1e-3)
    assert comparison(real, 2 * real)["contrast"] == pytest.approx(2, rel=1e-3)
    assert comparison(real, torch.ones_like(real))["saturated"] == 1
    assert comparison(real, torch.full_like(real, float("nan"))) == {}


def test_copies_of_one_image_have_no_variety_and_are_twins() -> None:
    real = torch.randn(32, 1, 8, 8, generator=torch.Generator().manual_seed(2))
    found = comparison(real, real[:1].expand(32, -1, -1, -1))
    assert found["variety"] == pytest.approx(0, abs=1e-6)
    assert found["twins"] == 1
    assert comparison(real, real)["twins"] == 0


def test_thumbnails_are_means_of_blocks() -> None:
    image = torch.arange(256, dtype=torch.float32).view(1, 1, 16, 16)
    assert thumbnails(image)[0, 0] == pytest.approx((0 + 1 + 16 + 17) / 4)
    assert thumbnails(torch.ones(3, 2)).shape == (3, 2)


def test_survey_sees_a_dropped_group_and_copies() -> None:
    generator = torch.Generator().manual_seed(3)
    centres = 10 * torch.randn(4, 6, generator=generator)
    kinds = torch.randint(4, (600,), generator=generator)
    points = centres[kinds] + torch.randn(600, 6, generator=generator)
    survey = Survey(points[:300])
    full, half = survey.compare(points[300:]), survey.compare(points[300:][kinds[300:] < 2])
    assert full["empty_bins"] < 0.1 < 0.3 < half["empty_bins"]
    assert full["bins"] < 0.1 < half["bins"]
    assert half["coverage"] < 0.7 < full["coverage"]
    assert survey.compare(points[:300])["copies"] == pytest.approx(0, abs=1e-6)
    assert 0.6 < full["copies"] < 1.6


def test_motion_of_a_circle_comes_back() -> None:
    real = torch.randn(50, 2, generator=torch.Generator().manual_seed(4))
    motion, found = Motion(), {}
    for step in range(9):  # a round takes 8 looks
        angle = torch.tensor(2 * math.pi * step / 8)
        found = motion.look(torch.stack([angle.cos(), angle.sin()]).expand(5, 2), real)
    assert found["drift"] == pytest.approx(2 * math.sin(math.pi / 8) / spread(real), rel=1e-5)
    assert found["return"] == pytest.approx(0, abs=1e-5)


def test_motion_goes_on_from_its_state() -> None:
    real, places = torch.randn(20, 2), [torch.randn(4, 2) for _ in range(4)]
    whole, part = Motion(), Motion()
    for place in places[:3]:
        whole.look(place, real)
        part.look(place, real)
    again = Motion()
    again.load_state_dict(part.state_dict())
    assert again.look(places[3], real) == whole.look(places[3], real)


def test_weights_move_and_stretch() -> None:
    network = nn.Linear(4, 3, bias=False)
    watch = WeightWatch(network)
    assert "update" not in watch.look(0)
    before = network.weight.detach().clone()
    with torch.no_grad():
        network.weight.mul_(1.5)
    assert watch.look(5)["update"] == pytest.approx(float(0.5 * before.norm() / (1.5 * before.norm()) / 5), rel=1e-4)
    for _ in range(60):
        found = watch.look(1)
    assert found["update"] == 0
    assert found["stretch"] == pytest.approx(float(torch.linalg.matrix_norm(network.weight.detach(), 2)), rel=1e-3)
