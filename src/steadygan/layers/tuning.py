"""From which size on convolutions go by matrices, which depends on the kind of processor.

Nothing is tried out while a run begins: a table of what was measured (benchmarks/convolutions.py) chooses as well as
trials would, and every time the same. A run keeps the kind that it began on, so that it goes on bit for bit.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple

import torch

from steadygan.vocabulary import Processor as Processor
from steadygan.vocabulary import ProcessorChoice


class Ratios(NamedTuple):
    """Weights for each position of the small maps from which on matrices are quicker, by what is multiplied.

    Attributes:
        by_maps: for convolutions, there and back; never where a type is missing.
        by_weight: for the derivative by the weight.
        widened: numbers in a weight up to which its derivative in bf16 is quicker in float32, if not by matrices.
    """

    by_maps: Mapping[torch.dtype, int]
    by_weight: Mapping[torch.dtype, int]
    widened: int = 0


# A convolution of oneDNN's sorts its weights anew in every call, which small maps cannot make up for where sums of
# products take no time, in the tiles of AMX. Elsewhere convolutions run near the processor's limit whatever the size,
# products of matrices in float32 at half of it (MKL on AMD), and only the derivative by the weight in bf16 is slow;
# with few channels it is even slower than in float32. By matrices it also stays quicker beside other busy programs:
# oneDNN's own way kept its threads waiting for each other, so that the ratio is lower than a quiet machine alone asks.
RATIOS: dict[Processor, Ratios] = {
    "amx": Ratios({torch.bfloat16: 1024, torch.float32: 1024}, {torch.bfloat16: 16, torch.float32: 256}),
    "vector": Ratios({}, {torch.bfloat16: 16}, widened=2**15),
}

_chosen: ProcessorChoice = "auto"


@torch.compiler.assume_constant_result  # type: ignore[untyped-decorator]  # it says nothing of types
def own_processor() -> Processor:
    """What kind of processor this is."""
    return "amx" if "amx_bf16" in processor_flags() else "vector"


def ratios() -> Ratios:
    """The numbers in force: those of :func:`tuned_for`, else those for this processor."""
    return RATIOS[own_processor() if _chosen == "auto" else _chosen]


@contextmanager
def tuned_for(processor: ProcessorChoice) -> Iterator[None]:
    """Where convolutions go by the ways that are quickest on this kind of processor; for the whole process."""
    global _chosen
    before, _chosen = _chosen, processor
    try:
        yield
    finally:
        _chosen = before


@cache
def processor_flags() -> frozenset[str]:
    """What Linux says that the first processor can do; empty elsewhere."""
    return frozenset(processor_says("flags").split())


def processor_says(key: str) -> str:
    """A line of what Linux says of the first processor; empty elsewhere."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.partition(":")[0].strip() == key), "")
