"""The page on measures names all of them, and its example is one."""

from pathlib import Path
from typing import Any

import torch

from steadygan.metrics import MEASURES, METRICS

PAGE = (Path(__file__).parents[2] / "docs" / "measures.md").read_text("utf-8")


def test_every_measure_is_explained() -> None:
    assert [measure.name for measure in (*MEASURES, *METRICS) if f"`{measure.name}" not in PAGE] == []


def test_the_example_is_a_metric_of_features() -> None:
    found: dict[str, Any] = {}
    exec(PAGE.split("```python\n")[1].split("```")[0], found)
    metric = found["MEAN_DISTANCE"]
    assert metric.needs.of == "features"
    assert metric.measure(torch.zeros(4, 2), torch.tensor([[3.0, 4.0]])) == 5
