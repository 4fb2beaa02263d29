import pytest
import torch

from steadygan.heuristics.penalties import input_gradient

from .differences import random


def test_the_gradient_of_a_quadratic_is_its_matrix_times_the_point() -> None:
    matrix, images = random(4, 4), random(3, 4, seed=1).requires_grad_()
    matrix = matrix + matrix.T
    logits = 0.5 * (images @ matrix * images).sum(1)
    torch.testing.assert_close(input_gradient(logits, images), images.detach() @ matrix)


def test_each_image_has_the_gradient_of_its_own_logit() -> None:
    images = torch.tensor([[2.0], [3.0], [5.0]], requires_grad=True)
    torch.testing.assert_close(input_gradient(images[:, 0] ** 2, images), torch.tensor([[4.0], [6.0], [10.0]]))


def test_logits_may_have_a_column() -> None:
    images = random(3, 4).requires_grad_()
    logits = images.square().sum(1)
    torch.testing.assert_close(input_gradient(logits[:, None], images), input_gradient(logits, images))


@pytest.mark.parametrize("flat", [False, True])
def test_the_logits_of_an_images_patches_are_averaged(flat: bool) -> None:
    images = random(3, 1, 2, 2).requires_grad_()
    patches = images**3
    gradient = input_gradient(patches.reshape(-1) if flat else patches, images)
    torch.testing.assert_close(gradient, 3 * images.detach() ** 2 / 4)


def test_the_input_gradient_can_be_differentiated_again() -> None:
    images = torch.tensor([[2.0], [3.0]], requires_grad=True)
    gradient = input_gradient(images[:, 0] ** 3, images)
    (second,) = torch.autograd.grad(gradient.sum(), images)
    torch.testing.assert_close(second, torch.tensor([[12.0], [18.0]]))
