"""The loop of the processes that take part in every step and write nothing."""

from collections.abc import Callable

from steadygan.distributed import any_process
from steadygan.layers.kernels.tuning import tuned_for
from steadygan.runs.budget import Budget
from steadygan.settings import TrainingSettings
from steadygan.training.state import TrainingState
from steadygan.training.step import step


class WorkerLoop:
    """Takes every step together with the main process, until any process asks to stop or the budget is used.

    Args:
        state: the training state, which the steps advance.
        training: settings of the run.
    """

    def __init__(self, state: TrainingState, training: TrainingSettings) -> None:
        self.state = state
        self.budget = Budget.of(training)
        self.processor = training.tuned_for

    @property
    def fraction(self) -> float:
        """Share of the budget that was used when this process began."""
        return self.budget.fraction(self.state.images_seen, self.state.seconds)

    def run(self, interrupted: Callable[[], bool]) -> None:
        """Train until the budget is used or some process was ``interrupted()``."""
        with tuned_for(self.processor):
            while not any_process(interrupted()):
                step(self.state)
