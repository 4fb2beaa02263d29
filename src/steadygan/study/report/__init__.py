"""The report of a study: one HTML file, made from the files of its folder and from nothing else."""

from steadygan.study.report.page import write_report

__all__ = ["write_report"]
