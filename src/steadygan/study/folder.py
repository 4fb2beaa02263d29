"""The folder of a study: where everything has its place, and how it is written safely."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from steadygan.errors import SteadyganError
from steadygan.files import LARGEST_RECIPE, read_text
from steadygan.runs.folder import RunFolder, write_atomically
from steadygan.study.plan import Plan
from steadygan.study.result import Result
from steadygan.study.trial import Trial


class StudyFolder:
    """The files of one study. Only this class knows their names.

    Args:
        path: the folder; it need not exist.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)

    @property
    def plan(self) -> Path:
        """The plan, TOML; see :class:`steadygan.study.plan.Plan`."""
        return self.path / "study.toml"

    @property
    def trials(self) -> Path:
        """The folders of trials, each of which is a run folder."""
        return self.path / "trials"

    @property
    def table(self) -> Path:
        """One row for each trial that has ended; see :mod:`steadygan.study.table`."""
        return self.path / "trials.parquet"

    @property
    def judge(self) -> Path:
        """What judges the samples of all trials: the encoder, and features of the data."""
        return self.path / "judge"

    @property
    def report(self) -> Path:
        """The report, one HTML file."""
        return self.path / "report.html"

    @property
    def search(self) -> Path:
        """What a search has tried, one JSON object a line, as Optuna keeps it."""
        return self.path / "search.log"

    @property
    def best(self) -> Path:
        """The best recipe that the study has found, TOML."""
        return self.path / "best.toml"

    @property
    def lock(self) -> Path:
        """Held by the program that runs the study."""
        return self.path / ".lock"

    def run(self, trial: str) -> RunFolder:
        """The run folder of a trial.

        Args:
            trial: its name.
        """
        return RunFolder(self.trials / trial)

    def result_file(self, trial: str) -> Path:
        """Where the result of a trial is written as soon as it ends."""
        return self.trials / trial / "result.json"

    def training_file(self, trial: str) -> Path:
        """Where a trial says that its training has ended, or was interrupted; see :mod:`steadygan.study.training`."""
        return self.trials / trial / "training.json"

    def exists(self) -> bool:
        """Whether a study has begun here."""
        return self.plan.is_file()

    def read_plan(self) -> Plan:
        """The plan with which the study began.

        Raises:
            SteadyganError: when there is none, or it is damaged.
        """
        if not self.exists():
            raise SteadyganError(f"There is no study in '{self.path}'; leave --resume out to begin one")
        return Plan.from_toml(read_text(self.plan, LARGEST_RECIPE), str(self.plan))

    def write_plan(self, plan: Plan) -> None:
        """Begin a study."""
        write_atomically(self.plan, plan.to_toml())

    def result(self, trial: str) -> Result | None:
        """What came of a trial; None if it has not ended, or its result is damaged, for then it is run again.

        Args:
            trial: its name.
        """
        try:
            return Result.model_validate_json(read_text(self.result_file(trial)))
        except (OSError, SteadyganError, ValidationError):
            return None

    def results(self, trials: Iterable[Trial]) -> list[Result]:
        """The results of those trials that have ended, in this order."""
        found = (self.result(trial.name) for trial in trials)
        return [result for result in found if result is not None]

    def write_result(self, result: Result) -> None:
        """Write down what came of a trial, whole or not at all."""
        write_atomically(self.result_file(result.trial), result.model_dump_json(indent=1) + "\n")

    def remove_trial(self, trial: str) -> None:
        """Remove all that a trial has written, so that it can begin anew."""
        shutil.rmtree(self.trials / trial, ignore_errors=True)
