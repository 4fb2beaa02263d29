"""The matrices of the adaptive augmentation against those that its authors' own code makes.

The numbers are from NVlabs/stylegan2-ada-pytorch at d72cc7d041b42ec8e806021a205ed9349f87c6a4: AugmentPipe.forward of
training/augment.py, all strengths 1, torch.set_default_dtype(torch.float64), on the CPU of PyTorch 2.13. For each call
torch.rand and torch.randn gave the numbers below (0 wherever it draws whether a change takes place), images were 16
wide and 24 high, and G_inv and C were read where forward begins to use them.
"""

import math

import pytest
import torch
from torch import Tensor

from steadygan.heuristics.inputs.pipeline import Colouring, Placement, colouring_matrix, placement_matrix

WIDTH, HEIGHT = 16, 24

# drawn for: mirror, quarters, shift, scale, turn, stretch, turn_after, drift; then G_inv
PLACEMENTS = [
    (
        (0.7, 0.3, (0.9, 0.2), 0.8, 0.6, -1.1, 0.1, (0.5, -0.7)),
        [
            [-0.8611357164053315, -0.1427858702911689, 2.561285388793877],
            [-0.41681404048828413, 0.8611357164053317, 0.22519904493948073],
            [0.0, 0.0, 1.0],
        ],
    ),
    (
        (0.2, 0.9, (0.1, 0.8), -1.3, 0.15, 0.4, 0.85, (-1.2, 0.3)),
        [
            [-0.06318472771132688, 1.1787902770985161, -3.212554595895849],
            [-1.2198502021675623, 0.06318472771132644, -4.984506740142343],
            [0.0, 0.0, 1.0],
        ],
    ),
]

# drawn for: brightness, contrast, luma flip, hue, saturation; then the rows of C that images are multiplied with; then
# what an image of one channel is multiplied with and what is added to it
COLOURINGS = [
    (
        (0.4, 0.9, 0.8, 0.7, -0.6),
        [
            [-0.26967894616144555, -1.043050737360143, -0.053310573232808044, -0.10928322054035175],
            [-0.05331057323280804, -0.2696789461614456, -1.043050737360143, -0.10928322054035175],
            [-1.043050737360143, -0.05331057323280804, -0.2696789461614456, -0.10928322054035174],
        ],
        [-1.366040256754396, -0.10928322054035171],
    ),
    (
        (-1.2, -0.5, 0.3, 0.2, 0.9),
        [
            [-0.042967621270672884, 1.3035508756600436, -0.41968683913565596, -0.20181513966089154],
            [-0.41968683913565596, -0.042967621270672884, 1.3035508756600436, -0.20181513966089154],
            [1.3035508756600436, -0.41968683913565596, -0.042967621270672884, -0.20181513966089154],
        ],
        [0.8408964152537145, -0.20181513966089148],
    ),
]


def one(*values: float) -> Tensor:
    """For a batch of one image: float64 [1], or [1, 2] for a pair."""
    return torch.tensor(values if len(values) == 1 else [values], dtype=torch.float64)


def angle(uniform: float) -> float:
    return (2 * uniform - 1) * math.pi


@pytest.mark.parametrize(("drawn", "expected"), PLACEMENTS)
def test_images_are_moved_as_by_the_authors(drawn: tuple, expected: list[list[float]]) -> None:
    mirror, quarters, (right, down), scale, turn, stretch, turn_after, (drift_right, drift_down) = drawn
    placement = Placement(
        mirror=one(math.floor(2 * mirror)),
        quarters=one(math.floor(4 * quarters)),
        shift=one(round((2 * right - 1) * 0.125 * WIDTH), round((2 * down - 1) * 0.125 * HEIGHT)),
        scale=one(2 ** (0.2 * scale)),
        turn=one(angle(turn)),
        stretch=one(2 ** (0.2 * stretch)),
        turn_after=one(angle(turn_after)),
        drift=one(drift_right * 0.125 * WIDTH, drift_down * 0.125 * HEIGHT),
    )
    (matrix,) = placement_matrix(placement)
    torch.testing.assert_close(matrix, torch.tensor(expected, dtype=torch.float64), rtol=0, atol=1e-13)


@pytest.mark.parametrize(("drawn", "colours", "grey"), COLOURINGS)
def test_colours_are_changed_as_by_the_authors(
    drawn: tuple[float, ...], colours: list[list[float]], grey: list[float]
) -> None:
    brightness, contrast, luma_flip, hue, saturation = drawn
    colouring = Colouring(
        brightness=one(0.2 * brightness),
        contrast=one(2 ** (0.5 * contrast)),
        luma_flip=one(math.floor(2 * luma_flip)),
        hue=one(angle(hue)),
        saturation=one(2**saturation),
    )
    (matrix,), (single,) = colouring_matrix(colouring, 3), colouring_matrix(colouring, 1)
    torch.testing.assert_close(matrix, torch.tensor(colours, dtype=torch.float64), rtol=0, atol=1e-13)
    torch.testing.assert_close(single, torch.tensor([grey], dtype=torch.float64), rtol=0, atol=1e-13)
