"""A step of PyTorch's DCGAN example, written anew: the yardstick of the race.

The same maths in the same order as pytorch/examples, dcgan/main.py: eager, fp32, channels first, BCELoss after a
sigmoid, three backward passes, the library's Adam; nothing is tuned. Images lie in memory ready for use.
"""

import sys
from collections.abc import Iterator
from itertools import pairwise

import torch
from torch import Tensor, nn

from peers.device import clerk_on, parameters
from workloads import BASE, KERNEL, Workload

RATE, BETAS, STD, SLOPE = 2e-4, (0.5, 0.999), 0.02, 0.2
POOL = 1024
FEW = 64
"""Images made at a time, so that making them never takes more memory than training on them."""


def generator(workload: Workload) -> nn.Sequential:
    """From [N, latent, 1, 1] to images [N, C, H, W] in [-1, 1]."""
    widths = workload.widths[::-1]
    layers = [nn.ConvTranspose2d(workload.latent, widths[0], BASE, 1, 0, bias=False), *_normal(widths[0])]
    for inputs, outputs in pairwise(widths):
        layers += [nn.ConvTranspose2d(inputs, outputs, KERNEL, 2, 1, bias=False), *_normal(outputs)]
    layers += [nn.ConvTranspose2d(widths[-1], workload.channels, KERNEL, 2, 1, bias=False), nn.Tanh()]
    return nn.Sequential(*layers).apply(_initialise)


def _normal(width: int) -> list[nn.Module]:
    return [nn.BatchNorm2d(width), nn.ReLU(inplace=True)]


def discriminator(workload: Workload) -> nn.Sequential:
    """From images [N, C, H, W] to probabilities [N, 1, 1, 1]."""
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
        workload: the networks.
        device: where they train.
    """

    def __init__(self, workload: Workload, device: torch.device) -> None:
        self.workload, self.device = workload, device
        self.generator = generator(workload).to(device)
        self.discriminator = discriminator(workload).to(device)
        self._moves_generator = torch.optim.Adam(self.generator.parameters(), RATE, BETAS)
        self._moves_discriminator = torch.optim.Adam(self.discriminator.parameters(), RATE, BETAS)
        self._loss = nn.BCELoss()

    def latents(self, count: int, source: torch.Generator | None = None) -> Tensor:
        """Float32 [count, latent, 1, 1]."""
        return torch.randn(count, self.workload.latent, 1, 1, device=self.device, generator=source)

    def step(self, real: Tensor) -> dict[str, float]:
        """Both players move once on a batch [N, C, H, W]; gives the figures that the example prints."""
        count = len(real)
        self.discriminator.zero_grad()
        on_real, loss_real = self._judged(real, 1.0)
        fake = self.generator(self.latents(count))
        on_fake, loss_fake = self._judged(fake.detach(), 0.0)
        self._moves_discriminator.step()

        self.generator.zero_grad()
        on_moved, loss = self._judged(fake, 1.0)
        self._moves_generator.step()
        shown = {"loss_d": loss_real + loss_fake, "loss_g": loss, "real": on_real, "fake": on_fake, "moved": on_moved}
        return {name: value.item() for name, value in shown.items()}

    def _judged(self, images: Tensor, target: float) -> tuple[Tensor, Tensor]:
        """The mean answer and the loss, whose gradients have been computed: all of them, whoever moves."""
        answers = self.discriminator(images).view(-1)
        loss = self._loss(answers, torch.full_like(answers, target))
        loss.backward()
        return answers.detach().mean(), loss.detach()


def pools(workload: Workload, count: int) -> Iterator[Tensor]:
    """Smooth random images, float32 [N, C, H, W] in [-1, 1], ``count`` of them, few at a time."""
    coarse = torch.randn(count, workload.channels, 8, 8, generator=torch.Generator().manual_seed(0))
    for some in coarse.split(FEW):
        yield nn.functional.interpolate(some, size=workload.size, mode="bilinear").tanh()


def pool(workload: Workload, count: int = POOL) -> Tensor:
    """All of them at once."""
    images = torch.empty(count, workload.channels, workload.size, workload.size)
    for few, some in zip(images.split(FEW), pools(workload, count), strict=True):
        few.copy_(some)
    return images


def main() -> None:
    workload, device = Workload.read(sys.argv[1]), torch.device(sys.argv[2])
    torch.manual_seed(0)
    torch.backends.cudnn.benchmark = True
    example = Example(workload, device)
    images = pool(workload, max(POOL, workload.batch)).to(device)
    place = 0

    def step() -> None:
        nonlocal place
        example.step(images[place : place + workload.batch])
        place = (place + workload.batch) % (len(images) - workload.batch + 1)

    facts = {"parameters": parameters(example.generator, example.discriminator)}
    clerk_on(device, facts).serve(step)


if __name__ == "__main__":
    main()
