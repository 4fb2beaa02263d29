"""Batches side by side in one pass, against each by itself."""

import copy
import gc
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch
from torch import Tensor, nn

from steadygan.feeding.loader import Batch
from steadygan.layers.kernels.joint_batches import BatchNorm1d, BatchNorm2d, joint_batches, supports_joint_batches
from steadygan.settings import Precision, TrainingSettings
from steadygan.training.session import CustomNetworks, new_players
from steadygan.training.state import TrainingState
from steadygan.training.step import step
from steadygan.training.turn import TrainingTurn
from steadygan.vocabulary import Player, Side
from tests import tiny
from tests.labelled_networks import CPU

pytestmark = pytest.mark.usefixtures("float64")


@pytest.mark.parametrize(
    ("kind", "shape"), [(BatchNorm1d, (4, 3)), (BatchNorm2d, (4, 3, 2, 2))], ids=["vectors", "maps"]
)
def test_each_side_has_its_own_statistics_and_both_move_the_running_ones(
    kind: type[nn.Module], shape: tuple[int, ...]
) -> None:
    torch.manual_seed(0)
    norm = kind(3)
    apart = copy.deepcopy(norm)
    first, second = torch.randn(shape), 3 * torch.randn(shape) + 1
    with joint_batches(norm, 2):
        together = norm(torch.cat([first, second]))
    torch.testing.assert_close(together, torch.cat([apart(first), apart(second)]))
    torch.testing.assert_close(norm.state_dict(), apart.state_dict())
    assert not torch.allclose(together, norm(torch.cat([first, second])))


def _state(name: str, *extra: str, precision: Precision = "fp32") -> TrainingState:
    torch.manual_seed(0)
    training = TrainingSettings(device="cpu", precision=precision)
    state, _ = new_players(tiny.small(name).change(add=extra), tiny.images(size=16), CustomNetworks(), CPU, training)
    return state


@pytest.mark.parametrize("name", ["dcgan", "steady", "conditional"])
def test_a_turn_in_one_pass_is_the_turn_in_two(name: str) -> None:
    answers, gradients, buffers = [], [], []
    for in_one in (True, False):
        state = _state(name)
        assert state.joint_batches_work
        state.joint_batches_work = in_one
        real = state.next_real()
        turn = TrainingTurn(Player.DISCRIMINATOR, state, real, None, frozenset(Side))
        loss = turn.loss() + sum(turn.input_gradient(side).square().sum() for side in Side)
        network = state.network(Player.DISCRIMINATOR)
        answers.append([turn.logits(side) for side in Side] + [turn.features(side) for side in Side])
        gradients.append(torch.autograd.grad(loss, list(network.parameters())))
        buffers.append(list(network.buffers()))
    for together, apart in zip(answers[0] + buffers[0], answers[1] + buffers[1], strict=True):
        torch.testing.assert_close(together, apart)
    for together, apart in zip(*gradients, strict=True):
        torch.testing.assert_close(together, apart)


@pytest.mark.parametrize(("most", "passes"), [(4 * 16 * 16, 1), (4 * 16 * 16 - 1, 2)])
def test_large_batches_are_answered_in_turn(most: int, passes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Side by side all that lives during a pass is twice as large."""
    monkeypatch.setattr("steadygan.training.turn.LARGEST_JOINT_BATCH", most)
    state = _state("dcgan")
    real = Batch(state.next_real().images[:4], None)
    assert real.images.shape == (4, 1, 16, 16)
    sizes: list[int] = []
    state.network(Player.DISCRIMINATOR).get_submodule("trunk").register_forward_hook(
        lambda _module, given, _made: sizes.append(len(given[0]))
    )
    TrainingTurn(Player.DISCRIMINATOR, state, real).loss()
    assert sizes == [8 // passes] * passes


class _Kept:
    """What a graph keeps for its derivatives."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor


@contextmanager
def _all_kept() -> Iterator[weakref.WeakSet[_Kept]]:
    """What all graphs keep, as long as they do; nothing waits for the garbage collector."""
    alive: weakref.WeakSet[_Kept] = weakref.WeakSet()

    def keep(tensor: Tensor) -> _Kept:
        kept = _Kept(tensor)
        alive.add(kept)
        return kept

    gc.disable()
    try:
        with torch.autograd.graph.saved_tensors_hooks(keep, lambda kept: kept.tensor):
            yield alive
    finally:
        gc.enable()


def _kept_at_each_pass(state: TrainingState) -> list[int]:
    """A step; gives how much all graphs keep whenever images enter the discriminator."""
    found: list[int] = []
    with _all_kept() as alive:
        trunk = state.network(Player.DISCRIMINATOR).get_submodule("trunk")
        handle = trunk.register_forward_pre_hook(lambda _module, _given: found.append(len(alive)))
        step(state)
        handle.remove()
        assert len(alive) == 0
    return found


@pytest.mark.parametrize("most", [1, 10**9])
@pytest.mark.parametrize("name", ["dcgan", "steady", "wgan-gp", "sngan", "conditional"])
def test_a_step_leaves_no_graph_behind(name: str, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steadygan.training.turn.LARGEST_JOINT_BATCH", most)
    _kept_at_each_pass(_state(name))


def test_one_side_is_gone_before_the_other_enters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steadygan.training.turn.LARGEST_JOINT_BATCH", 1)
    state = _state("dcgan")  # its fakes, which carry gradients for the generator, are there from the beginning
    real, fake, moved = _kept_at_each_pass(state)
    assert real == fake == moved > 0


@pytest.mark.parametrize("objective", ["non-saturating", "hinge", "least-squares", "wasserstein", "relativistic"])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_one_side_after_the_other_gives_the_same_gradients(
    objective: str, precision: Precision, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steadygan.training.turn.LARGEST_JOINT_BATCH", 1)
    gradients: list[list[Tensor | None]] = []
    for at_once in (True, False):
        state = _state("dcgan", objective, precision=precision)
        turn = TrainingTurn(Player.DISCRIMINATOR, state, state.next_real())
        if at_once:
            torch.autograd.backward(turn.loss())
        else:
            turn.backward()
        gradients.append([each.grad for each in state.network(Player.DISCRIMINATOR).parameters()])
        logged = state.record.row()
        assert set(logged) == {"discriminator/loss", "logits/real", "logits/fake", "not_finite"}
        gradients[-1] += [torch.tensor(logged[name]) for name in sorted(logged)]
    for one, other in zip(*gradients, strict=True):
        assert one is not None
        assert other is not None
        assert torch.equal(one, other)


@pytest.mark.parametrize("heuristic", ["minibatch-discrimination", "minibatch-stddev", "spectral-norm"])
def test_layers_that_mix_a_batch_or_count_their_uses_keep_passes_apart(heuristic: str) -> None:
    assert supports_joint_batches(_state("naive").network(Player.DISCRIMINATOR))
    assert not supports_joint_batches(_state("naive", heuristic).network(Player.DISCRIMINATOR))
    assert not _state("naive", heuristic).joint_batches_work


def test_a_network_of_someone_else_is_asked_twice() -> None:
    state = _state("naive")
    state.networks[Player.DISCRIMINATOR] = nn.Sequential(nn.Flatten(), nn.LazyLinear(1))
    state.__post_init__()
    assert not state.joint_batches_work
