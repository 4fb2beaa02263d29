"""The leaky rectifier and its derivatives."""

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd import gradcheck, gradgradcheck

from steadygan.layers.kernels.leaky_relu import InplaceLeakyReLU


def _rectified(x: Tensor) -> Tensor:
    rectified: Tensor = InplaceLeakyReLU(0.2)(x.clone())
    return rectified


def test_it_takes_a_share_below_nought_in_place() -> None:
    x = torch.tensor([-2.0, 0.0, 3.0])
    assert InplaceLeakyReLU(0.2)(x) is x
    torch.testing.assert_close(x, torch.tensor([-0.4, 0.0, 3.0]))


def test_derivatives_are_those_of_finite_differences() -> None:
    x = torch.randn(3, 4, dtype=torch.float64)
    x = (x + x.sign()).requires_grad_()  # away from the corner
    assert gradcheck(_rectified, x)
    assert gradgradcheck(_rectified, x)


def test_a_penalty_on_its_gradient_is_pytorchs() -> None:
    x = torch.randn(6, dtype=torch.float64, requires_grad=True)
    answers = []
    for rectified in (_rectified(x), F.leaky_relu(x, 0.2)):
        (slope,) = torch.autograd.grad(rectified.pow(3).sum(), x, create_graph=True)
        answers.append(torch.autograd.grad(slope.square().sum(), x)[0])
    torch.testing.assert_close(*answers)
