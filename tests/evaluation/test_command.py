"""The command ``evaluate`` with networks of one's own: a module by its name, and an ONNX file."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import steadygan as sg
from steadygan.cli import main
from tests import tiny
from tests.evaluation.stand_in import Thumbnail

NEEDS = "Features of an ONNX file were not taken through the command line: it needs onnxruntime and onnx"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STEADYGAN_CACHE", str(tmp_path / "cache"))
    np.savez("real.npz", images=tiny.images(200, size=16).images)
    np.savez("made.npz", images=tiny.images(40, size=16, seed=1).images)
    return tmp_path


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(["evaluate", "made.npz", "--against", "real.npz", *arguments])
    return int(left.value.code or 0)


def evaluated(said: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert run("--json", *arguments) == 0
    found = json.loads(said.readouterr().out)
    return {figure["name"]: figure for figure in found["figures"]}


def test_a_module_is_named_by_its_module(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = evaluated(capsys, "--features", f"{Thumbnail.__module__}:Thumbnail", "--device", "cpu")
    expected = sg.evaluate("made.npz", "real.npz", features=Thumbnail())
    for name in ("frechet_distance", "precision", "nearest_ratio"):
        assert found[name]["value"] == pytest.approx(expected[name].value, rel=1e-9)
        assert found[name]["features"].startswith("module-Thumbnail-")


def test_an_onnx_file_gives_features_and_classes(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    onnx = pytest.importorskip("onnx", reason=NEEDS)
    pytest.importorskip("onnxruntime", reason=NEEDS)
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    nodes = [
        helper.make_node("AveragePool", ["x"], ["small"], kernel_shape=[4, 4], strides=[4, 4]),
        helper.make_node("Flatten", ["small"], ["features"]),
        helper.make_node("Identity", ["features"], ["logits"]),
    ]
    shapes = [helper.make_tensor_value_info("x", kind, ["N", 1, 16, 16])]
    outputs = [helper.make_tensor_value_info(name, kind, ["N", 16]) for name in ("features", "logits")]
    graph = helper.make_graph(nodes, "thumbnail", shapes, outputs)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), "thumbnail.onnx")
    found = evaluated(capsys, "--features", "thumbnail.onnx")
    expected = sg.evaluate("made.npz", "real.npz", features=Thumbnail())
    assert found["frechet_distance"]["features"].startswith("onnx-thumbnail-")
    assert found["frechet_distance"]["value"] == pytest.approx(expected["frechet_distance"].value, rel=1e-4)
    assert "inception_score" in found


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--features", "absent.onnx"), "There is no file 'absent.onnx'"),
        (("--features", "tests.evaluation.stand_in:Absent"), "Absent"),
        (("--features", "incepton"), "did you mean 'inception'"),
        (("--device", "abacus"), "There is no device 'abacus' here"),
    ],
)
def test_what_is_not_there_is_said(
    arguments: tuple[str, ...], message: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == 2
    assert message in " ".join(capsys.readouterr().err.split())
