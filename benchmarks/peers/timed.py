"""Trains a recipe of this package, or PyTorch's example, and saves samples at given times.

    python -m peers.timed DATA FOLDER SEED TIMES ours RECIPE PRECISION
    python -m peers.timed DATA FOLDER SEED TIMES example SIZE

TIMES are seconds, separated by commas. The example has its images in memory, which is an advantage; it makes samples
with the batch statistics of each batch, as the original does.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from peers.example import Example
from peers.silent_observer import SilentObserver
from peers.snapshots import Images, Snapshots
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


class SnapshotObserver(SilentObserver):
    """Saves samples while our loop trains.

    Args:
        snapshots: saves the samples.
    """

    def __init__(self, snapshots: Snapshots) -> None:
        self._snapshots = snapshots
        self.loop: Loop | None = None

    def tick(self, images_seen: int, seconds: float, fraction: float) -> None:
        """Save samples if it is time for them; the loop does not count that time."""
        self._snapshots.take_due(images_seen, self._sample)

    def _sample(self, count: int) -> Images:
        assert self.loop is not None
        trained = TrainedGenerator(self.loop.sampling_generator(), self.loop.config_now(), self.loop.state.device)
        made: Images = trained.sample(count).numpy()
        return made


def train_ours(data: Prepared, folder: Path, seed: int, times: Sequence[float], recipe: str, precision: str) -> None:
    """Train as ``steadygan train`` does, with grids, measurements and checkpoints."""
    keep_memory()
    training = TrainingSettings.model_validate({"minutes": times[-1] / 60, "seed": seed, "precision": precision})
    fitted, notes = fit_recipe(recipe_of(recipe), data)
    snapshots = Snapshots(folder, times)
    observer = SnapshotObserver(snapshots)
    run = RunFolder(folder / "run")
    observer.loop = begin(data, fitted, training, DataSettings(), run, CustomNetworks(), True, notes, [observer])
    with ask_to_stop() as interrupted:
        observer.loop.run(lambda: snapshots.done or interrupted())


def train_example(data: Prepared, folder: Path, seed: int, times: Sequence[float], size: int) -> None:
    """Train the example, and do nothing else."""
    torch.manual_seed(seed)
    images = resized(torch.from_numpy(np.array(data.images)).permute(0, 3, 1, 2), size)
    border = 2 if padded(data.shape[0], size) else 0
    example = Example(Workload(size, images.shape[1], BATCH), torch.device("cpu"))
    snapshots = Snapshots(folder, times)
    for seen, batch in enumerate(batches(images)):
        example.step(batch.float() / 127.5 - 1)
        snapshots.take_due((seen + 1) * BATCH, lambda count: samples(example, count, border))
        if snapshots.done:
            return


def resized(images: Tensor, size: int) -> Tensor:
    """Images of a given size, uint8 [N, C, size, size]: 28x28 is padded to 32x32, everything else is enlarged."""
    if images.shape[-1] == size:
        return images.contiguous()
    if padded(images.shape[-1], size):
        return F.pad(images, [2, 2, 2, 2])
    enlarged = [
        F.interpolate(images[low : low + 1000].float(), size=size, mode="bilinear", antialias=True).round().byte()
        for low in range(0, len(images), 1000)
    ]
    return torch.cat(enlarged)


def padded(side: int, size: int) -> bool:
    """Whether images of a side get a border instead of being enlarged."""
    return (side, size) == (28, 32)


def batches(images: Tensor) -> Iterator[Tensor]:
    """Yield batches forever, in a new random order in each epoch."""
    while True:
        order = torch.randperm(len(images))
        for low in range(0, len(images) - BATCH + 1, BATCH):
            yield images[order[low : low + BATCH]]


def samples(example: Example, count: int, border: int = 0) -> Images:
    """Samples of the example without the border that was added to its images, uint8 [count, H, W, C]."""
    source = torch.Generator().manual_seed(0)
    with torch.inference_mode():
        made = torch.cat([example.generator(example.latents(CHUNK, source)) for _ in range(count // CHUNK)])
    made = made[:, :, border : made.shape[2] - border, border : made.shape[3] - border]
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
