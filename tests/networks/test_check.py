"""One sentence for each way in which networks of a user's own do not fit, and nothing changed by looking."""

import re
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from steadygan.errors import SteadyganError
from steadygan.layers.stochastic import GeneratorDropout
from steadygan.networks.check import check_networks
from tests.training import players

SHAPE = (8, 8, 1)


class Answer(nn.Module):
    """Answers whatever a function makes of its input."""

    def __init__(self, function: Callable[[Tensor], object]) -> None:
        super().__init__()
        self.function = function
        self.weight = nn.Parameter(torch.ones(1))

    def forward(self, x: Tensor) -> object:
        return self.function(x)


def _check(generator: nn.Module, discriminator: nn.Module, shape: tuple[int, ...] = SHAPE) -> None:
    check_networks(generator, discriminator, players.LATENT, shape, torch.device("cpu"))


def _frozen(network: nn.Module) -> nn.Module:
    return network.requires_grad_(False)


def _image(*shape: int) -> nn.Module:
    return Answer(lambda z: torch.zeros(len(z), *shape))


GENERATORS = {
    "no module": (len, r"The generator is a builtin_function_or_method; give a torch\.nn\.Module"),
    "frozen": (_frozen(players.generator()), "generator has no weight that can be trained"),
    "fails": (nn.Linear(7, 64), r"generator fails on latents of shape \[4, 5\]: mat1 and mat2"),
    "fails silently": (Answer(lambda z: (_ for _ in ()).throw(KeyError)), "generator fails on latents .*: KeyError"),
    "flat": (_image(64), r"makes \[4, 64\] from latents \[4, 5\] and the data need \[4, 1, 8, 8\]"),
    "colours": (_image(3, 8, 8), r"makes \[4, 3, 8, 8\] .* need \[4, 1, 8, 8\]"),
    "channels last": (_image(8, 8, 1), r"makes \[4, 8, 8, 1\]"),
    "size": (_image(1, 16, 16), r"makes \[4, 1, 16, 16\] .*--resolution"),
    "range": (Answer(lambda z: torch.full((len(z), 1, 8, 8), 255.0)), r"values up to 255 and images lie in \[-1, 1\]"),
    "tuple": (Answer(lambda z: (z, z)), "generator returns a tuple; it must return one tensor"),
    "nan": (Answer(lambda z: torch.full((len(z), 1, 8, 8), torch.nan)), "not finite before any training"),
}
DISCRIMINATORS = {
    "no module": (torch.sum, "discriminator is a builtin_function_or_method"),
    "frozen": (_frozen(players.discriminator()), "discriminator has no weight that can be trained"),
    "fails": (nn.Conv2d(3, 1, 3), r"discriminator fails on images of shape \[4, 1, 8, 8\]: Given groups=1"),
    "classes": (
        Answer(lambda x: x.flatten(1)[:, :10]),
        r"answers \[4, 10\] to 4 images; it must answer one logit each",
    ),
    "maps of two": (Answer(lambda x: x.expand(-1, 2, -1, -1)), r"answers \[4, 2, 8, 8\]"),
    "one for all": (Answer(lambda x: x.mean()), r"answers \[\] to 4 images"),
    "too few": (Answer(lambda x: x[:2].mean((1, 2, 3))), r"answers \[2\]"),
    "infinite": (Answer(lambda x: x.mean((1, 2, 3)) / 0 + torch.inf), "not finite before any training"),
    "text": (Answer(lambda x: "real"), "discriminator returns a str"),
}


@pytest.mark.parametrize(("network", "sentence"), GENERATORS.values(), ids=GENERATORS)
def test_each_mismatch_of_a_generator_has_a_sentence(network: nn.Module, sentence: str) -> None:
    with pytest.raises(SteadyganError, match=sentence) as refusal:
        _check(network, players.discriminator())
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(("network", "sentence"), DISCRIMINATORS.values(), ids=DISCRIMINATORS)
def test_each_mismatch_of_a_discriminator_has_a_sentence(network: nn.Module, sentence: str) -> None:
    with pytest.raises(SteadyganError, match=sentence) as refusal:
        _check(players.generator(), network)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "discriminator",
    [
        players.discriminator(),
        players.patches(),
        Answer(lambda x: x.mean((1, 2, 3))),
        Answer(lambda x: x.mean((2, 3))),
        Answer(lambda x: x.mean(1, keepdim=True)),
    ],
)
def test_all_promised_shapes_of_logits_are_accepted(discriminator: nn.Module) -> None:
    _check(players.generator(), discriminator)


def test_vectors_have_no_range() -> None:
    _check(Answer(lambda z: torch.full((len(z), 3), 500.0, requires_grad=True)), nn.Linear(3, 1), (3,))
    with pytest.raises(SteadyganError, match=r"need \[4, 3\]"):
        _check(Answer(lambda z: torch.zeros(len(z), 2)), nn.Linear(3, 1), (3,))


