"""The report of a study."""

from pathlib import Path


def write_report(folder: Path) -> Path:
    """Write ``report.html`` of a study.

    Args:
        folder: of the study.
    """
    return folder / "report.html"
