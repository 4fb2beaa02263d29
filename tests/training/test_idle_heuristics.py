"""No heuristic is silently idle: put into a recipe that admits it, each changes what training comes to."""

from functools import cache

import pytest
import torch

from steadygan.errors import SteadyganError
from steadygan.heuristics.base import Heuristic
from steadygan.heuristics.catalogue import BUILT_IN
from steadygan.heuristics.latents import UniformLatent
from steadygan.heuristics.objectives import Minimax
from steadygan.recipe import Recipe
from steadygan.recipes import parse
from steadygan.settings import TrainingSettings
from steadygan.training.session import CustomNetworks, new_players
from steadygan.training.step import step
from tests import tiny
from tests.everything import needed, quick
from tests.labelled_networks import CPU

STEPS = 6
BASES = ("naive", "dcgan", "steady", "conditional", "semi-supervised", "salimans")
NAIVE = tiny.small("naive").without("minimax", "uniform-latent")
DEFAULTS = {
    "minimax": isinstance(NAIVE.objective, Minimax),
    "uniform-latent": isinstance(NAIVE.latent, UniformLatent),
    "resize-convolutions": NAIVE.blueprint.upsampling == "nearest",
}
"""What a recipe has where it says nothing, and whether it does: to name it changes nothing."""
SHARP = {"gradient-clipping": {"max_norm": 1e-3}, "balance": {"low": 0.89, "high": 0.9, "half_life": 1.0}}
"""Parameters with which a few steps are enough."""


pytestmark = pytest.mark.no_cover


@cache
def outcome(toml: str) -> tuple[torch.Tensor, ...]:
    """All weights and buffers of a recipe after some steps, and the average's."""
    chosen = parse(toml, "recipe")
    torch.manual_seed(0)
    training = TrainingSettings(device="cpu", precision="fp32", seed=1)
    state, _ = new_players(chosen, tiny.images(), CustomNetworks(), CPU, training)
    for _ in range(STEPS):
        step(state)
    networks = [*state.networks.values(), *([] if state.averaged is None else [state.averaged])]
    return tuple(tensor.detach().clone() for network in networks for tensor in network.state_dict().values())


def same(first: Recipe, second: Recipe) -> bool:
    one, other = outcome(first.to_toml()), outcome(second.to_toml())
    shapes = [tensor.shape for tensor in one], [tensor.shape for tensor in other]
    return shapes[0] == shapes[1] and all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def with_and_without(base: str, name: str) -> tuple[Recipe, Recipe] | None:
    """A recipe that holds the heuristic, and the same without it; None where this base admits no such pair."""
    try:
        chosen = quick(tiny.small(base).change(add=needed(name)))
        values = {f"{name}.{key}": value for key, value in SHARP.get(name, {}).items()}
        return chosen.change(values=values), chosen.without(name)
    except SteadyganError:
        return None


@pytest.mark.parametrize("kind", BUILT_IN, ids=[kind.name for kind in BUILT_IN])
def test_each_heuristic_changes_what_training_comes_to(kind: type[Heuristic]) -> None:
    if kind.name in DEFAULTS:
        assert DEFAULTS[kind.name]
        return
    pairs = (with_and_without(base, kind.name) for base in BASES)
    assert any(not same(*pair) for pair in pairs if pair is not None)


def test_soft_classes_change_what_labelled_images_teach() -> None:
    plain = tiny.small("semi-supervised")
    assert not same(plain, plain.with_("soft-classes"))
