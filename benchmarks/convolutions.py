"""Times every convolution of the workloads in each way of computing it, and prints which way the package chooses.

    python benchmarks/convolutions.py [--workloads W64-b64 W32-b128 small] [--precisions fp32 bf16] [--threads N]
        [--rounds 5]

The ways are timed in turn, and the shortest time counts. Operands are laid out as in a training step: weights have the
layout of the network, which oneDNN reorders in every call. Run nothing else on the machine meanwhile.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from steadygan.layers.kernels import convolution, im2col
from steadygan.layers.kernels.tuning import THRESHOLDS, Processor, own_processor
from steadygan.training.process_settings import keep_memory
from tables import machine, table
from workloads import WORKLOADS, Workload

PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16}
GEOMETRY = convolution._IM2COL
WINDOW_SECONDS = 0.02
GIGA = 1e9
Call = Callable[[], Tensor]


class Layer(NamedTuple):
    """A convolution of kernel 4 and stride 2.

    Attributes:
        images: the number of images that go through it at once.
        inputs: channels of the large maps.
        outputs: channels of the small maps.
        size: height and width of the large maps.
    """

    images: int
    inputs: int
    outputs: int
    size: int

    @property
    def kernel(self) -> torch.Size:
        """The shape of the weight."""
        return torch.Size((self.outputs, self.inputs, im2col.KERNEL, im2col.KERNEL))

    @property
    def maps(self) -> torch.Size:
        """The shape of the large maps."""
        return torch.Size((self.images, self.inputs, self.size, self.size))

    @property
    def flop(self) -> float:
        """Floating-point operations of each of the three operations."""
        return 2.0 * self.kernel.numel() * self.images * (self.size // 2) ** 2


def layers(workload: Workload) -> Iterator[Layer]:
    """The layers of the discriminator, for one batch and for real and fake images together."""
    size, inputs = workload.size, workload.channels
    for outputs in workload.widths:
        for images in (workload.batch, 2 * workload.batch):
            yield Layer(images, inputs, outputs, size)
        size, inputs = size // 2, outputs


def operands(layer: Layer, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    """Random large maps, a weight and small maps, channels last."""
    small = (layer.images, layer.outputs, layer.size // 2, layer.size // 2)
    x, weight, g = (convolution.channels_last(torch.randn(shape)) for shape in (layer.maps, layer.kernel, small))
    return x.to(dtype), weight.to(dtype), g.to(dtype)


def ways(layer: Layer, dtype: torch.dtype) -> dict[str, dict[str, Call]]:
    """The calls by operation and way."""
    x, weight, g = operands(layer, dtype)
    like_x, like_weight = convolution._like(g, layer.maps), convolution._like(g, layer.kernel)
    like_wide = like_weight.float()
    return {
        "forward": {
            "convolution": lambda: F.conv2d(x, weight, None, GEOMETRY.stride, GEOMETRY.padding),
            "matrices": lambda: im2col.strided_convolution(x, weight),
        },
        "by input": {
            "convolution": lambda: convolution._library_gradient(g, like_x, weight, GEOMETRY, 0),
            "matrices": lambda: im2col.transposed_convolution(g, weight),
            "squares": lambda: im2col.transposed_convolution_to_few_channels(g, weight),
        },
        "by weight": {
            "convolution": lambda: convolution._library_gradient(g, x, like_weight, GEOMETRY, 1),
            "matrices": lambda: im2col.weight_gradient(g, x),
            "float32": lambda: convolution._library_gradient(g.float(), x.float(), like_wide, GEOMETRY, 1).to(dtype),
        },
    }


def chosen(layer: Layer, operation: str, dtype: torch.dtype, processor: Processor) -> str:
    """The way that the package chooses on this kind of processor."""
    operand = torch.empty(0, dtype=dtype)
    thresholds = THRESHOLDS[processor]
    numbers = thresholds.weight_gradient if operation == "by weight" else thresholds.maps
    if im2col.is_faster(operand, layer.maps, layer.kernel, numbers):
        return "matrices"
    if operation == "by weight" and im2col.is_faster_in_float32(operand, layer.kernel, thresholds.float32_weights):
        return "float32"
    return "squares" if operation == "by input" and im2col.has_few_channels(operand, layer.kernel) else "convolution"


def timed(calls: dict[str, Call], rounds: int) -> dict[str, float]:
    """Seconds of each call: the shortest mean of a window."""
    found = dict.fromkeys(calls, float("inf"))
    for call in calls.values():
        call()
    for _ in range(rounds):
        for name, call in calls.items():
            begun, count = time.perf_counter(), 0
            while time.perf_counter() - begun < WINDOW_SECONDS or not count:
                call()
                count += 1
            found[name] = min(found[name], (time.perf_counter() - begun) / count)
    return found


def section(names: list[str], precision: str, rounds: int) -> str:
    """A table, and the total time of its operations in the quickest ways and in those that are chosen."""
    head = ("layer", "images", "operation", "convolution", "matrices", "squares", "float32", "quickest", "chosen")
    dtype, own = PRECISIONS[precision], own_processor()
    rows: list[tuple[str, ...]] = []
    totals = dict.fromkeys(("by the quickest way each", *THRESHOLDS), 0.0)
    for name in names:
        for layer in layers(WORKLOADS[name]):
            for operation, calls in ways(layer, dtype).items():
                seconds = timed(calls, rounds)
                best = min(seconds, key=seconds.__getitem__)
                speeds = (f"{layer.flop / seconds[way] / GIGA:,.0f}" if way in seconds else "" for way in head[3:7])
                text = f"{name}: {layer.inputs} - {layer.outputs}, {layer.size} px"
                rows.append((text, str(layer.images), operation, *speeds, best, chosen(layer, operation, dtype, own)))
                totals["by the quickest way each"] += seconds[best]
                for processor in THRESHOLDS:
                    totals[processor] += seconds[chosen(layer, operation, dtype, processor)]
    shortest = min(totals.values())
    said = (f"{each} {1000 * seconds:.1f} ms ({seconds / shortest:.3f})" for each, seconds in totals.items())
    return f"{table(head, rows)}\n\nAll of them once, {precision}: {', '.join(said)}. This processor: {own}."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workloads", nargs="+", choices=WORKLOADS, default=["W64-b64", "W32-b128", "small"])
    parser.add_argument("--precisions", nargs="+", choices=PRECISIONS, default=list(PRECISIONS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int)
    arguments = parser.parse_args()
    if arguments.threads is not None:
        torch.set_num_threads(arguments.threads)
    keep_memory()
    for precision in arguments.precisions:
        with torch.inference_mode():
            text = f"{machine()}, GFLOP/s.\n\n{section(arguments.workloads, precision, arguments.rounds)}"
        print(f"## {precision}\n\n{text}\n", flush=True)


if __name__ == "__main__":
    main()
