"""The network whose features say how near images are to the user's own."""

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from steadygan.features.pixels import pixels

FEATURES = 128
LARGEST = 64
"""Images larger than this are reduced to it."""
FULL_SIZE = 32
"""Maps larger than this are halved before most of the work."""


class EncoderConfig(BaseModel):
    """What an encoder is built from.

    Attributes:
        channels: of its images.
        size: height and width of its images.
        classes: how many it tells apart.
        width: channels after the second convolution.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    channels: int = Field(ge=1, le=3)
    size: int = Field(ge=8, le=LARGEST)
    classes: int = Field(ge=2, le=1_000_000)
    width: int = Field(32, ge=2, le=1024)


class Residual(nn.Module):
    """Two convolutions whose result is added to their input, [N, C, H, W] to the same.

    Source: He et al. 2015, "Deep Residual Learning for Image Recognition", figure 2.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = convolution(channels, channels)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        """The sum, rectified."""
        return torch.relu(x + self.norm(self.second(self.first(x))))


def convolution(inputs: int, outputs: int) -> nn.Sequential:
    """A 3x3 convolution at full resolution, batch norm, a rectifier."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())


class Encoder(nn.Module):
    """A small residual classifier of which the layer before the last is wanted.

    The first convolutions keep the full resolution: with a stride they would not see checkerboards.

    Args:
        config: what it is built from.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.register_buffer("mean", torch.full((1, config.channels, 1, 1), 127.5))
        self.register_buffer("deviation", torch.full((1, config.channels, 1, 1), 127.5))
        self.maps = nn.Sequential(
            convolution(config.channels, width // 2),
            nn.MaxPool2d(2) if config.size > FULL_SIZE else nn.Identity(),
            convolution(width // 2, width),
            nn.MaxPool2d(2),
            Residual(width),
            convolution(width, 2 * width),
            nn.MaxPool2d(2),
            convolution(2 * width, 4 * width),
            nn.MaxPool2d(2),
            Residual(4 * width),
        )
        self.project = nn.Linear(4 * width, FEATURES)
        self.classify = nn.Linear(FEATURES, config.classes)

    def resized(self, images: Tensor) -> Tensor:
        """Stored images of the size and with the channels that the network takes.

        Args:
            images: uint8 [N, H, W, C].

        Returns:
            float32 [N, channels, size, size] in [0, 255].
        """
        return pixels(images, self.config.channels, self.config.size)

    def standardised(self, resized: Tensor) -> Tensor:
        """Images as the network sees them: mean 0 and deviation 1 in each channel over the data.

        Args:
            resized: float32 [N, channels, size, size] in [0, 255].
        """
        found = (resized - self.mean) / self.deviation
        return found.contiguous(memory_format=torch.channels_last)

    def features(self, x: Tensor) -> Tensor:
        """Standardised images [N, channels, size, size] to features [N, 128]."""
        features: Tensor = torch.relu(self.project(self.maps(x).amax((2, 3))))
        return features

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Standardised images [N, channels, size, size] to features [N, 128] and logits [N, classes]."""
        features = self.features(x)
        return features, self.classify(features)
