"""The limit of the machine: a large convolution, channels last, that is repeated as often as the race asks for.

python -m peers.limit DEVICE fp32|bf16
"""

import sys
import time

import torch
import torch.nn.functional as F
from torch import Tensor

from peers.step_server import StepServer

SHAPES = ((64, 128, 32), (64, 256, 16), (128, 256, 32), (128, 512, 16))
"""Images, channels (the same number in and out) and size of the maps, for a kernel of 3."""
KERNEL, TRIALS = 3, 3
PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16}


def operands(shape: tuple[int, int, int], device: str, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Random maps and a random kernel."""
    count, channels, size = shape
    maps = torch.randn(count, channels, size, size, device=device)
    kernel = torch.randn(channels, channels, KERNEL, KERNEL, device=device)
    x, weight = (each.to(dtype).contiguous(memory_format=torch.channels_last) for each in (maps, kernel))
    return x, weight


def flop(shape: tuple[int, int, int]) -> int:
    """Floating-point operations of one convolution, including those with padding."""
    count, channels, size = shape
    return 2 * count * channels**2 * KERNEL**2 * size**2


def convolve(x: Tensor, weight: Tensor) -> None:
    """Compute one convolution, and wait until the device has finished it."""
    F.conv2d(x, weight, padding=1)
    if x.is_cuda:
        torch.cuda.synchronize()


def speed(shape: tuple[int, int, int], device: str, dtype: torch.dtype) -> float:
    """The best speed of a few trials, in FLOP/s."""
    x, weight = operands(shape, device, dtype)
    convolve(x, weight)
    seconds = []
    for _ in range(TRIALS):
        begun = time.perf_counter()
        convolve(x, weight)
        seconds.append(time.perf_counter() - begun)
    return flop(shape) / min(seconds)


def main() -> None:
    device, dtype = sys.argv[1], PRECISIONS[sys.argv[2]]
    with torch.inference_mode():
        shape = max(SHAPES, key=lambda each: speed(each, device, dtype))
        x, weight = operands(shape, device, dtype)
        StepServer({"flop": flop(shape)}).serve(lambda: convolve(x, weight))


if __name__ == "__main__":
    main()
