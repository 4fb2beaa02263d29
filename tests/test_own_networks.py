"""Someone else's networks, from a plain script, through ``sg.train``."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import Tensor, nn

import steadygan as sg
from steadygan.metrics.sliced import image_distance
from tests import tiny

pytestmark = pytest.mark.usefixtures("brief")
LATENT = 100
KEY = "quality/sliced_wasserstein"


class Generator(nn.Module):
    """What one finds in a tutorial: latents [N, D], viewed as maps inside."""

    def __init__(self) -> None:
        super().__init__()
        self.main = nn.Sequential(
            nn.ConvTranspose2d(LATENT, 32, 4, 1, 0, bias=False),
            nn.BatchNorm2d(32),
            nn.ReLU(True),
            nn.ConvTranspose2d(32, 1, 4, 2, 1, bias=False),
            nn.Tanh(),
        )

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002
        images: Tensor = self.main(input.view(-1, LATENT, 1, 1))
        return images


class Discriminator(nn.Module):
    """Answers [N, 1]."""

    def __init__(self) -> None:
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(1, 16, 4, 2, 1),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Flatten(),
            nn.Linear(16 * 4 * 4, 1),
        )

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002
        logits: Tensor = self.main(input)
        return logits


def _networks(seed: int = 0) -> tuple[Generator, Discriminator]:
    torch.manual_seed(seed)
    return Generator(), Discriminator()


def _recipe() -> sg.Recipe:
    return sg.recipe("steady").set("batch", 16)


def _array() -> "np.ndarray[Any, Any]":
    return tiny.images(64).images


def test_networks_of_ones_own_train_and_improve(folder: Path) -> None:
    generator, discriminator = _networks()
    run = sg.train(
        _array(), _recipe(), generator=generator, discriminator=discriminator, out=folder, images=3200, device="cpu"
    )
    with torch.no_grad():
        untrained = _networks()[0](torch.randn(64, LATENT))
    made = run.sample(64)
    assert (made.shape, made.dtype) == ((64, 8, 8, 1), np.uint8)
    real, trained = (torch.from_numpy(array).permute(0, 3, 1, 2) / 127.5 - 1 for array in (_array(), made))
    before, after = image_distance(real, untrained), image_distance(real, trained)
    print(f"distance to the data: {before:.3f} untrained, {after:.3f} trained")
    assert after < before / 3
    assert run.metrics[-1][KEY] == pytest.approx(after, rel=0.5)
    assert run.folder.read_json(run.folder.manifest)["networks"]["generator"]["name"] == "custom"


def test_their_weights_are_saved_under_their_own_names(folder: Path) -> None:
    generator, discriminator = _networks()
    recipe = _recipe().without("ema")
    sg.train(_array(), recipe, generator=generator, discriminator=discriminator, out=folder, images=32, device="cpu")
    saved = safetensors.torch.load_file(folder / "generator.safetensors")
    assert saved.keys() == generator.state_dict().keys()
    assert torch.equal(saved["main.3.weight"], generator.state_dict()["main.3.weight"])  # trained in place
    fresh = Generator()
    fresh.load_state_dict(saved)
    with pytest.raises(sg.SteadyganError, match="a network of your own, which only your program can build"):
        sg.load(folder).sample(1)


def test_they_resume_bit_for_bit(tmp_path: Path) -> None:
    def go(name: str, images: int) -> sg.Run:
        generator, discriminator = _networks()
        return sg.train(
            _array(),
            _recipe(),
            generator=generator,
            discriminator=discriminator,
            out=tmp_path / name,
            images=images,
            device="cpu",
        )

    whole = go("a", 320)
    go("b", 160)
    generator, discriminator = _networks(seed=9)
    run = sg.resume(tmp_path / "b", images=320, data=_array(), generator=generator, discriminator=discriminator)
    assert np.array_equal(run.sample(4), whole.sample(4))
    assert (tmp_path / "a/generator.safetensors").read_bytes() == (tmp_path / "b/generator.safetensors").read_bytes()


def test_resuming_without_them_is_refused(folder: Path) -> None:
    generator, discriminator = _networks()
    sg.train(_array(), _recipe(), generator=generator, discriminator=discriminator, out=folder, images=32, device="cpu")
    with pytest.raises(sg.SteadyganError, match="networks of your own"):
        sg.resume(folder, images=64, data=_array())
    with pytest.raises(sg.SteadyganError, match=r"networks of your own; .*, generator=\.\.\., discriminator=\.\.\.\)"):
        sg.resume(folder, images=64, data=_array(), generator=generator)
    wider = nn.Sequential(nn.Conv2d(1, 8, 8), nn.Flatten())
    wider.append(nn.Linear(8, 1))
    with pytest.raises(sg.SteadyganError, match="does not fit these networks"):
        sg.resume(folder, images=64, data=_array(), generator=generator, discriminator=wider)


@pytest.mark.parametrize("recipe", ["naive", "steady"])
def test_only_a_generator_of_ones_own(recipe: str, folder: Path) -> None:
    generator = _networks()[0]
    chosen = sg.recipe(recipe).change(values={"batch": 16, "width": 4})
    run = sg.train(_array(), chosen, generator=generator, out=folder, images=64, device="cpu")
    assert run.sample(2).shape == (2, 8, 8, 1)
    names = run.folder.read_json(run.folder.manifest)["networks"]
    assert (names["generator"]["name"], names["discriminator"]["name"]) == ("custom", "dcgan")


@pytest.mark.parametrize("recipe", ["naive", "steady"])
def test_only_a_discriminator_of_ones_own(recipe: str, folder: Path) -> None:
    """The generator is the package's then, so it can be loaded again, and makes the same images."""
    chosen = sg.recipe(recipe).change(values={"batch": 16, "width": 4})
    run = sg.train(_array(), chosen, discriminator=_networks()[1], out=folder, images=64, device="cpu")
    assert np.array_equal(sg.load(folder).sample(8), run.sample(8))


