"""From which size on convolutions are computed as products of matrices, which depends on the kind of processor.

No trials are run when training begins: a table of measurements (benchmarks/convolutions.py) chooses as well as trials
would, and always the same. A run keeps the kind of processor that it began on, so that it can be resumed bit for bit.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

import torch

Processor = Literal["amx", "vector"]
"""``amx`` has tiles for products of matrices in bf16 (Intel AMX); ``vector`` is any other."""
Choice = Processor | Literal["auto"]
"""``auto`` stands for the processor on which the process runs."""


class Thresholds(NamedTuple):
    """Numbers in a weight for each position of the small maps from which on matrix products are quicker, by type.

    Attributes:
        maps: for a convolution and for its gradient with respect to the maps; never where a type is missing.
        weight_gradient: for the gradient with respect to the weight.
        float32_weights: numbers in a weight up to which its gradient in bf16 is quicker in float32, where matrix
            products are not.
    """

    maps: Mapping[torch.dtype, int]
    weight_gradient: Mapping[torch.dtype, int]
    float32_weights: int = 0


# oneDNN reorders the weights in every call of a convolution, which small maps cannot make up for on AMX, where products
# take hardly any time. On other processors convolutions run near the processor's limit whatever the size and products
# of matrices in float32 at half of it (MKL on AMD); only the gradient with respect to the weight is slow in bf16, and
# with few channels it is slower than in float32. As a product of matrices it also stays quicker beside other busy
# programs, where oneDNN's threads wait for each other, so the threshold is lower than an idle machine would suggest.
THRESHOLDS: dict[Processor, Thresholds] = {
    "amx": Thresholds({torch.bfloat16: 1024, torch.float32: 1024}, {torch.bfloat16: 16, torch.float32: 256}),
    "vector": Thresholds({}, {torch.bfloat16: 16}, float32_weights=2**15),
}

_chosen: Choice = "auto"


def own_processor() -> Processor:
    """Return the kind of this processor."""
    return "amx" if "amx_bf16" in processor_flags() else "vector"


def thresholds() -> Thresholds:
    """Return the thresholds in force: those that :func:`tuned_for` chose, else those of this processor."""
    return THRESHOLDS[own_processor() if _chosen == "auto" else _chosen]


@contextmanager
def tuned_for(processor: Choice) -> Iterator[None]:
    """Compute convolutions in the ways that are quickest on this kind of processor, in the whole process."""
    global _chosen
    before, _chosen = _chosen, processor
    try:
        yield
    finally:
        _chosen = before


@cache
def processor_flags() -> frozenset[str]:
    """Return the features of the first processor as Linux names them; empty on other systems."""
    return frozenset(processor_says("flags").split())


def processor_says(key: str) -> str:
    """Return one entry of ``/proc/cpuinfo`` for the first processor; empty on other systems."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.partition(":")[0].strip() == key), "")
