"""What the processes of a run do that write nothing."""

from collections.abc import Callable

from steadygan.layers.tuning import tuned_for
from steadygan.processes import any_says
from steadygan.training.game import Game
from steadygan.training.settings import Budget, TrainingSettings
from steadygan.training.step import step


class Follower:
    """Takes every step together with the process that writes, until that one or anyone asked says that it is over.

    Args:
        game: the state, which the steps advance.
        training: settings of the run.
    """

    def __init__(self, game: Game, training: TrainingSettings) -> None:
        self.game = game
        self.budget = Budget.of(training)
        self.processor = training.tuned_for

    @property
    def fraction(self) -> float:
        """Share of the budget that was used when this process began."""
        return self.budget.fraction(self.game.images_seen, self.game.seconds)

    def run(self, interrupted: Callable[[], bool]) -> None:
        """Train until the budget is used or some process was ``interrupted()``."""
        with tuned_for(self.processor):
            while not any_says(interrupted()):
                step(self.game)
