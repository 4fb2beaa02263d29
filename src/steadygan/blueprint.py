"""The plan from which networks are built: heuristics change it, and networks read it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Downsampling = Literal["max-pooling", "strided", "average-pooling"]
Upsampling = Literal["nearest", "transposed", "pixel-shuffle"]
Output = Literal["sigmoid", "tanh"]
NormKind = Literal["batch", "instance", "virtual-batch", "reference-batch"]
ClassAnswer = Literal["none", "auxiliary", "semi-supervised"]


class Norm(BaseModel):
    """How a network's hidden layers are normalised.

    Attributes:
        kind: over what the statistics are taken.
        momentum: of the running statistics, for batch normalisation.
        eps: added to the variance.
        reference: images in the reference batch of the kinds that have one.
        conditional: whether each class has a scale and a shift of its own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: NormKind = "batch"
    momentum: float = 0.1
    eps: float = 1e-5
    reference: int = 64
    conditional: bool = False

    @property
    def has_reference(self) -> bool:
        """Whether statistics come from a reference batch."""
        return self.kind in ("virtual-batch", "reference-batch")


class Blueprint(BaseModel):
    """How the two networks are built. The defaults are the naive GAN: what one writes before reading any paper.

    Attributes:
        classes: classes that the networks know; 0 where they take no labels.
        downsampling: how the discriminator halves its maps.
        upsampling: how the generator doubles its maps.
        generator_filtered: whether the generator's maps pass a low-pass filter after each doubling.
        discriminator_filtered: whether the discriminator's maps pass one before each halving.
        strided_kernel: kernel size of every layer with stride 2; other convolutions have kernel 3.
        hidden_dense: whether a hidden dense layer stands behind z and before the logit.
        generator_norm: normalisation of the generator's hidden layers, before the activation.
        discriminator_norm: the same for the discriminator, its first layer left out.
        generator_slope: slope of the generator's activation below 0 (0 is ReLU).
        discriminator_slope: the same for the discriminator.
        output: the generator's last activation, and so the range of images: sigmoid [0, 1], tanh [-1, 1].
        init_std: standard deviation of normal initial weights; None leaves PyTorch's.
        icnr_init: whether layers that double maps are initialised as nearest-neighbour upsampling and a convolution.
        generator_dropout: share of the generator's hidden activations set to 0, in training and in generation.
        generator_noise: standard deviation of the noise added to the generator's hidden layers.
        discriminator_width: how much wider the discriminator is than the recipe's width.
        minibatch_kernels: kernels B of minibatch discrimination on the last features; 0 for none.
        minibatch_dimension: dimension C of each kernel.
        minibatch_stddev: images in a group of the standard deviation channel; 0 for none.
        attention: size of the maps at which both networks have self-attention (the nearest that they have); 0 for none.
        packing: images that the discriminator judges together, stacked along channels.
        generator_spectral: power iterations a step of the generator's spectral normalisation; 0 for none.
        discriminator_spectral: the same for the discriminator.
        equalised: whether weights start from N(0, 1) and are scaled by He's constant at run time.
        generator_embedding: dimension in which labels enter the generator beside z; 0 for none.
        discriminator_embedding: dimension in which labels enter the discriminator as a channel; 0 for none.
        projection: whether the logit has the inner product of features and an embedding of the class.
        class_answer: whether the discriminator also names the class, and how its logit follows.
        encoder: whether a network from images to latents is built beside the generator and the discriminator.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    classes: int = 0
    downsampling: Downsampling = "max-pooling"
    upsampling: Upsampling = "nearest"
    generator_filtered: bool = False
    discriminator_filtered: bool = False
    strided_kernel: int = 5
    hidden_dense: bool = True
    generator_norm: Norm | None = None
    discriminator_norm: Norm | None = None
    generator_slope: float = 0.0
    discriminator_slope: float = 0.0
    output: Output = "sigmoid"
    init_std: float | None = None
    icnr_init: bool = False
    generator_dropout: float = 0.0
    generator_noise: float = 0.0
    discriminator_width: float = 1.0
    minibatch_kernels: int = 0
    minibatch_dimension: int = 0
    minibatch_stddev: int = 0
    attention: int = 0
    packing: int = 1
    generator_spectral: int = 0
    discriminator_spectral: int = 0
    equalised: bool = False
    generator_embedding: int = 0
    discriminator_embedding: int = 0
    projection: bool = False
    class_answer: ClassAnswer = "none"
    encoder: bool = False

    def changed(self, **fields: object) -> "Blueprint":
        """A copy with some fields replaced, checked like a new one."""
        return Blueprint.model_validate({**self.model_dump(), **fields})

    @property
    def image_range(self) -> tuple[float, float]:
        """The range of images that the networks make and see."""
        return (0.0, 1.0) if self.output == "sigmoid" else (-1.0, 1.0)

    @property
    def generator_takes_labels(self) -> bool:
        """Whether the generator makes images of a class."""
        norm = self.generator_norm
        return self.generator_embedding > 0 or (norm is not None and norm.conditional)

    @property
    def discriminator_takes_labels(self) -> bool:
        """Whether the discriminator is given the class that an image should have."""
        return self.discriminator_embedding > 0 or self.projection
