"""Who moves, who is frozen, and what each player sees."""

import copy
import gc
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn

from steadygan.feeding.loader import Batch
from steadygan.recipe import Recipe
from steadygan.settings import TrainingSettings
from steadygan.training.session import CustomNetworks, new_players
from steadygan.training.step import move, only_trains, step
from steadygan.training.turn import TrainingTurn, make_fakes
from steadygan.vocabulary import Player, Side
from tests import tiny
from tests.labelled_networks import CPU
from tests.training import players

G, D = Player.GENERATOR, Player.DISCRIMINATOR


def _recipe(name: str = "dcgan") -> Recipe:
    return tiny.small(name).with_("uniform-latent", dimension=players.LATENT)


@pytest.mark.parametrize("name", ["dcgan", "steady"])
def test_each_move_changes_its_own_player_alone(name: str) -> None:
    state = players.play(_recipe(name), players.generator(norm=False), players.discriminator(norm=False))
    real = state.next_real()
    for mover, other in ((D, G), (G, D)):
        mine, theirs = players.weights(state.networks[mover]), players.weights(state.networks[other])
        move(mover, state, real)
        assert not players.unchanged(state.networks[mover], mine)
        assert players.unchanged(state.networks[other], theirs)


def test_no_gradient_reaches_the_other_player() -> None:
    state = players.play(_recipe("steady"), players.generator(), players.discriminator())
    real = state.next_real()
    for mover, other in ((D, G), (G, D)):
        state.networks[other].zero_grad(set_to_none=True)
        move(mover, state, real)
        assert all(parameter.grad is None for parameter in state.networks[other].parameters())
        assert all(parameter.grad is not None for parameter in state.networks[mover].parameters())


def test_the_other_player_is_frozen_during_a_move_and_thawed_after_an_error() -> None:
    state = players.play(_recipe(), players.generator(), players.discriminator())
    with pytest.raises(RuntimeError, match="on purpose"), only_trains(G, state):  # noqa: PT012
        assert not any(parameter.requires_grad for parameter in state.networks[D].parameters())
        assert all(parameter.requires_grad for parameter in state.networks[G].parameters())
        raise RuntimeError("on purpose")
    assert all(parameter.requires_grad for parameter in state.networks[D].parameters())


@pytest.mark.parametrize("player", list(Player))
def test_what_the_user_froze_stays_frozen(player: Player) -> None:
    networks = {G: players.generator(norm=False), D: players.discriminator(norm=False)}
    frozen = next(networks[player].children())
    for parameter in frozen.parameters():
        parameter.requires_grad_(False)
    before, others = players.weights(frozen), players.weights(networks[player])
    state = players.play(_recipe("steady"), networks[G], networks[D])
    for _ in range(3):
        step(state)
    assert players.unchanged(frozen, before)
    assert not players.unchanged(networks[player], others)
    assert not any(parameter.requires_grad for parameter in frozen.parameters())


def test_real_and_fake_go_through_the_discriminator_apart() -> None:
    witness = players.Witness(players.discriminator())
    state = players.play(_recipe(), players.generator(), witness)
    real = state.next_real()
    move(D, state, real)
    assert [len(given) for given in witness.given] == [tiny.BATCH, tiny.BATCH]
    torch.testing.assert_close(witness.given[0], real.images)
    assert not torch.equal(witness.given[1], real.images)


def test_batch_statistics_of_real_images_do_not_depend_on_fakes_unless_mixed() -> None:
    def answers(recipe: Recipe, seed: int) -> torch.Tensor:
        torch.manual_seed(1)
        state = players.play(recipe, players.generator(), players.discriminator())
        real = state.next_real()
        torch.manual_seed(seed)
        return TrainingTurn(D, state, real).logits(Side.REAL)

    assert torch.equal(answers(_recipe(), 2), answers(_recipe(), 3))
    mixed = _recipe().with_("mixed-batches")
    assert not torch.allclose(answers(mixed, 2), answers(mixed, 3), atol=1e-6)


def test_mixed_batches_enter_as_one_and_are_told_apart_again() -> None:
    witness = players.Witness(players.discriminator())
    state = players.play(_recipe().with_("mixed-batches"), players.generator(), witness)
    real = state.next_real()
    turn = TrainingTurn(D, state, real)
    both = torch.cat([turn.logits(Side.REAL), turn.logits(Side.FAKE)])
    assert [len(given) for given in witness.given] == [2 * tiny.BATCH]
    assert torch.equal(witness.answered[0].flatten(), both)
    torch.testing.assert_close(witness.given[0][: tiny.BATCH], real.images)


