"""What the doctor's looks cost: images per second with them and without, by turns in one run.

    python benchmarks/watching.py [--rounds 3] [--images 24000] [--data glyphs grid25]

Seconds are those that the training thread computes, so that other programs on the machine do not count. Prints the
median of each and of their ratio, with the least and the largest.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import torch

import steadygan as sg
from steadygan.recipe import Recipe

sg.keep_memory()


class Speed:
    """An observer that counts images and the time that this thread computes."""

    def __init__(self) -> None:
        self.first: tuple[int, float] | None = None
        self.last = (0, 0.0)

    def tick(self, images_seen: int, seconds: float, fraction: float) -> None:
        """After each step."""
        self.last = images_seen, time.thread_time()
        self.first = self.first or self.last

    @property
    def images_per_second(self) -> float:
        """From the first step to the last."""
        assert self.first is not None
        return (self.last[0] - self.first[0]) / (self.last[1] - self.first[1])


def measured(data: str, recipe: Recipe, images: int, doctor: bool, folder: Path) -> float:
    """Images per second of one short run."""
    speed = Speed()
    sg.train(
        data, recipe, images=images, out=folder, overwrite=True, doctor=doctor, features="none", observers=(speed,)
    )
    return speed.images_per_second


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--images", type=int, default=24_000)
    parser.add_argument("--width", type=int, nargs="+", default=[16, 32])
    parser.add_argument("--data", nargs="+", default=["glyphs", "grid25"])
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print("| data | width | with looks | without | ratio |\n| --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        for data in arguments.data:
            for width in arguments.width:
                recipe = sg.recipe("steady").change(values={"width": width})
                count = arguments.images * (4 if data in ("grid25", "ring8") else 1)
                pairs = []
                for turn in range(arguments.rounds):
                    order = (True, False) if turn % 2 else (False, True)
                    speeds = {each: measured(data, recipe, count, each, Path(folder) / "run") for each in order}
                    pairs.append((speeds[True], speeds[False]))
                ratios = [on / off for on, off in pairs]
                on, off = (statistics.median(side) for side in zip(*pairs, strict=True))
                spread = f"{statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})"
                print(f"| {data} | {width} | {on:,.0f} | {off:,.0f} | {spread} |", flush=True)


if __name__ == "__main__":
    main()
