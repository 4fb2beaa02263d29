"""What a worker process of Ray does: it runs trials one after another, and looks around on its machine."""

import socket
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from steadygan.study.folder import StudyFolder
from steadygan.study.plan import Plan
from steadygan.study.trial import Trial


def work(folder: str, plan: str, trial: str, share: float) -> None:
    """Run a trial; what comes of it is in its folder.

    Args:
        folder: of the study.
        plan: of the study, as TOML.
        trial: as JSON.
        share: of its budget.
    """
    from steadygan.study.work import run_trial

    _settle_in()
    run_trial(StudyFolder(folder), Plan.from_toml(plan, folder), Trial.model_validate_json(trial), share)


@lru_cache(maxsize=1)
def _settle_in() -> None:
    from steadygan.training.process_settings import keep_memory

    keep_memory()


def look_around(token: str, data: str) -> dict[str, str]:
    """What a machine has and sees.

    Args:
        token: a file that the program that runs the study has just written into its folder.
        data: the name of the data, with an absolute path if they are on the disk.

    Returns:
        Its name and versions; ``folder`` and ``data`` are empty where it does not see them.
    """
    import torch

    path = Path(data.removeprefix("stacked:"))
    return {
        "machine": socket.gethostname(),
        "steadygan": version("steadygan"),
        "torch": torch.__version__.partition("+")[0],
        "folder": "seen" if Path(token).is_file() else "",
        "data": "seen" if path.exists() or not path.is_absolute() else "",
    }
