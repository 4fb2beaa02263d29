"""Beside the CPU: no step waits for the device.

PyTorch's ``meta`` device stands for a GPU: it has shapes and types but no numbers, so that whatever needs one on the
way of a step is found out.
"""

import importlib
import traceback
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils import _foreach_utils
from torch.utils._python_dispatch import TorchDispatchMode

from steadygan.recipe import Recipe
from steadygan.recipes import recipe, recipe_names
from steadygan.settings import TrainingSettings
from steadygan.training.session import CustomNetworks, new_players
from steadygan.training.step import step
from tests import tiny
from tests.everything import covering

META = torch.device("meta")
READ = {"aten::_local_scalar_dense", "aten::nonzero", "aten::masked_select", "aten::_unique2", "aten::equal"}
"""What gives the CPU a number, or a shape that depends on numbers."""
BUILT = {torch.tensor, torch.as_tensor, Tensor.new_tensor}
"""What copies numbers to the device and waits for that."""
STEPS, ALL_STEPS = 2, 5
"""After the first, which builds what others find: one without R1 and one with it; and what all heuristics need."""
EXCEPTIONS = {
    "balance": "who moves next is decided by numbers that the device has",
    "sgd-discriminator": "PyTorch's fused kernel has no stand-in for the meta device",
}


class Waits(TorchDispatchMode):
    """Notes every operation for which the CPU would wait."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def __torch_dispatch__(
        self, func: Any, types: Iterable[type], args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        named = kwargs or {}
        name = func._schema.name
        if (name in READ and args[0].device == META) or _copies(name, args, named) or _masks(name, args):
            self.found.add(f"{name} in {_place()}")
        return func(*args, **named)


class Builds(TorchFunctionMode):
    """Notes tensors that are built on the device from numbers of the program."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        if func in BUILT and result.device == META and not any(result is each for each in args):
            self.found.add(f"{func.__name__} in {_place()}")
        return result


def _copies(name: str, args: tuple[Any, ...], named: Mapping[str, Any]) -> bool:
    """Whether something comes from the device, or goes there and is waited for."""
    if name == "aten::_to_copy":
        source, goal = args[0].device, torch.device(named.get("device") or args[0].device)
        return bool(source != goal and (source == META or not named.get("non_blocking")))
    if name == "aten::copy_":
        source, goal = args[1].device, args[0].device
        return bool(source != goal and (source == META or not (len(args) > 2 and args[2])))
    return False


def _masks(name: str, args: tuple[Any, ...]) -> bool:
    places = args[1] if name.startswith("aten::index") and len(args) > 1 else ()
    if not isinstance(places, list | tuple):
        return False
    return any(isinstance(each, Tensor) and each.dtype == torch.bool and each.device == META for each in places)


def _place() -> str:
    """The line of the package that asked."""
    frames = [each for each in traceback.extract_stack() if "/steadygan/" in each.filename]
    frame = (frames or traceback.extract_stack())[-1]
    return f"{Path(frame.filename).name}:{frame.lineno} {frame.line}"


@pytest.fixture(autouse=True)
def _fused_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyTorch's fused Adam has a stand-in for the meta device, and refuses it all the same."""
    name = "_get_fused_kernels_supported_devices"
    supported = _foreach_utils._get_fused_kernels_supported_devices()
    for module in ("torch.utils._foreach_utils", "torch.optim.optimizer"):
        monkeypatch.setattr(importlib.import_module(module), name, lambda: [*supported, "meta"], raising=False)


def _often(chosen: Recipe) -> Recipe:
    """With penalties in every second step."""
    return chosen.change(values={f"{name}.every": 2 for name in ("r1", "r2") if chosen.has(name)})


def _waits(chosen: Recipe, vectors: bool = False, steps: int = STEPS) -> set[str]:
    """What is waited for in the steps after the first."""
    data = tiny.vectors() if vectors else tiny.images(size=16, channels=3)
    training = TrainingSettings(device="cpu", precision="fp32")
    state, _ = new_players(chosen, data, CustomNetworks(), META, training)
    step(state)
    with Waits() as waits, Builds() as builds:
        for _ in range(steps):
            step(state)
    return waits.found | builds.found


@pytest.mark.no_cover
@pytest.mark.parametrize("name", recipe_names())
def test_no_step_of_a_recipe_waits_for_the_device(name: str) -> None:
    assert _waits(_often(tiny.small(name))) == set()


@pytest.mark.no_cover
@pytest.mark.parametrize("name", ["dcgan", "steady"])
def test_no_step_on_vectors_waits_for_the_device(name: str) -> None:
    assert _waits(_often(tiny.small(recipe(name).for_vectors()[0])), vectors=True) == set()


@pytest.mark.sweep
def test_no_heuristic_waits_for_the_device_but_the_named_ones() -> None:
    for chosen in covering():
        without = [name for name in EXCEPTIONS if chosen.has(name)]
        waits = _waits(chosen.change(remove=without), steps=ALL_STEPS)
        assert waits == set(), [each.name for each in chosen.heuristics]


def test_what_is_waited_for_is_found() -> None:
    tensor = torch.zeros(3, device=META)
    with Waits() as waits, Builds() as builds:
        torch.zeros(3).to(META)
        torch.zeros(3).to(META, non_blocking=True)
        torch.tensor([1.0], device=META)
        with pytest.raises(RuntimeError):
            tensor.sum().item()
    assert len(waits.found) == 2
    assert len(builds.found) == 1
