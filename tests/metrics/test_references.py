"""The measures against other people's on the same features, as benchmarks/metric_references.py compares them."""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "metric_references.py"


def _script() -> Any:
    spec = importlib.util.spec_from_file_location("metric_references", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


references = _script()


@pytest.fixture(scope="module")
def case() -> Any:
    return references.case(items=600, length=32, pairs=3)


@pytest.mark.parametrize("comparison", references.COMPARISONS, ids=lambda comparison: comparison.name)
def test_it_is_the_figure_of_the_reference(comparison: Any, case: Any) -> None:
    if importlib.util.find_spec(comparison.reference) is None:
        pytest.skip(f"{comparison.reference} is not installed; {SCRIPT.name} says how")
    ours, theirs = comparison.ours(case), comparison.theirs(case)
    assert len(ours) == len(theirs) > 0
    assert references.relative_difference(ours, theirs) < 1e-6


def test_references_that_are_missing_are_named(say: Callable[[str], None]) -> None:
    missing = {each.reference for each in references.COMPARISONS if importlib.util.find_spec(each.reference) is None}
    if missing:
        say(f"Measures were not compared with {', '.join(sorted(missing))}: benchmarks/{SCRIPT.name} says how to")
