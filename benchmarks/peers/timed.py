"""Trains for some time and takes samples on the way: a recipe of ours, or PyTorch's example.

    python -m peers.timed DATA FOLDER SEED TIMES ours RECIPE PRECISION
    python -m peers.timed DATA FOLDER SEED TIMES example SIZE

TIMES are seconds with commas between them. The example finds its images in memory, which favours it; its samples are
made as it makes them, with the statistics of each batch.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from peers.example import Example
from peers.snapshots import Images, Snapshots
from peers.still import Still
from steadygan.api import fit_recipe, recipe_of
from steadygan.data import DataSettings, Prepared, prepare
from steadygan.runs.export import TrainedGenerator
from steadygan.runs.folder import RunFolder
from steadygan.settings import TrainingSettings
from steadygan.training.loop import Loop, ask_to_stop
from steadygan.training.process_settings import keep_memory
from steadygan.training.session import CustomNetworks, begin
from workloads import Workload

BATCH, CHUNK = 64, 100


class Watch(Still):
    """Has samples taken of our loop.

    Args:
        snapshots: that it takes.
    """

    def __init__(self, snapshots: Snapshots) -> None:
        self._snapshots = snapshots
        self.loop: Loop | None = None

    def tick(self, images_seen: int, seconds: float, fraction: float) -> None:
        """After every step; the loop's own clock stands meanwhile."""
        self._snapshots.look(images_seen, self._sample)

    def _sample(self, count: int) -> Images:
        assert self.loop is not None
        trained = TrainedGenerator(self.loop.sampling_generator(), self.loop.config_now(), self.loop.state.device)
        made: Images = trained.sample(count).numpy()
        return made


def train_ours(data: Prepared, folder: Path, seed: int, times: Sequence[float], recipe: str, precision: str) -> None:
    """What ``steadygan train`` does, grids, measurements and checkpoints included."""
    keep_memory()
    training = TrainingSettings.model_validate({"minutes": times[-1] / 60, "seed": seed, "precision": precision})
    fitted, notes = fit_recipe(recipe_of(recipe), data)
    snapshots = Snapshots(folder, times)
    watch = Watch(snapshots)
    run = RunFolder(folder / "run")
    watch.loop = begin(data, fitted, training, DataSettings(), run, CustomNetworks(), True, notes, [watch])
    with ask_to_stop() as interrupted:
        watch.loop.run(lambda: snapshots.done or interrupted())


def train_example(data: Prepared, folder: Path, seed: int, times: Sequence[float], size: int) -> None:
    """The example's steps, and nothing else."""
    torch.manual_seed(seed)
    images = sized(torch.from_numpy(np.array(data.images)).permute(0, 3, 1, 2), size)
    example = Example(Workload(size, images.shape[1], BATCH), torch.device("cpu"))
    snapshots = Snapshots(folder, times)
    for seen, batch in enumerate(batches(images)):
        example.step(batch.float() / 127.5 - 1)
        snapshots.look((seen + 1) * BATCH, lambda count: samples(example, count))
        if snapshots.done:
            return


def sized(images: Tensor, size: int) -> Tensor:
    """uint8 [N, C, size, size]: digits of 28 pixels with a margin, everything else enlarged."""
    if images.shape[-1] == size:
        return images.contiguous()
    if (images.shape[-1], size) == (28, 32):
        return F.pad(images, [2, 2, 2, 2])
    enlarged = [
        F.interpolate(images[low : low + 1000].float(), size=size, mode="bilinear", antialias=True).round().byte()
        for low in range(0, len(images), 1000)
    ]
    return torch.cat(enlarged)


def batches(images: Tensor) -> Iterator[Tensor]:
    """Epoch after epoch, each in an order of its own."""
    while True:
        order = torch.randperm(len(images))
        for low in range(0, len(images) - BATCH + 1, BATCH):
            yield images[order[low : low + BATCH]]


def samples(example: Example, count: int) -> Images:
    """uint8 [count, H, W, C]."""
    source = torch.Generator().manual_seed(0)
    with torch.inference_mode():
        made = torch.cat([example.generator(example.latents(CHUNK, source)) for _ in range(count // CHUNK)])
    stored: Images = ((made + 1) * 127.5).round().to(torch.uint8).permute(0, 2, 3, 1).contiguous().numpy()
    return stored


def main() -> None:
    source, place, seed, written, who, *rest = sys.argv[1:]
    data, folder = prepare(source), Path(place)
    times = [float(each) for each in written.split(",")]
    if who == "ours":
        recipe, precision = rest
        train_ours(data, folder, int(seed), times, recipe, precision)
    else:
        train_example(data, folder, int(seed), times, int(rest[0]))


if __name__ == "__main__":
    main()
