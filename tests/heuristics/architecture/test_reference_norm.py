import torch
from torch import Tensor, nn

from steadygan.heuristics.architecture import ReferenceBatchNormHeuristic, VirtualBatchNormHeuristic
from steadygan.vocabulary import Player

from ..truth import FakeTable


class Reference:
    """Remembers what it was given."""

    def __init__(self) -> None:
        self.held: list[tuple[Tensor, Tensor | None]] = []

    def hold(self, inputs: Tensor, labels: Tensor | None = None) -> None:
        self.held.append((inputs, labels))


class Network(nn.Module):
    """A network that has a reference batch, or None."""

    def __init__(self, reference: Reference | None) -> None:
        super().__init__()
        self.reference = reference


REAL, LABELS = torch.randn(20, 5), torch.arange(20)


def begun(heuristic: ReferenceBatchNormHeuristic | VirtualBatchNormHeuristic) -> dict[Player, Reference]:
    references = {player: Reference() for player in Player}
    state = FakeTable({player: Network(references[player]) for player in Player}, real=REAL, labels=LABELS, latent=3)
    heuristic.begin(state)
    return references


def test_the_generator_gets_latents_and_labels_for_its_reference_batch() -> None:
    references = begun(VirtualBatchNormHeuristic(reference=8))
    ((latents, labels),) = references[Player.GENERATOR].held
    assert latents.shape == (8, 3)
    assert labels is not None
    assert len(labels) == 8
    assert references[Player.DISCRIMINATOR].held == []


def test_the_discriminator_gets_real_images_for_its_reference_batch() -> None:
    references = begun(ReferenceBatchNormHeuristic(in_generator=False, reference=8))
    ((images, labels),) = references[Player.DISCRIMINATOR].held
    assert torch.equal(images, REAL[:8])
    assert labels is not None
    assert torch.equal(labels, LABELS[:8])
    assert references[Player.GENERATOR].held == []


def test_networks_without_a_reference_batch_are_left_alone() -> None:
    state = FakeTable({Player.GENERATOR: Network(None), Player.DISCRIMINATOR: nn.Identity()}, real=REAL)
    ReferenceBatchNormHeuristic(reference=8).begin(state)
