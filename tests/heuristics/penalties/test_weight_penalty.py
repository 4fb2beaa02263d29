import pytest
from pydantic import ValidationError

from steadygan.heuristics.penalties import HistoricalAveraging, Orthogonal
from steadygan.vocabulary import Player


def test_orthogonal_is_the_generators_unless_told_otherwise() -> None:
    assert Orthogonal().players == {Player.GENERATOR}
    assert Orthogonal().weight == 1e-4
    assert Orthogonal(in_generator=False, in_discriminator=True).players == {Player.DISCRIMINATOR}
    assert HistoricalAveraging().players == set(Player)


@pytest.mark.parametrize("kind", [Orthogonal, HistoricalAveraging])
def test_a_penalty_for_nobody_is_refused(kind: type[Orthogonal] | type[HistoricalAveraging]) -> None:
    with pytest.raises(ValidationError, match="switch one on"):
        kind(in_generator=False, in_discriminator=False)
    for parameters in ({"weight": -1}, {"every": 0}):
        with pytest.raises(ValidationError):
            kind.model_validate(parameters)
