"""What lets the discriminator see several images at once, or far across one."""

from typing import ClassVar

from pydantic import Field

from steadygan.blueprint import Blueprint
from steadygan.heuristics.architecture.example import in_a_recipe
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.citations import (
    GANHACKS,
    PACGAN,
    PROGRESSIVE,
    SAGAN,
    SALIMANS,
)
from steadygan.heuristics.roles import ArchitectureHeuristic
from steadygan.vocabulary import Finding


class MinibatchDiscrimination(ArchitectureHeuristic):
    """The discriminator is told how close each image is to the others of its batch."""

    name: ClassVar[str] = "minibatch-discrimination"
    card: ClassVar[Card] = Card(
        summary="Beside an image's last features the discriminator sees how close they are to those of its batch.",
        formula="M_i = f(x_i) T, o_b(x_i) = Σ_{j ≠ i} exp(-‖M_ib - M_jb‖₁), appended to f(x_i)",
        sources=(Source(citation=SALIMANS, where="section 3.2"), Source(citation=GANHACKS, where="item 15")),
        treats=(Finding.MODE_COLLAPSE,),
        cost="N² · kernels · dimension numbers in memory; the logits of one batch depend on each other",
        example=in_a_recipe("minibatch-discrimination"),
        note=(
            "The paper's sum counts the image itself, which adds 1; the authors' code does not. T starts from "
            "N(0, 1 / features) instead of from a batch. The list of hacks reports mixed results."
        ),
    )
    kernels: int = Field(100, ge=1, le=1000)
    dimension: int = Field(5, ge=1, le=100)

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Put the layer before the logit."""
        return blueprint.changed(minibatch_kernels=self.kernels, minibatch_dimension=self.dimension)


class MinibatchStddev(ArchitectureHeuristic):
    """The discriminator is told how much the images of a group differ."""

    name: ClassVar[str] = "minibatch-stddev"
    card: ClassVar[Card] = Card(
        summary="One more channel near the discriminator's end: the standard deviation over a group of images.",
        formula="s = mean over features and pixels of √(Var over the group + 1e-8)",
        sources=(Source(citation=PROGRESSIVE, where="section 3"),),
        treats=(Finding.MODE_COLLAPSE, Finding.MODE_DROPPING),
        cost="almost none; the logits of one group depend on each other",
        example=in_a_recipe("minibatch-stddev"),
        note="The paper takes the whole batch as one group; groups of 4 are from the authors' code.",
    )
    group: int = Field(4, ge=2, le=65536)

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Put the channel in."""
        return blueprint.changed(minibatch_stddev=self.group)


class Packing(ArchitectureHeuristic):
    """The discriminator judges several images of the same side together."""

    name: ClassVar[str] = "packing"
    card: ClassVar[Card] = Card(
        summary="The discriminator judges packs of images, all real or all fake, so that it sees missing variety.",
        formula="logit = D(x_1, ..., x_m), images stacked along channels",
        sources=(Source(citation=PACGAN, where="section 2"),),
        treats=(Finding.MODE_COLLAPSE, Finding.MODE_DROPPING),
        cost="almost none: only the discriminator's first layer grows; as many logits fewer as images in a pack",
        example=in_a_recipe("packing"),
        note=(
            "A pack is made of neighbours in the batch, where the authors draw m batches of the same size; "
            "so each logit is learnt from m times the images."
        ),
    )
    images: int = Field(2, ge=2, le=16)

    def needs_batch(self, batch: int) -> str | None:
        """The batch must be divisible into packs."""
        if batch % self.images == 0:
            return None
        below = max(self.images, batch - batch % self.images)
        return f"'packing' makes packs of {self.images} and the batch is {batch}; use --set batch={below}"

    def needs_share(self, share: int, processes: int) -> str | None:
        """No pack is torn apart."""
        if share % self.images == 0:
            return None
        return (
            f"'packing' makes packs of {self.images} and each of the {processes} processes has {share} images of a "
            f"batch; use --set batch={processes * self.images * max(1, share // self.images)}"
        )

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Set the size of a pack."""
        return blueprint.changed(packing=self.images)


class SelfAttention(ArchitectureHeuristic):
    """Both networks look across the whole map at one size."""

    name: ClassVar[str] = "self-attention"
    images_only: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        summary="At one size of the maps every pixel attends to all others, so that distant parts fit together.",
        formula="y = x + γ v(Σ_j softmax_j(f(x_j) · g(x_i)) h(x_j)), γ = 0 at first",
        sources=(Source(citation=SAGAN, where="section 3, equations 1 to 3"),),
        treats=(Finding.GARBAGE_FOOLING, Finding.MODE_DROPPING),
        cost="pixels² / 4 numbers an image at the size of the maps",
        example=in_a_recipe("self-attention"),
        note=(
            "Keys and values are pooled to half the size and values have C / 2 channels, as in the authors' code; "
            "the paper has C / 8 throughout and no pooling."
        ),
    )
    maps: int = Field(16, ge=2, le=256)

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Put the attention in."""
        return blueprint.changed(attention=self.maps)
