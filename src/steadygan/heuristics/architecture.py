"""Slot architecture: how are the generator and the discriminator built?

The maths of these heuristics is the layers themselves; each class changes one thing in the blueprint.
"""

from typing import ClassVar, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor

from steadygan.heuristics.base import ArchitectureHeuristic
from steadygan.heuristics.blueprint import BatchNorm, Blueprint
from steadygan.heuristics.card import Card, Finding, Source
from steadygan.heuristics.citations import (
    BATCH_NORM,
    CHECKERBOARD,
    CHOLLET,
    DCGAN,
    GANHACKS,
    PIX2PIX,
    SUBPIXEL,
    TUTORIAL,
)

STRIDE = 2


def scale_images(images: Tensor, low: float = -1.0, high: float = 1.0) -> Tensor:
    """Bring 8-bit images into the range that the generator's last activation has.

    Args:
        images: uint8 [N, ...] in [0, 255].
        low: what 0 becomes.
        high: what 255 becomes.

    Returns:
        float32 of the same shape in [low, high].

    Source: Radford et al. 2015, section 4 ("scaling to the range of the tanh activation function [-1, 1]").
    """
    return images.float().mul_((high - low) / 255.0).add_(low)


def unscale_images(images: Tensor, low: float = -1.0, high: float = 1.0) -> Tensor:
    """Undo :func:`scale_images`, rounding to the nearest of 256 levels.

    Args:
        images: float [N, ...]; values outside [low, high] are clipped.
        low: what becomes 0.
        high: what becomes 255.

    Returns:
        uint8 of the same shape.
    """
    return ((images.float() - low) * (255.0 / (high - low))).round().clamp(0, 255).to(torch.uint8)


def _in_a_recipe(name: str) -> str:
    return f'import steadygan as sg\nrecipe = sg.recipe("naive").with_("{name}")'


class StridedConvolutions(ArchitectureHeuristic):
    """The discriminator halves its maps by stride."""

    name: ClassVar[str] = "strided-convolutions"
    decides: ClassVar[str] = "how the discriminator halves its maps"
    images_only: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        summary="The discriminator learns its own downsampling by convolutions of stride 2 instead of pooling.",
        formula="y = W ∗ x with stride 2",
        sources=(Source(citation=DCGAN, where="section 3"),),
        treats=(Finding.DISCRIMINATOR_WINS, Finding.OSCILLATION),
        cost="less than nothing: 0.7 of the work of the convolution that pooling follows, 0.44 with kernel 4",
        example=_in_a_recipe("strided-convolutions"),
        note="The kernel is 5 with stride 2, as in the paper's figure 1, unless kernel-divisible-by-stride makes it 4.",
    )

    def apply(self, blueprint: Blueprint) -> Blueprint:
        """Set the downsampling."""
        return blueprint.changed(downsampling="strided")


class AveragePooling(ArchitectureHeuristic):
    """The discriminator halves its maps by average pooling."""

    name: ClassVar[str] = "average-pooling"
    decides: ClassVar[str] = "how the discriminator halves its maps"
    images_only: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        summary="The discriminator downsamples by averages, which give gradients everywhere, unlike maxima.",
        formula="y = mean of each 2×2 block of W ∗ x",
        sources=(Source(citation=GANHACKS, where="item 5"),),
        treats=(Finding.DISCRIMINATOR_WINS,),
        cost="1.44 times the work of a stride with kernel 5, 2.25 times that with kernel 4",
        example=_in_a_recipe("average-pooling"),
    )

    def apply(self, blueprint: Blueprint) -> Blueprint:
        """Set the downsampling."""
        return blueprint.changed(downsampling="average-pooling")


class TransposedConvolutions(ArchitectureHeuristic):
    """The generator doubles its maps by transposed convolutions."""

    name: ClassVar[str] = "transposed-convolutions"
    decides: ClassVar[str] = "how the generator doubles its maps"
    images_only: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        summary="The generator learns its own upsampling by transposed convolutions of stride 2.",
        formula="y = Wᵀ ∗ x with stride 2",
        sources=(Source(citation=DCGAN, where="section 3"),),
        treats=(Finding.GARBAGE_FOOLING,),
        cost="less than nearest neighbour with a convolution",
        example=_in_a_recipe("transposed-convolutions"),
        note="The kernel is 5 with stride 2, as in the paper's figure 1, unless kernel-divisible-by-stride makes it 4.",
    )

    def apply(self, blueprint: Blueprint) -> Blueprint:
        """Set the upsampling."""
        return blueprint.changed(upsampling="transposed")