def test_a_turn_computes_each_thing_once() -> None:
    witness = players.Witness(players.discriminator())
    maker = players.Witness(players.generator())
    state = players.play(_recipe("dcgan").with_("r1").with_("r2"), maker, witness)
    move(D, state, state.next_real())
    assert (len(witness.given), len(maker.given)) == (2, 1)


def test_penalties_come_every_k_moves() -> None:
    recipe = _recipe().with_("r1", every=3).with_("r2", every=2)
    state = players.play(recipe, players.generator(), players.discriminator())
    found = []
    for _ in range(7):
        step(state)
        found.append({"r1", "r2"} & {*state.record.row()})
    assert found == [{"r1", "r2"}, set(), {"r2"}, {"r1"}, {"r2"}, set(), {"r1", "r2"}]


def test_a_lazy_penalty_weighs_k_times_as_much() -> None:
    """With plain descent one move of ``every=k, gamma`` equals one move of ``every=1, k gamma``."""
    ends = []
    for every, gamma in ((4, 0.5), (1, 2.0)):
        torch.manual_seed(2)
        recipe = _recipe("dcgan").with_("sgd-discriminator").with_("r1", every=every, gamma=gamma)
        state = players.play(recipe, players.generator(norm=False), players.discriminator(norm=False))
        torch.manual_seed(3)
        move(D, state, state.next_real())
        ends.append(players.weights(state.networks[D]))
    for name in ends[0]:
        torch.testing.assert_close(ends[0][name], ends[1][name], rtol=1e-6, atol=1e-8)


def test_the_clock_counts_the_real_images_of_every_discriminator_move() -> None:
    recipe = _recipe().with_("alternate", discriminator_moves=3, generator_moves=2)
    state = players.play(recipe, players.generator(), players.discriminator())
    seen = []
    for _ in range(3):
        step(state)
        seen.append(state.images_seen)
    assert [later - earlier for earlier, later in pairwise(seen)] == [3 * tiny.BATCH] * 2
    assert state.moves == {D: 9, G: 6}
    assert state.steps == 3


def test_patch_logits_count_as_many_and_penalties_take_their_mean() -> None:
    judge = players.patches()
    exact = copy.deepcopy(judge)
    state = players.play(_recipe("dcgan").with_("r1", gamma=2.0), players.generator(), judge)
    real = state.next_real()
    turn = TrainingTurn(D, state, real, None, frozenset({Side.REAL}))
    assert turn.logits(Side.REAL).shape == (4 * tiny.BATCH,)
    assert turn.targets(Side.FAKE).tolist() == [0.0] * 4 * tiny.BATCH
    x = real.images.clone().requires_grad_()
    (expected,) = torch.autograd.grad(exact(x).mean(dim=(1, 2, 3)).sum(), x)
    torch.testing.assert_close(turn.input_gradient(Side.REAL), expected)
    step(state)
    assert all(bool(torch.isfinite(parameter).all()) for parameter in judge.parameters())


def test_soft_targets_of_patches_are_one_for_each_image() -> None:
    state = players.play(_recipe("dcgan").with_("soft-labels"), players.generator(), players.patches())
    targets = TrainingTurn(D, state, state.next_real()).targets(Side.REAL).view(tiny.BATCH, 4)
    assert torch.equal(targets, targets[:, :1].expand(-1, 4))
    assert len({*targets[:, 0].tolist()}) == tiny.BATCH


@pytest.mark.parametrize("name", ["dcgan", "steady"])
def test_bf16_answers_in_fp32_and_stays_near_fp32(name: str) -> None:
    ends: list[dict[str, torch.Tensor]] = []
    for precision in ("fp32", "bf16"):
        torch.manual_seed(4)
        state = players.play(_recipe(name), players.generator(), players.discriminator(), precision)
        witness = players.Witness(state.networks[D])
        state.networks[D] = witness
        start = players.weights(witness)
        torch.manual_seed(5)
        turn = TrainingTurn(D, state, state.next_real())
        assert turn.logits(Side.REAL).dtype is torch.float32
        assert witness.answered[0].dtype is (torch.bfloat16 if precision == "bf16" else torch.float32)
        assert all(parameter.dtype is torch.float32 for parameter in witness.parameters())
        for _ in range(5):
            step(state)
        ends.append(players.weights(witness))
        assert not players.unchanged(witness, start)
    for place, tensor in ends[0].items():
        torch.testing.assert_close(ends[1][place].float(), tensor.float(), rtol=0.05, atol=0.02)
    assert any(not torch.equal(ends[1][place], tensor) for place, tensor in ends[0].items())