def test_networks_that_do_not_fit_are_refused_before_anything_is_written(folder: Path) -> None:
    class Larger(Generator):
        def forward(self, input: Tensor) -> Tensor:  # noqa: A002
            return nn.functional.interpolate(super().forward(input), scale_factor=2)

    with pytest.raises(sg.SteadyganError, match=r"makes \[4, 1, 16, 16\] .* and the data need \[4, 1, 8, 8\]"):
        sg.train(_array(), _recipe(), generator=Larger(), out=folder, images=32, device="cpu")
    assert not folder.exists()


def test_networks_that_do_not_fit_cost_no_run_that_is_there(folder: Path) -> None:
    sg.train(_array(), tiny.small("naive"), out=folder, images=16, device="cpu")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(sg.SteadyganError, match="discriminator fails"):
        sg.train(_array(), _recipe(), discriminator=nn.Linear(3, 1), out=folder, overwrite=True, device="cpu")
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_vectors_with_networks_of_ones_own(folder: Path) -> None:
    generator = nn.Sequential(nn.Linear(LATENT, 16), nn.ReLU(), nn.Linear(16, 3))
    discriminator = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 1))
    run = sg.train(
        tiny.vectors().images,
        _recipe(),
        generator=generator,
        discriminator=discriminator,
        out=folder,
        images=64,
        device="cpu",
    )
    assert run.sample(4).shape == (4, 3)


def test_a_sigmoid_at_the_end_is_warned_of_where_the_user_called(folder: Path) -> None:
    discriminator = nn.Sequential(_networks()[1], nn.Sigmoid())
    with pytest.warns(UserWarning, match="discriminator ends in a sigmoid") as warned:
        sg.train(_array(), _recipe(), discriminator=discriminator, out=folder, images=16, device="cpu")
    assert warned[0].filename == __file__


# --- life after training


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[sg.Run, Generator]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in tiny.BRIEF.items():
            patch.setattr(name, value)
        generator = _networks()[0]
        recipe = _recipe().with_("spectral-norm", in_generator=True, in_discriminator=False)
        chosen = recipe.change(values={"width": 4})
        out = tmp_path_factory.mktemp("own") / "run"
        return sg.train(_array(), chosen, generator=generator, out=out, images=32, device="cpu"), generator


def test_a_run_is_loaded_into_a_generator_of_ones_own(trained: tuple[sg.Run, Generator], folder: Path) -> None:
    run, _ = trained
    fresh = Generator()
    loaded = sg.load(run.path, generator=fresh)
    assert np.array_equal(loaded.sample(4), run.sample(4))
    assert np.array_equal(loaded.sample(4, seed=1), sg.load(run.path, generator=fresh).sample(4, seed=1))
    assert not fresh.training
    with pytest.raises(sg.SteadyganError, match=r"not built like that of .*: .*; give one that is"):
        sg.load(run.path, generator=nn.Linear(2, 2))
    with pytest.raises(sg.SteadyganError, match="There is no run folder"):
        sg.load(folder, generator=fresh)
    sg.train(_array(), tiny.small("naive"), out=folder, images=8, device="cpu")
    with pytest.raises(sg.SteadyganError, match=r"network 'dcgan', which is rebuilt .*leave generator= out"):
        sg.load(folder, generator=fresh)


def test_resuming_says_what_to_pass(trained: tuple[sg.Run, Generator]) -> None:
    run, generator = trained
    with pytest.raises(sg.SteadyganError, match=r"only your program has \(array in memory, .*give them again as data="):
        sg.resume(run.path, images=64, generator=generator)
    with pytest.raises(sg.SteadyganError, match=r"a generator of your own; .*resume\('.*', generator=\.\.\.\)"):
        sg.resume(run.path, images=64, data=_array())
    with pytest.raises(sg.SteadyganError, match=r"network 'dcgan' as its discriminator, .*leave discriminator= out"):
        sg.resume(run.path, images=64, data=_array(), generator=generator, discriminator=_networks()[1])
    with pytest.raises(sg.SteadyganError, match="the recipe's latents have 100 numbers"):
        sg.resume(run.path, images=64, data=_array(), generator=nn.Linear(7, 64))
    with pytest.raises(sg.SteadyganError, match=r"larger images= or minutes="):
        sg.resume(run.path, images=32, data=_array(), generator=generator)


def test_another_default_type_is_refused(folder: Path) -> None:
    generator, discriminator = _networks()
    torch.set_default_dtype(torch.float64)
    try:
        with pytest.raises(sg.SteadyganError, match=r"default type is torch\.float64 .*set_default_dtype"):
            sg.train(_array(), _recipe(), generator=generator, discriminator=discriminator, out=folder, device="cpu")
    finally:
        torch.set_default_dtype(torch.float32)
    assert not folder.exists()


def test_bf16_that_nobody_asked_for_is_noted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steadygan.training.device.computes_bf16", lambda device: True)
    run = sg.train(_array(), _recipe(), discriminator=_networks()[1], out=folder, images=16, device="cpu")
    notes = run.folder.read_json(run.folder.manifest)["notes"]
    assert any("run in bf16" in note and "precision='fp32'" in note for note in notes)
