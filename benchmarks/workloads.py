"""The workloads of the contestants: sizes of the networks of PyTorch's DCGAN example, and their cost."""

import json
from dataclasses import asdict, dataclass

BASE, KERNEL = 4, 4
MOST_DOUBLINGS = 3


@dataclass(frozen=True)
class Workload:
    """A pair of networks and a batch.

    The networks are those of the example, with kernels of 4 and a stride of 2, from ``size`` down to 4 x 4. Sizes other
    than 64 have fewer or more blocks; channels double from ``filters`` up to eight times as many.

    Args:
        size: height and width of the images, a power of 2 from 8 on.
        channels: the channels of the images.
        batch: the number of images in a batch.
        filters: the channels of the maps next to the image.
        latent: the length of a latent.
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
        """The workload as an argument of a program."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> "Workload":
        """Read a workload from :attr:`text`."""
        return cls(**json.loads(text))

    def forward_flop(self) -> tuple[list[int], list[int]]:
        """Operations of each layer for one image, from the largest maps on: the discriminator's, then the generator's.

        A multiplication and an addition count as two. Each weight of a convolution is used once for each position of
        its output, or of its input if it is transposed; these are the positions of the smaller maps.
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
        """Operations for one image in a step without any unnecessary computation.

        The discriminator's move has a forward pass of the generator and two of the discriminator, and the gradients of
        the latter with respect to weights and inputs, but not to the images. The generator's move has a forward pass of
        the discriminator and its gradients with respect to inputs alone, and the generator's gradients with respect to
        weights and inputs, but not to the latents.
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
