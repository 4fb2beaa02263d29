"""Groups of alike images: they are found again, whatever their order, and never fewer than asked for."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from steadygan.features.clusters import cluster_images, spherical_k_means, whitened


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def stripes(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Stripes along rows or columns, wide or narrow, somewhere, under some noise."""
    kinds = torch.arange(count) % 4
    where = torch.arange(16).float()
    made = torch.empty(count, 1, 16, 16)
    for image, kind in zip(made, kinds.tolist(), strict=True):
        line = torch.sin(where * (2.0 if kind < 2 else 0.8) + 6 * torch.rand((), generator=seeded(kind)))
        image[:] = line.expand(16, 16) if kind % 2 else line.expand(16, 16).T
    return (made + 0.1 * torch.randn(made.shape, generator=seeded())).clamp(-1, 1), kinds


def purity(groups: torch.Tensor, kinds: torch.Tensor) -> float:
    table = np.zeros((int(groups.max()) + 1, int(kinds.max()) + 1))
    np.add.at(table, (groups.numpy(), kinds.numpy()), 1)
    return float(table.max(1).sum() / len(kinds))


def test_images_of_alike_patches_are_grouped() -> None:
    images, kinds = stripes(400)
    assert purity(cluster_images(images, 8, seeded()), kinds) > 0.95


def test_groups_are_a_function_of_images_and_seed() -> None:
    images, _ = stripes(60)
    first, again = (cluster_images(images, 4, seeded()) for _ in range(2))
    assert torch.equal(first, again)


def test_images_of_one_colour_are_no_trouble() -> None:
    groups = cluster_images(torch.zeros(30, 3, 8, 8), 3, seeded())
    assert groups.min() >= 0
    assert groups.max() < 3


@given(count=st.integers(2, 5), dimensions=st.integers(2, 8), seed=st.integers(0, 20))
def test_each_point_is_with_its_nearest_centre(count: int, dimensions: int, seed: int) -> None:
    points = F.normalize(torch.randn(40, dimensions, generator=seeded(seed)), dim=1)
    groups, centres = spherical_k_means(points, count, seeded(seed))
    torch.testing.assert_close(centres.norm(dim=1), torch.ones(count))
    distances = torch.cdist(points.double(), centres.double())
    chosen = distances.gather(1, groups[:, None])[:, 0]
    assert float((chosen - distances.min(1).values).max()) < 1e-6


def test_far_bundles_of_directions_are_found() -> None:
    bundles = F.normalize(torch.eye(5).repeat_interleave(20, 0) + 0.05 * torch.randn(100, 5, generator=seeded()), dim=1)
    kinds = torch.arange(5).repeat_interleave(20)
    groups, _ = spherical_k_means(bundles[torch.randperm(100, generator=seeded(1))], 12, seeded(3))
    assert purity(groups, kinds[torch.randperm(100, generator=seeded(1))]) == 1.0


def test_whitened_points_are_alike_in_all_directions() -> None:
    points = torch.randn(4000, 3, generator=seeded()) * torch.tensor([10.0, 1.0, 0.1]) + 5
    white = whitened(points, 3, 0.0)
    torch.testing.assert_close(white.norm(dim=1), torch.ones(4000))
    covariance = white.T @ white / 4000
    torch.testing.assert_close(covariance, torch.eye(3) / 3, atol=0.03, rtol=0)