def test_fakes_of_the_discriminators_move_carry_no_graph() -> None:
    state = players.play(_recipe("steady"), players.generator(), players.discriminator())
    real = state.next_real()
    assert not TrainingTurn(D, state, real).images(Side.FAKE).requires_grad
    assert TrainingTurn(G, state, real).images(Side.FAKE).requires_grad


def test_an_average_follows_buffers_too() -> None:
    state = players.play(
        _recipe().with_("ema", half_life=1e9, ramp_up=None), players.generator(), players.discriminator()
    )
    assert state.averaged is not None
    before = players.weights(state.averaged)
    step(state)
    after = state.averaged.state_dict()
    counter = next(name for name in after if name.endswith("num_batches_tracked"))
    assert int(after[counter]) == 1  # the fakes that both moves share
    decay = 0.5 ** (tiny.BATCH / 1e9)
    for name, tensor in state.networks[G].state_dict().items():
        if tensor.is_floating_point():
            torch.testing.assert_close(after[name], decay * before[name] + (1 - decay) * tensor)
    assert state.kept_generator is state.averaged


def test_without_an_average_the_latest_generator_is_kept() -> None:
    maker: nn.Module = players.generator()
    state = players.play(_recipe(), maker, players.discriminator())
    assert state.kept_generator is maker


def test_reused_fakes_are_the_ones_that_the_discriminator_judged_last() -> None:
    witness, maker = players.Witness(players.discriminator()), players.Witness(players.generator())
    recipe = _recipe().with_("alternate", discriminator_moves=2, generator_moves=2, reuse_fakes=True)
    step(players.play(recipe, maker, witness))
    # The discriminator is asked: real, fake, real, fake; then the generator's moves: fake, fake.
    first, last, reused, fresh = (witness.given[place] for place in (1, 3, 4, 5))
    assert torch.equal(reused, last)
    assert not torch.equal(first, last)
    assert not torch.equal(fresh, last)
    assert len(maker.given) == 3


@pytest.mark.parametrize(("fresh", "batches"), [(False, 2), (True, 4)])
def test_the_generators_moves_see_the_last_real_images_or_fresh_ones(fresh: bool, batches: int) -> None:
    values = {"alternate.discriminator_moves": 2, "alternate.generator_moves": 2, "alternate.fresh_reals": fresh}
    chosen = tiny.small("dcgan").with_("relativistic").change(values=values)
    state, _ = new_players(chosen, tiny.images(), CustomNetworks(), CPU, TrainingSettings(device="cpu"))
    seen: list[int] = []
    draw = state.loader.next

    def counted(batch: int) -> Batch:
        seen.append(batch)
        return draw(batch)

    state.loader.next = counted  # type: ignore[method-assign]
    step(state)
    assert seen == [state.batch] * batches
    assert state.images_seen == 2 * state.batch  # the clock counts the discriminator's


def test_the_generators_move_asks_nothing_about_real_images_unless_its_loss_does() -> None:
    for name, passes in (("minimax", 1), ("non-saturating", 1), ("hinge", 1), ("relativistic", 2)):
        witness = players.Witness(players.discriminator())
        state = players.play(_recipe("naive").with_(name), players.generator(), witness)
        move(G, state, state.next_real())
        assert len(witness.given) == passes


class _Kept:
    """What a graph keeps of a tensor, for as long as the graph lives."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor


@contextmanager
def _graphs() -> Iterator[Callable[[], int]]:
    """Count what graphs keep that were made meanwhile and live still."""
    kept: list[weakref.ref[_Kept]] = []

    def pack(tensor: Tensor) -> _Kept:
        box = _Kept(tensor)
        kept.append(weakref.ref(box))
        return box

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda box: box.tensor):
        yield lambda: sum(each() is not None for each in kept)


@pytest.mark.parametrize("name", ["dcgan", "steady", "wgan-gp"])
def test_nothing_of_a_moves_graph_outlives_it(name: str) -> None:
    training = TrainingSettings(device="cpu", precision="fp32")
    state, _ = new_players(tiny.small(name), tiny.images(), CustomNetworks(), CPU, training)
    real = state.next_real()
    gc.disable()  # a graph that only the collector frees lives on into the next move
    try:
        with _graphs() as alive:
            fakes = make_fakes(state, real)
            of_fakes = alive()
            assert of_fakes > 0
            move(D, state, real, fakes.detached())
            assert alive() == of_fakes
            move(G, state, real, fakes)
            del fakes
            assert alive() == 0
            step(state)
            assert alive() == 0
    finally:
        gc.enable()
