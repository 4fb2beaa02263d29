import math

import pytest
import torch
from torch import Tensor

from steadygan.layers.minibatch import MinibatchDiscrimination, MinibatchStddev, minibatch_closeness, pack


def closeness_by_hand(kernels: Tensor) -> Tensor:
    """The sum over all other examples, number by number."""
    made = torch.zeros(kernels.shape[:2], dtype=kernels.dtype)
    for i in range(len(kernels)):
        for j in range(len(kernels)):
            for b in range(kernels.shape[1]):
                if i != j:
                    distance = sum(abs(float(kernels[i, b, c] - kernels[j, b, c])) for c in range(kernels.shape[2]))
                    made[i, b] += math.exp(-distance)
    return made


def deviation_by_hand(images: list[Tensor]) -> float:
    """The mean over all features of the standard deviation over a group of images."""
    values = torch.stack([image.flatten() for image in images]).tolist()
    deviations = []
    for column in zip(*values, strict=True):
        mean = sum(column) / len(column)
        deviations.append(math.sqrt(sum((value - mean) ** 2 for value in column) / len(column) + 1e-8))
    return sum(deviations) / len(deviations)


def test_closeness_is_the_sum_over_the_other_examples() -> None:
    kernels = torch.randn(5, 3, 2, dtype=torch.float64)
    torch.testing.assert_close(minibatch_closeness(kernels), closeness_by_hand(kernels))


def test_discrimination_multiplies_by_the_tensor_and_appends() -> None:
    layer = MinibatchDiscrimination(4, kernels=3, dimension=2).double()
    x = torch.randn(5, 4, dtype=torch.float64)
    kernels = torch.zeros(5, 3, 2, dtype=torch.float64)
    for i in range(5):
        for b in range(3):
            for c in range(2):
                kernels[i, b, c] = sum(float(x[i, a] * layer.tensor[a, b, c].detach()) for a in range(4))
    made = layer(x)
    assert torch.equal(made[:, :4], x)
    torch.testing.assert_close(made[:, 4:], closeness_by_hand(kernels))


def test_examples_that_are_all_the_same_are_as_close_as_can_be() -> None:
    made = MinibatchDiscrimination(4, kernels=3, dimension=2)(torch.ones(6, 4))
    torch.testing.assert_close(made[:, 4:], torch.full((6, 3), 5.0))


def test_an_example_alone_is_close_to_none() -> None:
    assert torch.equal(MinibatchDiscrimination(4, 3, 2)(torch.ones(1, 4))[:, 4:], torch.zeros(1, 3))


def test_the_tensor_starts_with_columns_of_about_unit_length() -> None:
    torch.manual_seed(0)
    tensor = MinibatchDiscrimination(400, 50, 5).tensor
    lengths = tensor.detach().pow(2).sum(0).sqrt()
    assert float(lengths.mean()) == pytest.approx(1.0, abs=0.02)


def test_discrimination_can_be_differentiated_twice() -> None:
    layer = MinibatchDiscrimination(3, 2, 2).double()
    x = torch.randn(3, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(layer, (x,))
    assert torch.autograd.gradgradcheck(layer, (x,))


def test_discrimination_keeps_half_precision() -> None:
    layer = MinibatchDiscrimination(3, 2, 2).bfloat16()
    assert layer(torch.randn(3, 3, dtype=torch.bfloat16)).dtype == torch.bfloat16


@pytest.mark.parametrize("shape", [(3, 2, 2), (5,)])
def test_the_deviation_of_each_group_is_one_more_channel(shape: tuple[int, ...]) -> None:
    x = torch.randn(6, *shape, dtype=torch.float64)
    made = MinibatchStddev(3)(x)
    assert made.shape == (6, shape[0] + 1, *shape[1:])
    assert torch.equal(made[:, :-1], x)
    for image in range(6):
        group = [x[other] for other in range(6) if other % 2 == image % 2]
        expected = torch.full(shape[1:], deviation_by_hand(group), dtype=torch.float64)
        torch.testing.assert_close(made[image, -1], expected)


@pytest.mark.parametrize(("batch", "wanted", "size"), [(6, 4, 3), (7, 4, 1), (8, 4, 4), (2, 4, 2), (9, 4, 3)])
def test_a_group_is_as_large_as_divides_the_batch(batch: int, wanted: int, size: int) -> None:
    x = torch.randn(batch, 5, dtype=torch.float64)
    groups = batch // size
    made = MinibatchStddev(wanted)(x)[:, -1]
    expected = [deviation_by_hand([x[i] for i in range(g, batch, groups)]) for g in range(groups)]
    torch.testing.assert_close(made, torch.tensor([expected[i % groups] for i in range(batch)], dtype=torch.float64))


def test_the_deviation_can_be_differentiated_twice() -> None:
    x = torch.randn(4, 3, 2, 1, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(MinibatchStddev(2), (x,))
    assert torch.autograd.gradgradcheck(MinibatchStddev(2), (x,))


def test_gradients_are_finite_where_all_images_are_the_same() -> None:
    x = torch.ones(4, 3, 2, 2, requires_grad=True)
    made = MinibatchStddev(4)(x)
    assert float(made[0, -1, 0, 0].detach()) == pytest.approx(1e-4)
    made.sum().backward()
    assert x.grad is not None
    assert torch.isfinite(x.grad).all()


def test_neighbours_are_packed_along_their_channels() -> None:
    images = torch.randn(6, 2, 3, 4)
    packed = pack(images, 3)
    assert packed.shape == (2, 6, 3, 4)
    for i in range(6):
        for channel in range(2):
            assert torch.equal(packed[i // 3, i % 3 * 2 + channel], images[i, channel])


def test_vectors_are_packed_one_behind_the_other() -> None:
    assert pack(torch.tensor([[1, 2], [3, 4], [5, 6], [7, 8]]), 2).tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]


def test_packing_takes_any_memory_order() -> None:
    images = torch.randn(4, 2, 3, 3)
    assert torch.equal(pack(images.to(memory_format=torch.channels_last), 2), pack(images, 2))


def test_packs_of_one_are_the_images() -> None:
    images = torch.randn(3, 2)
    assert pack(images, 1) is images


def test_a_batch_that_leaves_a_rest_is_refused() -> None:
    with pytest.raises(ValueError, match="A batch of 5 cannot be divided into packs of 2"):
        pack(torch.zeros(5, 3), 2)
