import torch
from torch import Tensor, nn

from steadygan.layers.sequential import ConditionalSequential


class Told(nn.Module):
    """Adds the labels to x."""

    takes_labels = True

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        return x if labels is None else x + labels[:, None]


def test_a_sequence_gives_labels_to_those_that_take_them() -> None:
    x, labels = torch.zeros(2, 1), torch.tensor([1, 5])
    sequence = ConditionalSequential(nn.Identity(), Told(), ConditionalSequential(Told(), nn.ReLU()))
    assert sequence(x, labels).tolist() == [[2.0], [10.0]]
    assert sequence(x).tolist() == [[0.0], [0.0]]


def test_a_sequence_takes_labels_if_a_part_does() -> None:
    assert ConditionalSequential(nn.ReLU(), ConditionalSequential(Told())).takes_labels
    assert not ConditionalSequential(nn.ReLU(), ConditionalSequential(nn.Tanh())).takes_labels


def test_a_sequence_can_be_indexed_sliced_and_iterated() -> None:
    parts = [nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1)]
    sequence = ConditionalSequential(*parts)
    assert list(sequence) == parts
    assert sequence[1] is parts[1]
    assert list(nn.Sequential(*parts).state_dict()) == list(sequence.state_dict())
    assert len(sequence) == 3
