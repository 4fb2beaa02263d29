"""Any network can give features; what it does not do is said in a sentence."""

import sys

import pytest
import torch
from torch import Tensor, nn

from steadygan.errors import SteadyganError
from steadygan.features import extract, find_extractor
from steadygan.features.modules import ModuleExtractor, digest_of


class Lengths(nn.Module):
    """Sums over channels and rows, with a dropout that must be off and a norm that must not learn."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))
        self.dropout = nn.Dropout(0.9)
        self.norm = nn.BatchNorm1d(8, affine=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.dropout(self.scale * x).sum((1, 2)) + 0 * self.norm(x.sum((1, 2)))


class Two(nn.Module):
    input_size, input_channels = 6, 3

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        assert x.shape[1:] == (3, 6, 6)
        return x.flatten(1), torch.zeros(len(x), 5)


IMAGES = torch.randint(0, 256, (7, 8, 8, 1), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def test_features_are_those_of_the_network_in_evaluation_mode() -> None:
    network = Lengths().train()
    network.dropout.eval()  # a mode of its own, which is to be found again
    before = {name: value.clone() for name, value in network.state_dict().items()}
    state = torch.random.get_rng_state()
    found = extract(find_extractor(network), IMAGES.numpy(), 3)
    expected = (IMAGES.double() / 127.5 - 1).sum((1, 3))
    torch.testing.assert_close(found.features.double(), expected, rtol=1e-5, atol=1e-5)
    assert found.probabilities is None
    assert torch.equal(torch.random.get_rng_state(), state)
    assert network.training
    assert network.norm.training
    assert not network.dropout.training
    assert all(torch.equal(network.state_dict()[name], value) for name, value in before.items())
    assert not found.features.requires_grad


def test_logits_become_probabilities_and_wishes_are_kept() -> None:
    extractor = ModuleExtractor(Two())
    found = extractor(IMAGES)
    assert found.features.shape == (7, 108)
    assert found.probabilities is not None
    torch.testing.assert_close(found.probabilities, torch.full((7, 5), 0.2))
    assert extractor.classes == 5
    assert "6px" in extractor.name


def test_names_tell_weights_apart() -> None:
    first, second = nn.Linear(3, 2), nn.Linear(3, 2)
    assert digest_of(first) != digest_of(second)
    second.load_state_dict(first.state_dict())
    assert ModuleExtractor(first).name == ModuleExtractor(second).name


@pytest.mark.parametrize(
    "answer", [lambda x: x, lambda x: x.flatten(1)[:2], lambda x: (x.flatten(1),) * 3, lambda x: None]
)
def test_other_answers_are_refused(answer) -> None:
    class Odd(nn.Module):
        def forward(self, x: Tensor) -> object:
            return answer(x)

    with pytest.raises(SteadyganError, match="features and logits"):
        ModuleExtractor(Odd())(IMAGES)


def test_a_network_that_refuses_images_is_named() -> None:
    network = nn.Linear(5, 5)
    with pytest.raises(SteadyganError, match="refuses images of shape"):
        ModuleExtractor(network)(IMAGES)


def test_references_name_networks_and_functions_that_make_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "own_features", type(sys)("own_features"))
    sys.modules["own_features"].Two = Two  # type: ignore[attr-defined]
    sys.modules["own_features"].ready = Two()  # type: ignore[attr-defined]
    sys.modules["own_features"].number = 3  # type: ignore[attr-defined]
    for name in ("own_features:Two", "own_features:ready"):
        assert find_extractor(name)(IMAGES).features.shape == (7, 108)
    with pytest.raises(SteadyganError, match="is a int"):
        find_extractor("own_features:number")


def test_unknown_names_are_refused_with_the_nearest() -> None:
    with pytest.raises(SteadyganError, match="did you mean 'inception'"):
        find_extractor("inceptoin")
    with pytest.raises(SteadyganError, match="learned from data"):
        find_extractor("domain")
