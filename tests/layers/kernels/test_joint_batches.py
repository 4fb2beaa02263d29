"""Batches side by side in one pass, against each by itself."""

import copy

import pytest
import torch
from torch import nn

from steadygan.feeding.loader import Batch
from steadygan.layers.kernels.joint_batches import BatchNorm1d, BatchNorm2d, joint_batches, supports_joint_batches
from steadygan.settings import TrainingSettings
from steadygan.training.session import CustomNetworks, new_players
from steadygan.training.state import TrainingState
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


def _state(name: str, *extra: str) -> TrainingState:
    torch.manual_seed(0)
    training = TrainingSettings(device="cpu", precision="fp32")
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
