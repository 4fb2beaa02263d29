"""Says when training fails, since when, by what evidence, and which heuristics treat it."""

from steadygan.doctor.examiner import Examiner
from steadygan.doctor.finding import Evidence, Finding, Severity, Treatment
from steadygan.doctor.history import History, Setting
from steadygan.doctor.treatments import Patient, treated, treatments

__all__ = [
    "Evidence",
    "Examiner",
    "Finding",
    "History",
    "Patient",
    "Setting",
    "Severity",
    "Treatment",
    "treated",
    "treatments",
]
