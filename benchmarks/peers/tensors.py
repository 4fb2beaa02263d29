"""The peak memory of the tensors of one step, by PyTorch's own count.

    python -m peers.tensors WORKLOAD example|step fp32|bf16 FOLDER

Not counted are the memory that every process takes, such as that of libraries and of the images of the benchmark, the
memory that an allocator wastes between tensors, and the memory that libraries allocate by themselves.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import torch
from torch.profiler import ProfilerActivity, profile

from peers.example import Example, random_images
from peers.ours import LIKE_EXAMPLE, recipe_for, stored
from peers.step_server import StepServer
from steadygan.data import prepare
from steadygan.settings import TrainingSettings
from steadygan.training.session import CustomNetworks, new_players
from steadygan.training.step import step
from workloads import Workload


def one_step(workload: Workload, kind: str, precision: str, folder: Path) -> Callable[[], object]:
    """A function that makes a training step of a contestant."""
    if kind == "example":
        example, images = Example(workload, torch.device("cpu")), random_images(workload, workload.batch)
        return lambda: example.step(images)
    training = TrainingSettings.model_validate({"device": "cpu", "precision": precision})
    data = prepare(stored(workload), cache=folder / "cache")
    state, _ = new_players(recipe_for(LIKE_EXAMPLE, workload), data, CustomNetworks(), torch.device("cpu"), training)
    return lambda: step(state)


def peak(work: Callable[[], object]) -> int:
    """The peak, in bytes, of the tensors that a function makes."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
        work()
    assert seen.profiler is not None
    assert seen.profiler.kineto_results is not None
    events = [event for event in seen.profiler.kineto_results.events() if event.name() == "[memory]"]
    most = held = 0
    for event in sorted(events, key=lambda each: each.start_ns()):
        held += event.nbytes()
        most = max(most, held)
    return most


def main() -> None:
    text, kind, precision, folder = sys.argv[1:]
    work = one_step(Workload.read(text), kind, precision, Path(folder))
    facts: dict[str, float] = {}
    server = StepServer(facts, peak=lambda: peak(work))
    server.serve(work)


if __name__ == "__main__":
    main()
