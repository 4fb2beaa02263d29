"""The programs of README and of the pages on layers and on loops of one's own, run as a reader would paste them."""

import inspect
import re
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import torch

import steadygan as sg
from steadygan.feeding.scaling import Scaling
from steadygan.heuristics.card import PREAMBLE
from steadygan.networks import build
from steadygan.runs.export import GeneratorConfig, save_generator
from steadygan.runs.folder import RunFolder
from steadygan.runs.sampling import sampling_generator

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "docs/layers.md", "docs/own-loop.md", "docs/own-doctor.md")
RUN = mock.create_autospec(sg.Run, instance=True)


def programs(page: str) -> list[str]:
    """The blocks of Python on a page, but for those that need Keras, which tests/keras runs, or Lightning."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text("utf-8"), re.DOTALL)
    return [block for block in blocks if "steadygan.keras" not in block and "steadygan.lightning" not in block]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_runs_from_its_first_program_to_its_last(
    page: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Training itself is left out, but not how it is asked for."""
    for name in ("train", "resume", "load", "evaluate"):
        bind = inspect.signature(getattr(sg, name)).bind
        monkeypatch.setattr(sg, name, lambda *given, bind=bind, **named: RUN if bind(*given, **named) else None)
    share(tmp_path / "letters")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    with torch.random.fork_rng():
        exec(compile(PREAMBLE, "preamble", "exec"), names)
        names |= {"my_generator": names["generator"], "my_discriminator": names["discriminator"]}
        for text in programs(page):
            exec(compile(text, page, "exec"), names)
    assert programs(page)


def share(folder: Path) -> None:
    """Write a generator of ``steady`` for colour images of 32 x 32 pixels, as training does."""
    chosen = sg.recipe("steady")
    width, latent = chosen.settings.width, chosen.latent
    with torch.random.fork_rng():
        network = build(chosen.network, chosen.blueprint, (32, 32, 3), latent.dimension, width, chosen.settings.blocks)
        # so that no bias is 0, and no name can be mistaken for another
        for parameter in network.generator.parameters():
            parameter.data += 0.02 * torch.randn_like(parameter)
        generator = sampling_generator(network.generator, latent, torch.device("cpu"), batches=1)
    config = GeneratorConfig(
        network=chosen.network,
        blueprint=chosen.blueprint,
        width=width,
        blocks=chosen.settings.blocks,
        shape=(32, 32, 3),
        latent=latent.name,
        latent_parameters=latent.parameters(),
        scaling=Scaling(image_range=(-1.0, 1.0)),
    )
    save_generator(RunFolder(folder), generator, config)


def test_plain_pytorch_makes_the_same_images_of_a_shared_generator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    share(tmp_path / "letters")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    (text,) = (text for text in programs("README.md") if "load_file" in text)
    with torch.random.fork_rng():
        exec(compile(text, "README.md", "exec"), names)
    assert names["images"].shape == (64, 3, 32, 32)
    ours = sg.load("letters").generator
    latents = ours.latents(8)
    with torch.inference_mode():
        plain = names["shared"](latents)
        torch.testing.assert_close(plain, ours.network(latents), rtol=0, atol=1e-5)
    assert plain.std() > 0.1
    stored = ((plain + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1)
    assert (stored.int() - ours.images(latents).int()).abs().max() <= 1


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
