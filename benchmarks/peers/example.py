"""A training step of PyTorch's DCGAN example, rewritten, to which all contestants are compared.

It computes the same as pytorch/examples, dcgan/main.py, in the same order: eager, fp32, channels first, BCELoss after a
sigmoid, three backward passes, PyTorch's Adam. Nothing is tuned. Images are in memory, ready for use.
"""

import sys
from collections.abc import Iterator
from itertools import pairwise

import torch
from torch import Tensor, nn

from peers.device import parameters, step_server
from workloads import BASE, KERNEL, Workload

RATE, BETAS, STD, SLOPE = 2e-4, (0.5, 0.999), 0.02, 0.2
IMAGES = 1024
CHUNK = 64
"""Images are made in chunks of this size, so that making them takes less memory than training on them."""


def generator(workload: Workload) -> nn.Sequential:
    """A generator from latents [N, latent, 1, 1] to images [N, C, H, W] in [-1, 1]."""
    widths = workload.widths[::-1]
    layers = [nn.ConvTranspose2d(workload.latent, widths[0], BASE, 1, 0, bias=False), *_normal(widths[0])]
    for inputs, outputs in pairwise(widths):
        layers += [nn.ConvTranspose2d(inputs, outputs, KERNEL, 2, 1, bias=False), *_normal(outputs)]
    layers += [nn.ConvTranspose2d(widths[-1], workload.channels, KERNEL, 2, 1, bias=False), nn.Tanh()]
    return nn.Sequential(*layers).apply(_initialise)


def _normal(width: int) -> list[nn.Module]:
    return [nn.BatchNorm2d(width), nn.ReLU(inplace=True)]


def discriminator(workload: Workload) -> nn.Sequential:
    """A discriminator from images [N, C, H, W] to probabilities [N, 1, 1, 1]."""
    widths = workload.widths
    layers: list[nn.Module] = [
        nn.Conv2d(workload.channels, widths[0], KERNEL, 2, 1, bias=False),
        nn.LeakyReLU(SLOPE, inplace=True),
    ]
    for inputs, outputs in pairwise(widths):
        layers += [
            nn.Conv2d(inputs, outputs, KERNEL, 2, 1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.LeakyReLU(SLOPE, inplace=True),
        ]
    layers += [nn.Conv2d(widths[-1], 1, BASE, 1, 0, bias=False), nn.Sigmoid()]
    return nn.Sequential(*layers).apply(_initialise)


def _initialise(layer: nn.Module) -> None:
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(layer.weight, 0.0, STD)
    elif isinstance(layer, nn.BatchNorm2d):
        nn.init.normal_(layer.weight, 1.0, STD)
        nn.init.zeros_(layer.bias)


class Example:
    """Both players and their optimisers.

    Args:
        workload: the sizes of the networks and of the batch.
        device: the device on which they train.
    """

    def __init__(self, workload: Workload, device: torch.device) -> None:
        self.workload, self.device = workload, device
        self.generator = generator(workload).to(device)
        self.discriminator = discriminator(workload).to(device)
        self._generator_optimizer = torch.optim.Adam(self.generator.parameters(), RATE, BETAS)
        self._discriminator_optimizer = torch.optim.Adam(self.discriminator.parameters(), RATE, BETAS)
        self._loss = nn.BCELoss()

    def latents(self, count: int, source: torch.Generator | None = None) -> Tensor:
        """Draw latents, float32 [count, latent, 1, 1]."""
        return torch.randn(count, self.workload.latent, 1, 1, device=self.device, generator=source)

    def step(self, real: Tensor) -> dict[str, float]:
        """Train both players once on a batch [N, C, H, W], and return the figures that the example prints."""
        count = len(real)
        self.discriminator.zero_grad()
        on_real, loss_real = self._backward(real, 1.0)
        fake = self.generator(self.latents(count))
        on_fake, loss_fake = self._backward(fake.detach(), 0.0)
        self._discriminator_optimizer.step()

        self.generator.zero_grad()
        on_moved, loss = self._backward(fake, 1.0)
        self._generator_optimizer.step()
        shown = {"loss_d": loss_real + loss_fake, "loss_g": loss, "real": on_real, "fake": on_fake, "moved": on_moved}
        return {name: value.item() for name, value in shown.items()}

    def _backward(self, images: Tensor, target: float) -> tuple[Tensor, Tensor]:
        """Compute the loss and the gradients of all parameters; return the mean answer and the loss."""
        answers = self.discriminator(images).view(-1)
        loss = self._loss(answers, torch.full_like(answers, target))
        loss.backward()
        return answers.detach().mean(), loss.detach()


def image_chunks(workload: Workload, count: int) -> Iterator[Tensor]:
    """Yield ``count`` smooth random images in chunks, float32 [N, C, H, W] in [-1, 1]."""
    coarse = torch.randn(count, workload.channels, 8, 8, generator=torch.Generator().manual_seed(0))
    for some in coarse.split(CHUNK):
        yield nn.functional.interpolate(some, size=workload.size, mode="bilinear").tanh()


def random_images(workload: Workload, count: int = IMAGES) -> Tensor:
    """All chunks of random images in one tensor."""
    images = torch.empty(count, workload.channels, workload.size, workload.size)
    for place, some in zip(images.split(CHUNK), image_chunks(workload, count), strict=True):
        place.copy_(some)
    return images


def main() -> None:
    workload, device = Workload.read(sys.argv[1]), torch.device(sys.argv[2])
    torch.manual_seed(0)
    torch.backends.cudnn.benchmark = True
    example = Example(workload, device)
    images = random_images(workload, max(IMAGES, workload.batch)).to(device)
    place = 0

    def step() -> None:
        nonlocal place
        example.step(images[place : place + workload.batch])
        place = (place + workload.batch) % (len(images) - workload.batch + 1)

    facts = {"parameters": parameters(example.generator, example.discriminator)}
    step_server(device, facts).serve(step)


if __name__ == "__main__":
    main()
