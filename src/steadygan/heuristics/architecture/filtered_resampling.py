"""A low-pass filter where maps change their size."""

from typing import ClassVar, Self

from pydantic import model_validator

from steadygan.blueprint import Blueprint
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import ArchitectureHeuristic
from steadygan.vocabulary import Failure


class FilteredResampling(ArchitectureHeuristic):
    """Maps pass a low-pass filter where their size changes."""

    name: ClassVar[str] = "filtered-resampling"
    images_only: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        summary="Maps pass a fixed low-pass filter after each doubling, and before each halving if that is wanted.",
        formula="y = k ∗ x, k = [1, 2, 1]ᵀ [1, 2, 1] / 16",
        sources=(
            Source(citation="zhang2019blurpool", where="section 3.2"),
            Source(citation="karras2019stylegan2", where="appendix B, filter of the resampling layers"),
        ),
        treats=(Failure.CHECKERBOARD,),
        cost="a depthwise convolution of 3x3 for each change of size",
        example=(
            "from torch import nn\n"
            "from steadygan.layers import LowPassFilter\n"
            "generator = nn.Sequential(\n"
            "    nn.Linear(6, 64 * 4 * 4), nn.Unflatten(1, (64, 4, 4)), nn.ReLU(),\n"
            "    nn.ConvTranspose2d(64, 3, 4, stride=2, padding=1), LowPassFilter(), nn.Tanh(),\n"
            ")\n"
            "fake = generator(z)"
        ),
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
        """Add the filter to the layers that change the size of maps."""
        return blueprint.changed(generator_filtered=self.in_generator, discriminator_filtered=self.in_discriminator)