class Labelled(nn.Module):
    """Wants labels, remembers them, and passes on the rest."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.seen: list[Tensor] = []

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        self.seen.append(labels)
        answer: Tensor = self.network(x)
        return answer


def test_networks_that_take_labels_are_given_some() -> None:
    networks = Labelled(players.generator()), Labelled(players.discriminator())
    check_networks(*networks, players.LATENT, SHAPE, torch.device("cpu"), classes=3)
    for network in networks:
        (labels,) = network.seen
        assert labels.dtype == torch.int64
        assert labels.shape == (4,)
        assert set(labels.tolist()) == {0, 1, 2}


def test_labels_that_do_not_fit_have_a_sentence() -> None:
    with pytest.raises(SteadyganError, match=r"generator fails on latents of shape \[4, 5\] with labels: .*argument"):
        check_networks(players.generator(), players.discriminator(), players.LATENT, SHAPE, torch.device("cpu"), 3)
    with pytest.raises(SteadyganError, match=r"generator fails on latents of shape \[4, 5\]: .*labels"):
        _check(Labelled(players.generator()), players.discriminator())


@pytest.mark.parametrize("training", [True, False])
def test_looking_changes_nothing(training: bool) -> None:
    generator = nn.Sequential(GeneratorDropout(0.5), players.generator()).train(training)  # draws in evaluation too
    discriminator = players.discriminator().train(training)
    before = [players.weights(network) for network in (generator, discriminator)]
    random = torch.get_rng_state()
    _check(generator, discriminator)
    assert torch.equal(torch.get_rng_state(), random)
    for network, weights in zip((generator, discriminator), before, strict=True):
        assert players.unchanged(network, weights)
        assert network.training is training
        assert all(parameter.grad is None and parameter.requires_grad for parameter in network.parameters())


# --- what fits and trains badly


def _doubts(generator: nn.Module, discriminator: nn.Module, shape: tuple[int, ...] = SHAPE) -> tuple[str, ...]:
    return check_networks(generator, discriminator, players.LATENT, shape, torch.device("cpu"))


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ([nn.Sigmoid()], r"discriminator ends in a sigmoid, so its answers lie between 0 and 1, .*take that last"),
        ([nn.Sigmoid(), nn.Flatten(0)], "ends in a sigmoid"),
        ([nn.Tanh()], "ends in tanh, so its answers lie between -1 and 1"),
        ([nn.ReLU()], "ends in a ReLU, so its answers lie at 0 or above"),
        ([nn.Sigmoid(), nn.Linear(1, 1)], None),
        ([nn.LeakyReLU()], None),
        ([], None),
    ],
)
def test_bounded_logits_are_named(layers: list[nn.Module], words: str | None) -> None:
    doubts = _doubts(players.generator(), nn.Sequential(players.discriminator(), *layers))
    assert len(doubts) == (words is not None)
    if words is not None:
        assert re.search(words, doubts[0])


def test_patches_that_end_in_a_sigmoid_and_are_averaged_are_named() -> None:
    judge = players.patches()
    assert _doubts(players.generator(), Answer(lambda x: torch.sigmoid(judge(x)).mean((1, 2, 3)))) != ()


def test_images_that_are_never_dark_are_named() -> None:
    body = players.generator()[:-1]
    assert isinstance(body, nn.Sequential)
    (doubt,) = _doubts(nn.Sequential(*body, nn.Sigmoid()), players.discriminator())
    assert re.search("generator ends in a sigmoid, .*darker than a middle grey; end it in tanh", doubt)

    class Stretched(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = body

        def forward(self, z: Tensor) -> Tensor:
            images: Tensor = 2 * torch.sigmoid(self.body(z)) - 1
            return images

    assert _doubts(Stretched(), players.discriminator()) == ()
    assert _doubts(nn.Sequential(nn.Linear(players.LATENT, 3), nn.ReLU()), nn.Linear(3, 1), (3,)) == ()


# --- gradients and types


class Cut(nn.Module):
    """A network whose output carries no gradients, or whose input passes none on."""

    def __init__(self, network: nn.Module, how: str) -> None:
        super().__init__()
        self.network, self.how = network, how

    def forward(self, x: Tensor) -> Tensor:
        with torch.set_grad_enabled(self.how != "no_grad"):
            answer: Tensor = self.network(x.detach() if self.how == "input" else x)
        return answer.detach() if self.how == "output" else answer


@pytest.mark.parametrize("how", ["no_grad", "output"])
def test_a_generator_that_cuts_gradients_off_is_refused(how: str) -> None:
    with pytest.raises(SteadyganError, match=r"generator's images carry no gradients .*detach\(\), no_grad\(\)"):
        _check(Cut(players.generator(), how), players.discriminator())


@pytest.mark.parametrize("how", ["no_grad", "output", "input"])
def test_a_discriminator_that_cuts_gradients_off_is_refused(how: str) -> None:
    with pytest.raises(SteadyganError, match=r"logits carry no gradients to the images.*detach\(\), no_grad\(\)"):
        _check(players.generator(), Cut(players.discriminator(), how))


def test_weights_of_another_type_are_refused() -> None:
    with pytest.raises(
        SteadyganError, match=r"generator has weights of torch\.float64 and .*call \.to\(torch\.float32\)"
    ):
        _check(players.generator().double(), players.discriminator())
