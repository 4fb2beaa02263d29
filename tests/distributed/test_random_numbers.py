"""Random numbers and rows of a batch are the same whatever the number of processes."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from steadygan.distributed import gather, local_rows, network_input, replicated, sharded, world_size
from tests.process_group import run_processes

BATCH = 8


def _filled(x: Tensor, name: str, *arguments: float) -> Tensor:
    filled: Tensor = getattr(torch.empty_like(x), name)(*arguments)
    return filled


def _ones(rows: int, size: tuple[int, ...], layout: torch.memory_format) -> Tensor:
    return torch.ones(rows, *size).to(memory_format=layout)


LAYOUTS = {"rows": torch.contiguous_format, "channels last": torch.channels_last}
DRAWS: dict[str, Callable[[int], Tensor]] = {
    "rand": lambda rows: torch.rand(rows, 3),
    "rand of a size": lambda rows: torch.rand((rows, 1, 2), generator=None),
    "rand of a named size": lambda rows: torch.rand(size=(rows, 2)),
    "randn": lambda rows: torch.randn(rows, 17),
    "randn of one row each": lambda rows: torch.randn(rows),
    "randint": lambda rows: torch.randint(-3, 40, (rows, 2)),
    "randint from 0": lambda rows: torch.randint(40, (rows,)),
    "randint of a named size": lambda rows: torch.randint(0, 40, size=(rows, 1)),
    "multinomial": lambda rows: torch.multinomial(torch.tensor([0.1, 0.6, 0.3]), rows, replacement=True),
    "uniform_": lambda rows: _filled(torch.ones(rows, 5), "uniform_", 0.7, 1.2),
    "normal_": lambda rows: _filled(torch.ones(rows, 5), "normal_", 1.0, 2.0),
    "bernoulli": lambda rows: torch.bernoulli(torch.full((rows, 9), 0.4)),
    "dropout in place": lambda rows: F.dropout(torch.ones(rows, 9), 0.4, inplace=True),
    **{
        f"{name} in {layout}": lambda rows, draw=draw, layout=layout: draw(_ones(rows, (4, 3, 5), LAYOUTS[layout]))
        for layout in LAYOUTS
        for name, draw in {
            "randn_like": torch.randn_like,
            "rand_like": torch.rand_like,
            "dropout": lambda x: F.dropout(x, 0.3, training=True),
            "dropout2d": lambda x: F.dropout2d(x, 0.3, training=True),
            "normal_": lambda x: _filled(x, "normal_"),
        }.items()
    },
}


def drawn() -> dict[str, Tensor]:
    """Every draw: for a batch, for two batches that a network sees together, and what is the same on all processes."""
    torch.manual_seed(3)
    rows = BATCH // world_size()
    found: dict[str, Tensor] = {}
    with sharded(rows):
        for name, draw in DRAWS.items():
            found[name] = gather(draw(rows))
            with network_input(2 * rows):
                found[f"{name}, twice"] = gather(draw(2 * rows))
            found[f"{name}, between networks"] = torch.cat([gather(each) for each in draw(2 * rows).chunk(2)])
        found["a scalar"] = torch.rand(())
        found["a permutation"] = torch.randperm(BATCH)
        found["an own generator"] = torch.rand(BATCH, generator=torch.Generator().manual_seed(1))
        with replicated():
            found["for all"] = torch.rand(BATCH, 2)
            assert gather(found["for all"]) is found["for all"]
            assert local_rows(found["for all"]) is found["for all"]
    found["afterwards"] = torch.rand(5)
    return found


def rows_of() -> dict[str, Tensor]:
    """Parts of batches, and parts put together again."""
    rows = BATCH // world_size()
    one, two = torch.arange(BATCH), torch.arange(2 * BATCH).view(-1, 1)
    other = torch.arange(world_size() * (rows + 1))
    with sharded(rows):
        found = {
            "part": local_rows(one),
            "parts": local_rows(two),
            "other": local_rows(other),
            "array": torch.from_numpy(local_rows(one.numpy())),
        }
        found["whole"], found["whole other"] = gather(local_rows(one)), gather(local_rows(other))
        with network_input(2 * rows):
            found["wholes"] = gather(local_rows(two))
            found["packs"] = gather(local_rows(two)[::2])
    return found


@pytest.mark.parametrize("world", [2, 4])
def test_every_draw_is_this_processs_part_of_what_one_process_draws(world: int, tmp_path: Path) -> None:
    truth = drawn()
    for answer in run_processes(world, tmp_path / "meeting", drawn):
        wrong = [name for name, expected in truth.items() if not torch.equal(answer[name], expected)]
        assert wrong == []


def test_draws_differ_between_rows() -> None:
    """Otherwise the test above would show less than it says."""
    assert all(len(drawn()[name].flatten(1).unique(dim=0)) > 1 for name in ("rand", "randint", "dropout in rows"))


def test_parts_are_neighbours_of_each_batch_and_come_together_in_its_order(tmp_path: Path) -> None:
    answers = run_processes(2, tmp_path / "meeting", rows_of)
    assert [answer["part"].tolist() for answer in answers] == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert [answer["array"].tolist() for answer in answers] == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert answers[0]["parts"].flatten().tolist() == [0, 1, 2, 3, 8, 9, 10, 11]
    assert answers[1]["parts"].flatten().tolist() == [4, 5, 6, 7, 12, 13, 14, 15]
    assert [answer["other"].tolist() for answer in answers] == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]
    for answer in answers:
        assert answer["whole"].tolist() == list(range(8))
        assert answer["wholes"].flatten().tolist() == list(range(16))
        assert answer["packs"].flatten().tolist() == list(range(0, 16, 2))
        assert answer["whole other"].tolist() == list(range(10))


def test_one_process_has_everything() -> None:
    x = torch.arange(3)
    with sharded(3):
        assert local_rows(x) is x
        assert gather(x) is x
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    with sharded(3):
        assert torch.equal(torch.rand(3), expected)
