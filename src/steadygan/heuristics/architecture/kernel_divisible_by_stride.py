"""Kernels that cover every pixel equally often."""

from typing import ClassVar, Self

from pydantic import Field, model_validator

from steadygan.blueprint import Blueprint
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import ArchitectureHeuristic
from steadygan.vocabulary import Failure

STRIDE = 2


class KernelDivisibleByStride(ArchitectureHeuristic):
    """Strided layers cover every pixel equally often."""

    name: ClassVar[str] = "kernel-divisible-by-stride"
    images_only: ClassVar[bool] = True
    needs: ClassVar[tuple[str, ...]] = ("strided-convolutions", "transposed-convolutions")
    card: ClassVar[Card] = Card(
        summary="Kernel size divisible by the stride in every strided layer, so that no pixel is written more often.",
        formula="kernel mod stride = 0",
        sources=(
            Source(citation="odena2016deconvolution", where="section on overlap"),
            Source(citation="chollet2017deep", where="p. 308"),
        ),
        treats=(Failure.CHECKERBOARD,),
        cost="16/25 of the work of kernel 5",
        example=(
            "from torch import nn\n"
            "double = nn.ConvTranspose2d(3, 64, kernel_size=4, stride=2, padding=1)  # 2 divides 4, and not 5\n"
            "maps = double(real)"
        ),
    )
    kernel: int = Field(4, ge=2, le=8)

    @model_validator(mode="after")
    def _divisible(self) -> Self:
        if self.kernel % STRIDE:
            raise ValueError(f"kernel {self.kernel} is not divisible by the stride {STRIDE}; choose 2, 4, 6 or 8")
        return self

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Choose the kernel size of strided layers."""
        return blueprint.changed(strided_kernel=self.kernel)
