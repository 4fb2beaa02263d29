"""The programs of README and of the pages on layers and on loops of one's own, run as a reader would paste them."""

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
PAGES = ("README.md", "docs/layers.md", "docs/own-loop.md")
RUN = mock.create_autospec(sg.Run, instance=True)


def programs(page: str) -> list[str]:
    """The blocks of Python on a page."""
    return re.findall(r"```python\n(.*?)```", (ROOT / page).read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_runs_from_its_first_program_to_its_last(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Training itself is left out, but not how it is asked for."""
    for name in ("train", "resume", "load"):
        bind = inspect.signature(getattr(sg, name)).bind
        monkeypatch.setattr(sg, name, lambda *given, bind=bind, **named: RUN if bind(*given, **named) else None)
    names: dict[str, Any] = {}
    with torch.random.fork_rng():
        exec(compile(PREAMBLE, "preamble", "exec"), names)
        names |= {"my_generator": names["generator"], "my_discriminator": names["discriminator"]}
        for text in programs(page):
            exec(compile(text, page, "exec"), names)
    assert programs(page)


def test_the_loop_moves_what_it_keeps() -> None:
    names: dict[str, Any] = {}
    with torch.random.fork_rng():
        for text in programs("docs/own-loop.md"):
            exec(compile(text, "own-loop.md", "exec"), names)
    assert names["images_seen"] == names["taken"] == 24
    assert float(names["fake_anchor"]) != 0
    assert names["samples"].shape == (16, 1, 8, 8)
    for loss in ("d_loss", "g_loss"):
        names[loss].backward(retain_graph=True)
    assert names["judge"].projection.parametrizations.weight.original.grad is not None
