"""Inception, DINOv2 and ONNX files: what is missing is said in a sentence; what is there is read as the field does."""

import os
import sys
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from steadygan.errors import SteadyganError
from steadygan.features import extract, find_extractor, inception
from steadygan.features.dinov2 import DinoExtractor
from steadygan.features.inception import InceptionExtractor, downloaded

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 1), dtype=np.uint8)


@pytest.mark.parametrize(
    ("name", "module", "extra"),
    [
        ("inception", "torch_fidelity", "inception"),
        ("dinov2", "transformers", "dinov2"),
        ("a.onnx", "onnxruntime", "onnx"),
    ],
)
def test_a_missing_package_is_named(
    name: str, module: str, extra: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for each in (module, f"{module}.feature_extractor_inceptionv3"):
        monkeypatch.setitem(sys.modules, each, None)
    (tmp_path / "a.onnx").touch()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SteadyganError, match=rf"steadygan\[{extra}\]"):
        find_extractor(name, cache=tmp_path)


def test_without_a_network_the_way_out_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def offline(*_: object, **__: object) -> None:
        raise URLError("no route")

    monkeypatch.setattr(torch.hub, "download_url_to_file", offline)
    path = tmp_path / "weights" / "file.pth"
    with pytest.raises(SteadyganError, match="no route") as refused:
        downloaded(path)
    assert str(path) in str(refused.value)
    assert inception.URL in str(refused.value)
    path.write_bytes(b"there")
    assert downloaded(path) == path


def test_a_download_is_checked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    source = tmp_path / "source.pth"
    source.write_bytes(b"not the weights")
    monkeypatch.setattr(inception, "URL", source.as_uri())
    with pytest.raises(SteadyganError, match="invalid hash value"):
        downloaded(tmp_path / "kept.pth")
    assert not (tmp_path / "kept.pth").exists()


class Sums(nn.Module):
    """Stands for Inception: whole numbers in colour to features and logits."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        assert x.dtype == torch.uint8
        assert x.shape[1] == 3
        return x.double().sum((2, 3)), torch.zeros(len(x), 1008)


def test_inception_sees_grey_as_colour() -> None:
    found = extract(InceptionExtractor(Sums()), IMAGES)
    sums = IMAGES.astype(np.float64).sum((1, 2))
    np.testing.assert_array_equal(found.features.numpy(), np.repeat(sums, 3, axis=1))
    assert found.probabilities is not None
    assert InceptionExtractor(Sums()).name == "inception-v3-compat"
    assert InceptionExtractor(Sums(), "0badc0de").name != InceptionExtractor(Sums()).name


def test_inception_is_torch_fidelitys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With weights drawn at random: the real ones are used below, where they are."""
    fidelity = pytest.importorskip("torch_fidelity.feature_extractor_inceptionv3")
    path = tmp_path / "weights.pth"
    network = _inception_of_random_weights(fidelity, monkeypatch)
    torch.save(network.state_dict(), path)
    extractor = find_extractor("inception", weights=path)
    found = extractor(torch.from_numpy(IMAGES))
    with torch.inference_mode():
        features, logits = network(torch.from_numpy(IMAGES).permute(0, 3, 1, 2).expand(-1, 3, -1, -1).contiguous())
    torch.testing.assert_close(found.features, features)
    torch.testing.assert_close(found.probabilities, logits.softmax(1))
    assert found.features.shape == (3, 2048)
    assert extractor.name != inception.NAME
    torch.save({"other": torch.zeros(1)}, path)
    with pytest.raises(SteadyganError, match="does not hold"):
        find_extractor("inception", weights=path)


def _inception_of_random_weights(fidelity, monkeypatch: pytest.MonkeyPatch) -> nn.Module:
    made = fidelity.FeatureExtractorInceptionV3
    with monkeypatch.context() as patched:
        patched.setattr(fidelity, "load_state_dict_from_url", lambda *_, **__: {})
        patched.setattr(made, "load_state_dict", lambda *_: None)
        return made("random", ["2048", "logits_unbiased"])


def test_weights_that_run_something_are_not_read(tmp_path: Path) -> None:
    pytest.importorskip("torch_fidelity")
    path, mark = tmp_path / "weights.pth", tmp_path / "mark"

    class Hostile:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(mark),)

    torch.save({"weights": Hostile()}, path)
    with pytest.raises(SteadyganError, match="cannot be read as weights"):
        find_extractor("inception", weights=path)
    assert not mark.exists()


def test_real_inception_weights() -> None:
    given = os.environ.get("STEADYGAN_INCEPTION")
    if not given:
        pytest.skip("needs STEADYGAN_INCEPTION, the path of torch-fidelity's weights of Inception")
    extractor = find_extractor("inception", weights=Path(given))
    assert extractor.name == inception.NAME
    found = extractor(torch.from_numpy(IMAGES))
    assert found.features.shape == (3, 2048)
    assert float(found.features.min()) >= 0


def test_dinov2_gets_what_it_was_trained_on() -> None:
    class Model(nn.Module):
        def forward(self, pixel_values: Tensor) -> object:
            assert pixel_values.shape[1:] == (3, 224, 224)
            return type("Output", (), {"pooler_output": pixel_values.mean((2, 3))})

    white = np.full((2, 8, 8, 1), 255, np.uint8)
    found = extract(DinoExtractor(Model()), white).features
    expected = torch.tensor([(1 - 0.485) / 0.229, (1 - 0.456) / 0.224, (1 - 0.406) / 0.225])
    torch.testing.assert_close(found, expected.expand(2, 3))


def test_dinov2_of_a_folder(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    config = transformers.Dinov2Config(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, image_size=224)
    transformers.Dinov2Model(config).save_pretrained(tmp_path)
    assert extract(find_extractor("dinov2", weights=tmp_path), IMAGES).features.shape == (3, 8)
    with pytest.raises(SteadyganError, match="need no download"):
        find_extractor("dinov2", weights=tmp_path / "none")


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SteadyganError, match="no ONNX file"):
        find_extractor(tmp_path / "weights.pt")
    with pytest.raises(SteadyganError, match="There is no file"):
        find_extractor(tmp_path / "missing.onnx")


@pytest.mark.parametrize("batch", [2, "N"])
def test_onnx_agrees_with_the_arithmetic_of_its_nodes(batch: int | str, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["means"], axes=[2, 3], keepdims=0),
        helper.make_node("Identity", ["means"], ["logits"]),
    ]
    shapes = [helper.make_tensor_value_info("x", kind, [batch, 1, 16, 16])]
    outputs = [helper.make_tensor_value_info(name, kind, [batch, 1]) for name in ("means", "logits")]
    graph = helper.make_graph(nodes, "means", shapes, outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, tmp_path / "means.onnx")
    extractor = find_extractor(str(tmp_path / "means.onnx"))
    found = extract(extractor, IMAGES)
    expected = (IMAGES.astype(np.float64) / 127.5 - 1).mean((1, 2))
    np.testing.assert_allclose(found.features.numpy(), expected, rtol=1e-4, atol=1e-6)
    assert found.probabilities is not None
    assert extractor.classes == 1
    assert extractor.name.startswith("onnx-means-")
    (tmp_path / "broken.onnx").write_bytes(b"broken")
    with pytest.raises(SteadyganError, match="cannot be read"):
        find_extractor(tmp_path / "broken.onnx")
