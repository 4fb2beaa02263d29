"""Where networks run: on the device that is asked for, with features that come back on the CPU."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from steadygan.features import Extractor, extract, find_extractor
from steadygan.features.dinov2 import DinoExtractor
from steadygan.features.domain import DomainExtractor
from steadygan.features.encoder import Encoder, EncoderConfig
from steadygan.features.exact import full_precision
from steadygan.features.inception import InceptionExtractor
from steadygan.features.modules import ModuleExtractor
from steadygan.features.onnx_file import CUDA, providers_for

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 16, 16, 1), dtype=np.uint8)
DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]


class Sums(nn.Module):
    """Features and logits of any images, and where the last of them were."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.full((), 2.0))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        assert images.device == self.scale.device
        rows = images.float().mean((1, 2)) * self.scale
        return rows, rows[:, :3]


def _extractors(device: str) -> list[Extractor]:
    place = torch.device(device)
    encoder = Encoder(EncoderConfig(channels=1, size=16, classes=2)).eval()
    return [
        DomainExtractor(encoder, True, place),
        InceptionExtractor(Sums(), "", place),
        ModuleExtractor(Sums().to(place)),
    ]


@pytest.mark.parametrize("device", DEVICES)
def test_networks_run_there_and_features_come_back(device: str) -> None:
    torch.manual_seed(0)
    found = [extractor(torch.from_numpy(IMAGES)) for extractor in _extractors(device)]
    torch.manual_seed(0)
    expected = [extract(extractor, IMAGES) for extractor in _extractors("cpu")]
    for one, other in zip(found, expected, strict=True):
        assert one.features.device == torch.device("cpu")
        assert one.probabilities is not None
        assert one.probabilities.device == torch.device("cpu")
        torch.testing.assert_close(one.features, other.features, rtol=1e-4, atol=1e-4)


def test_a_device_reaches_each_kind_of_network() -> None:
    """PyTorch's ``meta`` device, which has no numbers, stands for a GPU."""
    meta = torch.device("meta")
    found = find_extractor(f"{__name__}:Sums", device=meta)
    assert isinstance(found, ModuleExtractor)
    assert found.network.scale.device == meta
    own = Sums()
    find_extractor(own, device=meta)
    assert own.scale.device == torch.device("cpu")  # it is someone else's
    for extractor in (InceptionExtractor(Sums(), "", meta), DinoExtractor(Sums(), meta)):
        assert extractor._network.scale.device == meta  # type: ignore[union-attr]
    encoder = Encoder(EncoderConfig(channels=1, size=16, classes=2)).eval()
    name = DomainExtractor(encoder, True).name
    assert DomainExtractor(encoder, True, meta).name == name
    assert encoder.project.weight.device == meta


def test_onnx_files_run_on_a_gpu_where_onnxruntime_can() -> None:
    both = ("TensorrtExecutionProvider", CUDA, "CPUExecutionProvider")
    found = providers_for(torch.device("cuda:1"), both)
    assert found == [(CUDA, {"device_id": 1, "use_tf32": 0}), "CPUExecutionProvider"]
    assert providers_for(torch.device("cuda:1"), both[2:]) == ["CPUExecutionProvider"]
    assert providers_for(torch.device("cpu"), both) == ["CPUExecutionProvider"]


def test_a_gpu_keeps_all_bits_meanwhile_and_then_what_it_was_told() -> None:
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high")  # as training does
    try:
        convolutions = torch.backends.cudnn.conv.fp32_precision
        with full_precision(torch.device("cuda")):
            assert torch.backends.cudnn.conv.fp32_precision == "ieee"
            assert torch.backends.cuda.matmul.fp32_precision == "ieee"
        assert torch.backends.cudnn.conv.fp32_precision == convolutions
        assert torch.get_float32_matmul_precision() == "high"
        assert torch.backends.cuda.matmul.allow_tf32
    finally:
        torch.set_float32_matmul_precision(before)
