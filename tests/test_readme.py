"""The programs of README and of the page on layers, run as a reader would paste them."""

import inspect
import re
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import torch

import steadygan as sg
from steadygan.heuristics.card import PREAMBLE

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "docs/layers.md")
BLOCKS = [
    (page, text) for page in PAGES for text in re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.S)
]


def test_there_are_programs_to_run() -> None:
    assert {page for page, _ in BLOCKS} == set(PAGES)


@pytest.mark.parametrize(("page", "text"), BLOCKS)
def test_a_program_runs_as_it_stands(page: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Training itself is left out, but not how it is asked for."""
    for name in ("train", "resume", "load"):
        signature = inspect.signature(getattr(sg, name))
        monkeypatch.setattr(
            sg, name, mock.Mock(side_effect=lambda *a, bound=signature.bind, **k: bound(*a, **k) and RUN)
        )
    names: dict[str, Any] = {}
    exec(compile(PREAMBLE, "preamble", "exec"), names)
    names |= {"my_generator": names["generator"], "my_discriminator": names["discriminator"]}
    with torch.random.fork_rng():
        exec(compile(text, page, "exec"), names)


RUN = mock.create_autospec(sg.Run, instance=True)
