"""What losses alone can show, and that they show nothing where they look like those of healthy runs."""

import pytest

from steadygan.doctor import Examiner, Setting, Severity
from steadygan.doctor.rules_of_losses import RULES_OF_LOSSES
from steadygan.vocabulary import Failure

SETTING = Setting(even_loss=1.386)


def losses(discriminator: list[float], generator: list[float]) -> list[dict[str, float]]:
    return [
        {"images": 1280 * (place + 1), "discriminator/loss": d, "generator/loss": g}
        for place, (d, g) in enumerate(zip(discriminator, generator, strict=True))
    ]


WAVES = [1.0 + 0.2 * ((place * 7) % 5) for place in range(40)]


@pytest.mark.parametrize(
    ("discriminator", "generator", "kind", "severity"),
    [
        ([0.001 + 0.0001 * (place % 3) for place in range(40)], WAVES, Failure.DISCRIMINATOR_WINS, Severity.WARNING),
        ([1.386 + 0.004 * (place % 3) for place in range(40)], WAVES, Failure.STALLED, Severity.WATCH),
        (WAVES, [0.7] * 40, Failure.STALLED, Severity.WARNING),
        (WAVES[:30] + [500.0] * 10, WAVES, Failure.EXPLODING_GRADIENTS, Severity.WARNING),
    ],
)
def test_what_losses_show(
    discriminator: list[float], generator: list[float], kind: Failure, severity: Severity
) -> None:
    found = Examiner(SETTING, RULES_OF_LOSSES).read(losses(discriminator, generator)).findings
    assert (kind, severity) in {(finding.kind, finding.severity) for finding in found}
    assert all(finding.judged_by == "losses" for finding in found)


def test_losses_that_go_up_and_down_show_nothing() -> None:
    assert Examiner(SETTING, RULES_OF_LOSSES).read(losses(WAVES, WAVES[::-1])).findings == []


def test_without_the_loss_of_guessing_nothing_is_said_of_its_size() -> None:
    small = [0.001 + 0.0001 * (place % 3) for place in range(40)]
    assert Examiner(Setting(), RULES_OF_LOSSES).read(losses(small, WAVES)).findings == []
