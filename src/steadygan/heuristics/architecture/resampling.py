"""How maps become larger and smaller."""

from typing import ClassVar, Self

from pydantic import Field, model_validator

from steadygan.blueprint import Blueprint
from steadygan.heuristics.architecture.example import in_a_recipe
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.citations import (
    BLURPOOL,
    CHECKERBOARD,
    CHOLLET,
    DCGAN,
    GANHACKS,
    STYLEGAN2,
    SUBPIXEL,
)
from steadygan.heuristics.roles import ArchitectureHeuristic
from steadygan.vocabulary import Finding

STRIDE = 2


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
        example=in_a_recipe("strided-convolutions"),
        note="The kernel is 5 with stride 2, as in the paper's figure 1, unless kernel-divisible-by-stride makes it 4.",
    )

    def design(self, blueprint: Blueprint) -> Blueprint:
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
        example=in_a_recipe("average-pooling"),
    )

    def design(self, blueprint: Blueprint) -> Blueprint:
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
        cost="with kernel 4 that of resize-convolutions, with kernel 5 1.56 times",
        example=in_a_recipe("transposed-convolutions"),
        note="The kernel is 5 with stride 2, as in the paper's figure 1, unless kernel-divisible-by-stride makes it 4.",
    )

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Set the upsampling."""
        return blueprint.changed(upsampling="transposed")


class ResizeConvolutions(ArchitectureHeuristic):
    """The generator doubles its maps by nearest neighbours, and convolves them then."""

    name: ClassVar[str] = "resize-convolutions"
    decides: ClassVar[str] = "how the generator doubles its maps"
    images_only: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        summary="The generator repeats each pixel in a square of 2×2 and convolves then, so that even maps stay even.",
        formula="y = W ∗ u, u[2i + a, 2j + b] = x[i, j] for a, b in {0, 1}",
        sources=(Source(citation=CHECKERBOARD, where="section on better upsampling"),),
        treats=(Finding.CHECKERBOARD,),
        cost="that of a transposed convolution with kernel 4, which it is once taps that meet one pixel are added",
        example=in_a_recipe("resize-convolutions"),
        note=(
            "The kernel is 3. The naive networks double their maps like this too; the name is for recipes that would "
            "do it otherwise. Of a transposed convolution each pixel of a square has weights of its own, whose sums "
            "need not agree: where they do not, a grid of dots lies over everything."
        ),
    )

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Set the upsampling."""
        return blueprint.changed(upsampling="nearest")


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
        example=in_a_recipe("pixel-shuffle"),
    )

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Set the upsampling."""
        return blueprint.changed(upsampling="pixel-shuffle")


class FilteredResampling(ArchitectureHeuristic):
    """Maps pass a low-pass filter where their size changes."""

    name: ClassVar[str] = "filtered-resampling"
    images_only: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        summary="Maps pass a fixed low-pass filter after each doubling, and before each halving if that is wanted.",
        formula="y = k ∗ x, k = [1, 2, 1]ᵀ [1, 2, 1] / 16",
        sources=(
            Source(citation=BLURPOOL, where="section 3.2"),
            Source(citation=STYLEGAN2, where="appendix B, filter of the resampling layers"),
        ),
        treats=(Finding.CHECKERBOARD,),
        cost="a depthwise convolution of 3x3 for each change of size",
        example=in_a_recipe("transposed-convolutions").removesuffix(")") + ').with_("filtered-resampling")',
        note=(
            "The wave of period 2 has no power behind the filter, and it is this wave by which the four kinds of "
            "pixels of a transposed convolution disagree. StyleGAN2's filter is [1, 3, 3, 1], which fits its layers' "
            "odd sizes; here maps must stay where they are, which takes an odd number of taps. Filtering only the "
            "generator is this package's choice: in trials a filtered discriminator was worse (docs/quality.md)."
        ),
    )
    in_generator: bool = True
    in_discriminator: bool = False

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if not (self.in_generator or self.in_discriminator):
            raise ValueError("filters neither network; set in_generator or in_discriminator, or leave it out")
        return self

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Put the filter beside the layers that change sizes."""
        return blueprint.changed(generator_filtered=self.in_generator, discriminator_filtered=self.in_discriminator)


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
        example=in_a_recipe("strided-convolutions").removesuffix(")")
        + ').with_("kernel-divisible-by-stride", kernel=4)',
        needs=("strided-convolutions", "transposed-convolutions"),
    )
    kernel: int = Field(4, ge=2, le=8)

    @model_validator(mode="after")
    def _divisible(self) -> Self:
        if self.kernel % STRIDE:
            raise ValueError(f"kernel {self.kernel} is not divisible by the stride {STRIDE}; choose 2, 4, 6 or 8")
        return self

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Set the kernel of strided layers."""
        return blueprint.changed(strided_kernel=self.kernel)
