"""Checks with one batch whether the user's own networks fit the data and each other."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from steadygan.amounts import things
from steadygan.errors import SteadyganError
from steadygan.networks.last_layer import doubts_about_images, doubts_about_logits
from steadygan.vocabulary import Player

TRIED = 4


def check_networks(
    generator: nn.Module,
    discriminator: nn.Module,
    latent: int,
    shape: tuple[int, ...],
    device: torch.device,
    classes: int = 0,
    labelled_players: frozenset[Player] = frozenset(Player),
    packing: int = 1,
) -> tuple[str, ...]:
    """Run one small batch through both networks, and back.

    Args:
        generator: latents [N, ``latent``] to images [N, C, H, W] in [-1, 1], or to vectors [N, F].
        discriminator: those to logits: [N], [N, 1], or a map of logits [N, 1, h, w].
        latent: length of a latent.
        shape: of one item of the data: (H, W, C), or (F,).
        device: where to run.
        classes: above 0, networks are also given labels, int64 [N] from 0 to ``classes`` - 1.
        labelled_players: the players whose networks take labels.
        packing: images that get one logit together.

    Returns:
        Sentences about what fits and would still train badly.

    Raises:
        SteadyganError: in one sentence, what does not fit.
    """
    check_modules({Player.GENERATOR: generator, Player.DISCRIMINATOR: discriminator})
    generator.to(device)
    discriminator.to(device)
    count = TRIED * packing
    labels = (torch.arange(count, device=device) % classes,) if classes > 0 else ()
    latents = torch.zeros(count, latent, device=device)
    fakes = _fakes(generator, (latents, *labels) if Player.GENERATOR in labelled_players else (latents,), shape)
    given = (fakes, *labels) if Player.DISCRIMINATOR in labelled_players else (fakes,)
    logits = _logits(discriminator, given, packing)
    _check_gradients(fakes, logits)
    return (*doubts_about_images(fakes, len(shape) == 3), *doubts_about_logits(logits))


def check_modules(networks: Mapping[Player, nn.Module]) -> None:
    """Refuse what is no network, or has nothing to train.

    Raises:
        SteadyganError: for the first of them.
    """
    for player, network in networks.items():
        if not isinstance(network, nn.Module):
            raise SteadyganError(f"The {player} is a {type(network).__name__}; give a torch.nn.Module")
        if not any(parameter.requires_grad for parameter in network.parameters()):
            raise SteadyganError(
                f"The {player} has no weight that can be trained; give one with requires_grad, or trainable in Keras"
            )
        usual = torch.get_default_dtype()
        other = next((each.dtype for each in network.parameters() if each.dtype != usual), None)
        if other is not None:
            raise SteadyganError(f"The {player} has weights of {other} and training needs {usual}; call .to({usual})")


def failure(name: str, given: tuple[Tensor, ...], what: str, reason: str) -> SteadyganError:
    """The error for a network that fails when it is called.

    Args:
        name: the network, such as ``generator``.
        given: latents or images, and labels if it takes any.
        what: ``latents`` or ``images``.
        reason: one line of what happened.
    """
    with_labels = " with labels" if len(given) > 1 else ""
    length = f"; the recipe's latents have {things(given[0].shape[1], 'number')}" if what == "latents" else ""
    return SteadyganError(f"The {name} fails on {what} of shape {list(given[0].shape)}{with_labels}: {reason}{length}")


def _fakes(generator: nn.Module, given: tuple[Tensor, ...], shape: tuple[int, ...]) -> Tensor:
    count = len(given[0])
    wanted = (count, shape[2], shape[0], shape[1]) if len(shape) == 3 else (count, *shape)
    made = _tried(generator, given, "generator", "latents")
    if tuple(made.shape) != wanted:
        raise SteadyganError(
            f"The generator makes {list(made.shape)} from latents {list(given[0].shape)} "
            f"and the data need {list(wanted)}; change its last layers or --resolution"
        )
    largest = float(made.detach().abs().amax())
    if len(shape) == 3 and largest > 1.0 + 1e-3:
        raise SteadyganError(
            f"The generator makes values up to {largest:.3g} and images lie in [-1, 1]; end it in tanh"
        )
    return made


def _logits(discriminator: nn.Module, given: tuple[Tensor, ...], packing: int) -> Tensor:
    logits = _tried(discriminator, given, "discriminator", "images")
    fits = logits.ndim >= 1 and logits.shape[0] == TRIED
    if not fits or (logits.ndim == 2 and logits.shape[1] != 1) or (logits.ndim > 2 and logits.shape[1] != 1):
        what = f"{TRIED} images" if packing == 1 else f"{TRIED} packs of {packing} images"
        raise SteadyganError(
            f"The discriminator answers {list(logits.shape)} to {what}; "
            f"it must answer one logit each: [{TRIED}], [{TRIED}, 1], or a map [{TRIED}, 1, h, w]"
        )
    return logits


def _check_gradients(fakes: Tensor, logits: Tensor) -> None:
    if not fakes.requires_grad:
        raise SteadyganError(
            "The generator's images carry no gradients to its weights, so it cannot learn; "
            "take detach(), no_grad() or whatever else cuts them off out of its forward()"
        )
    reached = torch.autograd.grad(logits.sum(), fakes, allow_unused=True)[0] if logits.requires_grad else None
    if reached is None:
        raise SteadyganError(
            "The discriminator's logits carry no gradients to the images, so the generator cannot learn from them; "
            "take detach(), no_grad() or whatever else cuts them off out of its forward()"
        )


def _tried(network: nn.Module, given: tuple[Tensor, ...], name: str, what: str) -> Tensor:
    training = network.training
    try:
        # Evaluation mode, a forked random state: looking must not change what is looked at.
        with torch.random.fork_rng(), torch.enable_grad():
            answer = network.eval()(*given)
    except Exception as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise failure(name, given, what, reason) from None
    finally:
        network.train(training)
    if not isinstance(answer, Tensor):
        raise SteadyganError(f"The {name} returns a {type(answer).__name__}; it must return one tensor")
    if not bool(torch.isfinite(answer).all()):
        raise SteadyganError(f"The {name} returns values that are not finite before any training; check its weights")
    return answer
