"""What the contestants of a race train: the networks of PyTorch's DCGAN example, and what they cost."""

import json
from dataclasses import asdict, dataclass

BASE, KERNEL = 4, 4
MOST_DOUBLINGS = 3


@dataclass(frozen=True)
class Workload:
    """A pair of networks and a batch.

    The networks are those of the example: kernels of 4, a stride of 2, from ``size`` down to 4 x 4. For sizes other
    than 64 there are blocks less or more; channels double from ``filters`` up to eight times as many.

    Args:
        size: height and width of the images, a power of 2 from 8 on.
        channels: of the images.
        batch: images in a batch.
        filters: channels of the maps next to the image.
        latent: numbers in a latent.
    """

    size: int
    channels: int
    batch: int
    filters: int = 64
    latent: int = 100

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of the hidden maps, from the largest maps to those of 4 x 4."""
        halvings = (self.size // BASE).bit_length() - 1
        return tuple(self.filters * 2 ** min(level, MOST_DOUBLINGS) for level in range(halvings))

    @property
    def text(self) -> str:
        """As an argument of a worker."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> "Workload":
        """From :attr:`text`."""
        return cls(**json.loads(text))

    def forward_flop(self) -> tuple[list[int], list[int]]:
        """Of each layer for one image, from the image to 4 x 4 and on: the discriminator's, and the generator's.

        A multiplication and an addition are two. Each weight of a convolution works once for each of its output's
        places (a transposed one: its input's), which are those of the smaller maps.
        """
        inner = []
        size, inputs = self.size, self.channels
        for outputs in self.widths:
            size //= 2
            inner.append(2 * size**2 * KERNEL**2 * inputs * outputs)
            inputs = outputs
        last = 2 * BASE**2 * inputs
        return [*inner, last], [*inner, last * self.latent]

    def useful_flop(self) -> int:
        """What one image costs in a step that computes nothing in vain.

        The discriminator's move: both networks forwards, the discriminator twice, and its gradients by weights and
        inputs, of which the first layer's by the images are of no use. The generator's move: the discriminator forwards
        and its gradients by inputs alone, the generator's by weights and inputs, not by the latents.
        """
        discriminator, generator = self.forward_flop()
        return 8 * sum(discriminator) - 2 * discriminator[0] + 3 * sum(generator) - generator[-1]


WORKLOADS = {
    "W64-b64": Workload(64, 3, 64),
    "W64-b128": Workload(64, 3, 128),
    "W32-b128": Workload(32, 3, 128),
    "W28-b128": Workload(32, 1, 128),
    "small": Workload(32, 1, 64, filters=16),
}
