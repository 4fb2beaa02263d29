"""The report of a run: one HTML file, made from the files of the run folder and from nothing else."""

from steadygan.report.page import write_report

__all__ = ["write_report"]
