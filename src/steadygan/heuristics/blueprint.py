"""The plan from which networks are built; architecture heuristics change it, networks read it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Downsampling = Literal["max-pooling", "strided", "average-pooling"]
Upsampling = Literal["nearest", "transposed", "pixel-shuffle"]
Output = Literal["sigmoid", "tanh"]


class BatchNorm(BaseModel):
    """Parameters of batch normalisation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    momentum: float
    eps: float


class Blueprint(BaseModel):
    """How the two networks are built. The defaults are the naive GAN: what one writes before reading any paper.

    Attributes:
        downsampling: how the discriminator halves its maps.
        upsampling: how the generator doubles its maps.
        strided_kernel: kernel size of every layer with stride 2; other convolutions have kernel 3.
        hidden_dense: whether a hidden dense layer stands behind z and before the logit.
        generator_norm: normalisation of the generator's hidden layers, before the activation.
        discriminator_norm: the same for the discriminator, its first layer left out.
        generator_slope: slope of the generator's activation below 0 (0 is ReLU).
        discriminator_slope: the same for the discriminator.
        output: the generator's last activation, and so the range of images: sigmoid [0, 1], tanh [-1, 1].
        init_std: standard deviation of normal initial weights; None leaves PyTorch's.
        generator_dropout: share of the generator's hidden activations set to 0, in training and in generation.
        discriminator_width: how much wider the discriminator is than the recipe's width.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    downsampling: Downsampling = "max-pooling"
    upsampling: Upsampling = "nearest"
    strided_kernel: int = 5
    hidden_dense: bool = True
    generator_norm: BatchNorm | None = None
    discriminator_norm: BatchNorm | None = None
    generator_slope: float = 0.0
    discriminator_slope: float = 0.0
    output: Output = "sigmoid"
    init_std: float | None = None
    generator_dropout: float = 0.0
    discriminator_width: float = 1.0

    def changed(self, **fields: object) -> "Blueprint":
        """A copy with some fields replaced, checked like a new one."""
        return Blueprint.model_validate({**self.model_dump(), **fields})

    @property
    def image_range(self) -> tuple[float, float]:
        """The range of images that the networks make and see."""
        return (0.0, 1.0) if self.output == "sigmoid" else (-1.0, 1.0)