class PixelShuffle(ArchitectureHeuristic):
    """The generator doubles its maps by sub-pixel convolution."""

    name: ClassVar[str] = "pixel-shuffle"
    decides: ClassVar[str] = "how the generator doubles its maps"
    images_only: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        summary="The generator upsamples by computing four channels for each and weaving them into a larger map.",
        formula="y[c, 2i + a, 2j + b] = (W ∗ x)[4c + 2a + b, i, j]",
        sources=(Source(citation=SUBPIXEL, where="equation 4"), Source(citation=GANHACKS, where="item 5")),
        treats=(Finding.CHECKERBOARD,),
        cost="2.25 times a transposed convolution with kernel 4",
        example=_in_a_recipe("pixel-shuffle"),
    )

    def apply(self, blueprint: Blueprint) -> Blueprint:
        """Set the upsampling."""
        return blueprint.changed(upsampling="pixel-shuffle")


class KernelDivisibleByStride(ArchitectureHeuristic):
    """Strided layers cover every pixel equally often."""

    name: ClassVar[str] = "kernel-divisible-by-stride"
    images_only: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        summary="Kernel size divisible by the stride in every strided layer, so that no pixel is written more often.",
        formula="kernel mod stride = 0",
        sources=(Source(citation=CHECKERBOARD, where="section on overlap"), Source(citation=CHOLLET, where="p. 308")),
        treats=(Finding.CHECKERBOARD,),
        cost="16/25 of the work of kernel 5",
        example=_in_a_recipe("strided-convolutions").removesuffix(")")
        + ').with_("kernel-divisible-by-stride", kernel=4)',
        needs=("strided-convolutions", "transposed-convolutions"),
    )
    kernel: int = Field(4, ge=2, le=8)

    @model_validator(mode="after")
    def _divisible(self) -> Self:
        if self.kernel % STRIDE:
            raise ValueError(f"kernel {self.kernel} is not divisible by the stride {STRIDE}; choose 2, 4, 6 or 8")
        return self

    def apply(self, blueprint: Blueprint) -> Blueprint:
        """Set the kernel of strided layers."""
        return blueprint.changed(strided_kernel=self.kernel)


class NoHiddenDense(ArchitectureHeuristic):
    """z is projected and convolved at once; the last map goes straight to the logit."""

    name: ClassVar[str] = "no-hidden-dense"
    images_only: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        summary="No hidden dense layers: z is projected, reshaped and convolved; the last map gives the logit.",
        formula="logit = w · flatten(last map)",
        sources=(Source(citation=DCGAN, where="section 3"),),
        treats=(Finding.OSCILLATION,),
        cost="less than nothing: two layers fewer",
        example=_in_a_recipe("no-hidden-dense"),
    )

    def apply(self, blueprint: Blueprint) -> Blueprint:
        """Leave the hidden dense layers out."""
        return blueprint.changed(hidden_dense=False)


class BatchNormHeuristic(ArchitectureHeuristic):
    """Batch normalisation in the hidden layers."""

    name: ClassVar[str] = "batch-norm"
    card: ClassVar[Card] = Card(
        summary=(
            "Batch normalisation before each activation, but not at the generator's output nor the discriminator's "
            "input; real and fake batches have statistics of their own."
        ),
        formula="y = a (x - E[x]) / √(Var[x] + eps) + b, over the batch",
        sources=(
            Source(citation=DCGAN, where="section 3"),
            Source(citation=BATCH_NORM, where="algorithm 1"),
            Source(citation=GANHACKS, where="item 4"),
        ),
        treats=(Finding.STALLED, Finding.MODE_COLLAPSE),
        cost="about a tenth of a step; images of one batch depend on each other",
        example=_in_a_recipe("batch-norm"),
        note=(
            "Samples are made with the statistics that the kept weights have over many latents (the standing "
            "statistics of BigGAN), not with the running averages of training."
        ),
    )
    in_generator: bool = True
    in_discriminator: bool = True
    momentum: float = Field(0.1, gt=0, le=1)
    eps: float = Field(1e-5, gt=0)

    def apply(self, blueprint: Blueprint) -> Blueprint:
        """Put the normalisation in."""
        norm = BatchNorm(momentum=self.momentum, eps=self.eps)
        return blueprint.changed(
            generator_norm=norm if self.in_generator else blueprint.generator_norm,
            discriminator_norm=norm if self.in_discriminator else blueprint.discriminator_norm,
        )


