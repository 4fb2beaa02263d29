"""Compiled networks do what they do uncompiled, and stand aside wherever derivatives are differentiated."""

import copy
import os
import pickle
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from steadygan.errors import SteadyganError
from steadygan.recipe import Recipe
from steadygan.recipes import recipe_names
from steadygan.settings import TrainingSettings
from steadygan.training import compiled
from steadygan.training.compiled import Compiled, compile_, decompile_, refuse_uncompilable
from steadygan.training.forward import discriminator_forward, generator_forward, may_be_compiled
from steadygan.training.session import CustomNetworks, new_players
from steadygan.training.state import TrainingState
from steadygan.training.step import step
from steadygan.vocabulary import Player
from tests import tiny
from tests.everything import covering
from tests.training import players

CPU = torch.device("cpu")
STEPS = 3
TRACED = "aot_eager_decomp_partition"
"""Everything that a compiler does but the last: graphs are run by PyTorch's own kernels."""
UNLIKE = ("conditional", "dcgan")
"""Recipes with labels and penalties, and with batch norm; the others are traced in the sweep."""
WITH_COMPILER = pytest.mark.skipif(shutil.which("g++") is None, reason="there is no C++ compiler")


@pytest.fixture
def traced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks are traced, split into forward and backward graphs, and guarded, but no code is generated."""
    monkeypatch.setattr("steadygan.training.compiled.COMPILER", TRACED)


@pytest.fixture(autouse=True)
def _forgets() -> None:
    """Trace anew."""
    torch._dynamo.reset()


def _swept(name: str) -> Any:
    return pytest.param(name, marks=pytest.mark.sweep)


def _steady(chosen: Recipe) -> Recipe:
    """With Adam's usual 1e-8 even a gradient that is nothing but rounding errors would move its weight by a step."""
    if chosen.has("adam"):
        return chosen.change(values={"adam.eps": 1e-4})
    return chosen


def _played(chosen: Recipe, compiling: bool, size: int = 8, steps: int = STEPS) -> TrainingState:
    torch.manual_seed(0)
    training = TrainingSettings(device="cpu", precision="fp32", compile=compiling)
    state, _ = new_players(_steady(chosen), tiny.images(size=size), CustomNetworks(), CPU, training)
    for _ in range(steps):
        step(state)
    return state


def _assert_same(one: TrainingState, other: TrainingState) -> None:
    for player in Player:
        torch.testing.assert_close(
            one.networks[player].state_dict(), other.networks[player].state_dict(), msg=player.value
        )


def _graphs() -> int:
    return int(torch._dynamo.utils.counters["stats"]["unique_graphs"])


@pytest.mark.no_cover
@WITH_COMPILER
@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("name", [_swept("dcgan"), _swept("steady")])
def test_what_is_compiled_equals_what_is_not(name: str) -> None:
    chosen = tiny.small(name)
    state = _played(chosen, compiling=True)
    assert _graphs() > 0
    _assert_same(state, _played(chosen, compiling=False))


@pytest.mark.no_cover
@pytest.mark.usefixtures("traced", "float64")
@pytest.mark.parametrize("name", [name if name in UNLIKE else _swept(name) for name in recipe_names()])
def test_every_recipe_is_traced_as_a_whole_and_takes_the_same_steps(name: str) -> None:
    torch._dynamo.utils.counters.clear()
    state = _played(tiny.small(name), compiling=True)
    assert _graphs() > 0
    assert not torch._dynamo.utils.counters["graph_break"]
    _assert_same(state, _played(tiny.small(name), compiling=False))


@pytest.mark.sweep
@pytest.mark.usefixtures("traced")
def test_every_heuristic_trains_in_compiled_networks() -> None:
    for chosen in covering():
        state = _played(chosen, compiling=True)
        assert state.record.row()["not_finite"] == 0
        torch._dynamo.reset()


@pytest.mark.usefixtures("traced", "float64")
def test_uncompiled_and_compiled_calls_of_batch_norm_meet_in_one_move() -> None:
    """R1 differentiates by real images only, so that real ones go in uncompiled and fakes compiled."""
    chosen = tiny.small("dcgan").with_("r1", every=1)
    _assert_same(_played(chosen, compiling=True), _played(chosen, compiling=False))


@pytest.mark.usefixtures("traced")
def test_many_networks_in_one_process_do_not_share_a_limit_of_recompilations() -> None:
    for _ in range(10):
        network = players.generator()
        compile_(network, CPU)
        before = _graphs()
        generator_forward(network, torch.randn(2, players.LATENT), None)
        assert _graphs() == before + 1


@pytest.mark.usefixtures("traced")
def test_other_parameters_are_not_compiled() -> None:
    network = players.discriminator()
    compile_(network, CPU)
    zeros = {name: torch.zeros_like(tensor) for name, tensor in network.named_parameters()}
    before = _graphs()
    answer = discriminator_forward(network, torch.randn(2, 1, 8, 8), None, zeros)
    assert _graphs() == before
    assert torch.equal(answer.logits, torch.zeros(2, 1))


def test_inputs_that_someone_differentiates_by_are_not_plain() -> None:
    network, frozen = nn.Linear(2, 1), nn.Linear(2, 1).requires_grad_(False)
    leaf = torch.randn(3, 2, requires_grad=True)
    made = leaf * 2
    assert may_be_compiled(network, torch.randn(3, 2))
    assert not may_be_compiled(network, leaf)
    assert not may_be_compiled(frozen, leaf)
    assert not may_be_compiled(network, made)
    assert may_be_compiled(frozen, made)


def test_copies_and_files_of_a_network_are_not_compiled() -> None:
    network = players.generator()
    names = list(network.state_dict())
    compile_(network, CPU)
    assert compiled.compiled(network) is not None
    assert list(network.state_dict()) == names
    assert compiled.compiled(copy.deepcopy(network)) is None
    assert compiled.compiled(pickle.loads(pickle.dumps(network))) is None
    decompile_(network)
    assert compiled.compiled(network) is None


def test_a_missing_compiler_is_said_in_one_sentence_and_costs_nothing(tmp_path: Path, folder: Path) -> None:
    np.savez(tmp_path / "data.npz", images=tiny.images().images)
    elsewhere = {"CXX": "no-such-compiler", "TORCHINDUCTOR_CACHE_DIR": str(tmp_path / "compiled")}
    call = [sys.executable, "-m", "steadygan", "train", str(tmp_path / "data.npz"), "--compile", "--out", str(folder)]
    ended = subprocess.run(call, env={**os.environ, **elsewhere}, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert re.fullmatch(r"error: .*could not be compiled: .*no-such-compiler.*leave --compile out\n", ended.stderr)
    assert not folder.exists()


def test_several_processes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steadygan.training.compiled.world_size", lambda: 2)
    with pytest.raises(SteadyganError, match="one process"):
        refuse_uncompilable(CPU)


@pytest.mark.usefixtures("traced", "brief")
def test_a_run_goes_on_with_the_other_setting(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    call = Compiled.__call__

    def counted(self: Compiled, *given: object) -> object:
        asked.append("compiled")
        return call(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(Compiled, "__call__", counted)
    chosen, data = tiny.small("dcgan"), tiny.images()
    tiny.play(chosen, folder, data, images=8, compile=True)
    assert asked
    asked.clear()
    tiny.play_on(folder, data, images=16, compile=False)
    assert not asked
    tiny.play_on(folder, data, images=24, compile=True)
    assert asked
