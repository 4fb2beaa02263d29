import pytest
import torch
from torch import Tensor, nn

from steadygan.heuristics.updates import adam_step, sgd_step


def gradients(dtype: torch.dtype = torch.float64) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(6, 5, dtype=dtype, generator=generator) * torch.tensor([1.0, 1e-6, 1e3, 0.0, 1.0], dtype=dtype)


@pytest.mark.parametrize("betas", [(0.5, 0.999), (0.0, 0.9), (0.9, 0.0)])
@pytest.mark.parametrize("counted_as_tensor", [True, False])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_adam_steps_are_torchs(betas: tuple[float, float], counted_as_tensor: bool, dtype: torch.dtype) -> None:
    weight = nn.Parameter(torch.ones(5, dtype=dtype))
    optimizer = torch.optim.Adam([weight], lr=0.1, betas=betas, eps=1e-8)
    mine, first, second = torch.ones(5, dtype=dtype), torch.zeros(5, dtype=dtype), torch.zeros(5, dtype=dtype)
    for count, gradient in enumerate(gradients(dtype), start=1):
        weight.grad = gradient.clone()
        optimizer.step()
        step = torch.tensor(float(count)) if counted_as_tensor else count
        mine, first, second = adam_step(mine, gradient, first, second, step, 0.1, betas, 1e-8)
        tight = 1e-12 if dtype == torch.float64 else 1e-5
        torch.testing.assert_close(mine, weight.detach(), rtol=tight, atol=tight)
        torch.testing.assert_close(first, optimizer.state[weight]["exp_avg"])
        torch.testing.assert_close(second, optimizer.state[weight]["exp_avg_sq"])


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_sgd_steps_are_torchs(momentum: float) -> None:
    weight = nn.Parameter(torch.ones(5, dtype=torch.float64))
    optimizer = torch.optim.SGD([weight], lr=0.1, momentum=momentum)
    mine, velocity = torch.ones(5, dtype=torch.float64), torch.zeros(5, dtype=torch.float64)
    for gradient in gradients():
        weight.grad = gradient.clone()
        optimizer.step()
        mine, velocity = sgd_step(mine, gradient, velocity, 0.1, momentum)
        torch.testing.assert_close(mine, weight.detach())


def test_the_derivative_of_two_adam_steps_is_that_of_finite_differences() -> None:
    start = torch.tensor([0.5, -2.0], dtype=torch.float64)

    def two_steps(gradient: Tensor) -> Tensor:
        weight, first, second = start, torch.zeros_like(start), torch.zeros_like(start)
        for count in (1, 2):
            weight, first, second = adam_step(weight, gradient * weight, first, second, count, 0.1, (0.5, 0.999), 1e-3)
        return weight

    assert torch.autograd.gradcheck(two_steps, torch.tensor([0.7, -0.3], dtype=torch.float64, requires_grad=True))


def test_a_gradient_of_0_gives_no_nan() -> None:
    gradient = torch.zeros(3, requires_grad=True)
    moved, _, _ = adam_step(torch.ones(3), gradient, torch.zeros(3), torch.zeros(3), 1, 0.1, (0.5, 0.999), 1e-8)
    assert (moved == 1).all()
    (derivative,) = torch.autograd.grad(moved.sum(), gradient)
    # Next to 0 a first step of Adam is -lr g / (|g| + eps).
    torch.testing.assert_close(derivative, torch.full((3,), -0.1 / 1e-8))