class LeakyReLU(ArchitectureHeuristic):
    """Activations that pass gradients below 0 too."""

    name: ClassVar[str] = "leaky-relu"
    card: ClassVar[Card] = Card(
        summary="Leaky rectifiers, so that gradients reach the generator through every unit.",
        formula="y = max(x, slope · x)",
        sources=(Source(citation=DCGAN, where="sections 3 and 4"), Source(citation=GANHACKS, where="item 5")),
        treats=(Finding.STALLED, Finding.DISCRIMINATOR_WINS),
        example=_in_a_recipe("leaky-relu"),
        note="The paper has ReLU in the generator; leaky in both is later practice (in_generator).",
    )
    in_discriminator: bool = True
    in_generator: bool = False
    slope: float = Field(0.2, gt=0, lt=1)

    def apply(self, blueprint: Blueprint) -> Blueprint:
        """Set the slopes."""
        return blueprint.changed(
            discriminator_slope=self.slope if self.in_discriminator else blueprint.discriminator_slope,
            generator_slope=self.slope if self.in_generator else blueprint.generator_slope,
        )


class TanhOutput(ArchitectureHeuristic):
    """The generator ends in tanh, and images lie in [-1, 1]."""

    name: ClassVar[str] = "tanh-output"
    images_only: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        summary="The generator ends in tanh and real images are scaled to [-1, 1], centred like the latents.",
        formula="x = pixel / 127.5 - 1",
        sources=(Source(citation=DCGAN, where="sections 3 and 4"), Source(citation=GANHACKS, where="item 1")),
        treats=(Finding.SATURATED_OUTPUT, Finding.PREPROCESSING_MISMATCH),
        example=(
            "from steadygan.heuristics.architecture import scale_images\nx = scale_images(pixels)  # uint8 to [-1, 1]"
        ),
    )

    def apply(self, blueprint: Blueprint) -> Blueprint:
        """Set the last activation."""
        return blueprint.changed(output="tanh")


class NormalInit(ArchitectureHeuristic):
    """Weights start small and normal."""

    name: ClassVar[str] = "normal-init"
    card: ClassVar[Card] = Card(
        summary="All weights start from a narrow normal distribution; the scales of batch norm start around 1.",
        formula="w ~ N(0, std²), batch-norm scale ~ N(1, std²)",
        sources=(Source(citation=DCGAN, where="section 4"),),
        treats=(Finding.EXPLODING_GRADIENTS, Finding.STALLED),
        example=_in_a_recipe("normal-init"),
        note="The normal scale of batch norm is from the authors' code; the paper speaks of weights only.",
    )
    std: float = Field(0.02, gt=0)

    def apply(self, blueprint: Blueprint) -> Blueprint:
        """Set the initial spread."""
        return blueprint.changed(init_std=self.std)


class GeneratorDropout(ArchitectureHeuristic):
    """Dropout in the generator that stays on."""

    name: ClassVar[str] = "generator-dropout"
    card: ClassVar[Card] = Card(
        summary="Half of the generator's hidden activations are dropped, in training and in generation alike.",
        formula="y = x · m / (1 - p), m ~ Bernoulli(1 - p)",
        sources=(Source(citation=GANHACKS, where="item 17"), Source(citation=PIX2PIX, where="section 3.1")),
        treats=(Finding.MODE_COLLAPSE,),
        example=_in_a_recipe("generator-dropout"),
        note="Noise in the layers: the same latent gives a slightly different image each time.",
    )
    probability: float = Field(0.5, gt=0, lt=1)

    def apply(self, blueprint: Blueprint) -> Blueprint:
        """Put the dropout in."""
        return blueprint.changed(generator_dropout=self.probability)


class LargerDiscriminator(ArchitectureHeuristic):
    """The discriminator is wider than the generator."""

    name: ClassVar[str] = "larger-discriminator"
    card: ClassVar[Card] = Card(
        summary="The discriminator is wider than the generator: the theory wants it near its optimum.",
        formula="width of D = width · factor",
        sources=(Source(citation=TUTORIAL, where="section 4.4"),),
        treats=(Finding.MODE_DROPPING, Finding.GARBAGE_FOOLING),
        cost="about factor² times the discriminator's work",
        example=_in_a_recipe("larger-discriminator"),
    )
    factor: float = Field(1.5, gt=1, le=8)

    def apply(self, blueprint: Blueprint) -> Blueprint:
        """Widen the discriminator."""
        return blueprint.changed(discriminator_width=blueprint.discriminator_width * self.factor)
