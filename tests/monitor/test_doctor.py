from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import steadygan as sg
from steadygan.doctor import Severity
from steadygan.errors import SteadyganError
from steadygan.vocabulary import Failure

STEPS, BATCH = 100, 32


def images(step: int, contrast: float = 1.0) -> torch.Tensor:
    """Blobs at places that differ from image to image."""
    source = torch.Generator().manual_seed(step)
    coarse = torch.rand(BATCH, 1, 4, 4, generator=source) * 2 - 1
    return contrast * nn.functional.interpolate(coarse, size=(16, 16), mode="bilinear")


def quiet(**changes: Any) -> sg.Doctor:
    return sg.Doctor(**{"every": 2, "share": None, "wanted": 1000, "say": None, **changes})


def logits(step: int) -> torch.Tensor:
    return torch.randn(BATCH, generator=torch.Generator().manual_seed(step))


def watch(doctor: sg.Doctor, steps: int = STEPS, contrast: float = 1.0, convert: Any = None, **more: Any) -> None:
    convert = convert or (lambda array: array)
    for step in range(steps):
        doctor.observe(
            step,
            real=convert(images(step)),
            fake=convert(images(10_000 + step, contrast)),
            real_logits=convert(logits(step)),
            fake_logits=convert(logits(10_000 + step)),
            losses={"d_loss": 1.4, "errG": 0.7},
            **more,
        )


def kinds(doctor: sg.Doctor) -> set[Failure]:
    return {finding.kind for finding in doctor.findings}


def test_images_like_the_data_are_healthy() -> None:
    doctor = quiet()
    watch(doctor)
    assert doctor.findings == []
    assert str(doctor) == f"healthy: nothing was found in {STEPS * BATCH:,} images"


def test_images_that_are_all_alike_are_found_once_with_evidence_meaning_and_treatments() -> None:
    said: list[str] = []
    doctor = quiet(say=said.append)
    watch(doctor, contrast=0.05)
    (finding,) = [each for each in doctor.findings if each.kind is Failure.MODE_COLLAPSE]
    assert 0 < finding.since <= finding.seen_at <= STEPS * BATCH
    assert finding.evidence
    assert finding.meaning
    assert finding.treatments
    assert sum(text.startswith("mode-collapse") for text in said) == 1
    assert finding in doctor.lasting
    assert "mode-collapse" in str(doctor)


@pytest.mark.parametrize(
    "convert",
    [
        lambda array: array.numpy(),
        lambda array: array.numpy().transpose(0, 2, 3, 1) if array.ndim == 4 else array.numpy()[:, None],
        lambda array: array.numpy()[:, 0] if array.ndim == 4 else array.numpy(),
        lambda array: array.double().requires_grad_(),
        lambda array: lambda: array,
        lambda array: array.tolist(),
    ],
    ids=["numpy", "channels last", "no channels", "float64 with gradients", "functions", "lists"],
)
def test_any_kind_of_array_gives_the_same_figures(convert: Any) -> None:
    plain, other = quiet(), quiet()
    watch(plain, 40, contrast=0.5)
    watch(other, 40, 0.5, convert, images=None)
    for row, same in zip(plain.rows, other.rows, strict=True):
        assert row.keys() == same.keys()
        del row["images"], same["images"]  # of a function the length is not known before it is called
        assert row == pytest.approx(same, rel=1e-4, abs=1e-5)


def test_eight_bits_mean_minus_1_to_1() -> None:
    doctor = quiet()
    watch(doctor, convert=lambda array: ((array + 1) * 127.5).round().byte().numpy() if array.ndim == 4 else array)
    assert doctor.findings == []
    assert doctor.rows[-1]["doctor/contrast"] == pytest.approx(1, abs=0.2)


def test_real_images_of_another_range_are_found() -> None:
    doctor = quiet()
    for step in range(STEPS):
        doctor.observe(step, real=(images(step) + 1) * 127.5, fake=images(step + 500))
    assert Failure.PREPROCESSING_MISMATCH in kinds(doctor)


@pytest.mark.parametrize(
    "broken",
    [
        {"losses": {"d_loss": float("nan")}},
        {"fake": torch.full((BATCH, 1, 16, 16), torch.nan)},
        {"real_logits": np.array([1.0, np.inf])},
    ],
    ids=["loss", "images", "logits"],
)
def test_what_is_not_finite_is_critical_wherever_it_is(broken: dict[str, Any]) -> None:
    doctor = quiet()
    watch(doctor, 10)
    doctor.observe(10, **broken)
    found = doctor.observe(11, **broken) or doctor.findings
    assert [each.kind for each in found] == [Failure.NOT_FINITE]
    assert found[0].severity is Severity.CRITICAL


def test_weights_and_gradients_that_are_not_finite_are_found() -> None:
    doctor, network = quiet(), nn.Linear(2, 2)
    doctor.observe(0, generator=network)
    assert doctor.findings == []
    network.weight.grad = torch.full((2, 2), torch.nan)
    doctor.observe(2, generator=network)
    assert kinds(doctor) == {Failure.NOT_FINITE}
    assert doctor.rows[-1]["generator/gradient_norm"] is None


def test_gradients_have_the_names_that_they_have_in_runs() -> None:
    doctor, network = quiet(), nn.Linear(1, 1, bias=False)
    network.weight.grad = torch.tensor([[2.0]])
    doctor.observe(0, discriminator=network)
    assert doctor.rows[0]["discriminator/gradient_norm"] == 2.0


def test_it_says_what_it_cannot_judge() -> None:
    doctor = quiet()
    doctor.observe(0, losses={"D": 1.0})
    assert len(doctor.unjudged) == 5
    assert "fixed was not given: whether images go round in circles is not known" in doctor.unjudged
    doctor.observe(2, fixed=images(0))
    assert len(doctor.unjudged) == 4


@pytest.mark.parametrize("fresh", [True, False])
def test_items_of_the_same_latents_each_time_leave_others_unjudged(fresh: bool) -> None:
    doctor = quiet()
    for step in range(20):
        noise = 0.1 * torch.randn(BATCH, 1, 16, 16, generator=torch.Generator().manual_seed(step))
        doctor.observe(step, real=images(step), fake=images(500 + fresh * step) + noise)
    assert any("draw new ones in each step" in text for text in doctor.unjudged) is not fresh
    warned = [each for each in doctor.findings if "the same latents at each look" in each.reasons]
    assert [each.kind for each in warned] == ([] if fresh else [Failure.MODE_DROPPING])


def test_it_looks_every_so_many_steps_and_calls_functions_only_then() -> None:
    doctor, calls = quiet(every=10), []
    for step in range(35):
        doctor.observe(step, fixed=lambda step=step: calls.append(step) or images(step))
    assert calls == [0, 10, 20, 30]
    assert len(doctor.rows) == 4


def test_losses_and_weights_may_be_functions_too() -> None:
    doctor, calls = quiet(every=10), []

    def losses() -> dict[str, float]:
        calls.append(step)
        return {"D": 1.0}

    for step in range(15):
        doctor.observe(step, losses=losses, generator=lambda: {"kernel": np.ones((2, 2))})
    assert calls == [0, 10]
    assert doctor.rows[1]["discriminator/loss"] == 1.0
    assert doctor.rows[1]["doctor/update/generator"] == 0


def test_pictures_are_of_the_same_latents_if_there_are_such(tmp_path: Path) -> None:
    for fixed, words in ((None, "Other latents at every moment"), (images(3), "The same latents at every moment")):
        doctor = quiet()
        watch(doctor, 4, fixed=fixed)
        assert words in doctor.report(tmp_path / "report.html").read_text()


def test_a_loop_that_shows_few_steps_is_looked_at_in_each_of_them() -> None:
    doctor = quiet(every=20)
    for step in range(0, 1000, 100):
        doctor.observe(step, fixed=images(step))
    assert len(doctor.rows) == 10


def test_where_looks_would_cost_too_much_losses_are_still_read() -> None:
    doctor = quiet(share=1e-9)
    for step in range(20):
        doctor.observe(step, real=images(step), fake=images(step + 1), losses={"D": step})
    assert len(doctor.rows) == 10
    assert ["doctor/variety" in row for row in doctor.rows] == [True] + [False] * 9
    doctor.observe(20, real=images(0), losses={"D": float("nan")})
    assert kinds(doctor) == {Failure.NOT_FINITE}


def test_networks_and_random_numbers_stay_as_they_are() -> None:
    network = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    state = torch.random.get_rng_state()
    watch(quiet(), 20, generator=network, discriminator=network)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert torch.equal(torch.random.get_rng_state(), state)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"real": torch.zeros(8, 1, 28, 28), "fake": torch.zeros(8, 1, 32, 32)}, r"real \[1, 28, 28\], fake"),
        ({"real": torch.zeros(8)}, "real has the shape"),
        ({"fake_logits": "yes"}, "fake_logits is a str"),
        ({"generator": 3}, "generator is a int"),
    ],
)
def test_what_does_not_fit_is_said_at_the_first_step(given: dict[str, Any], words: str) -> None:
    with pytest.raises(SteadyganError, match=words):
        quiet().observe(0, **given)


@pytest.mark.parametrize("settings", [{"every": 0}, {"share": 0.0}, {"share": 5}])
def test_impossible_settings_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(SteadyganError, match=next(iter(settings))):
        sg.Doctor(**settings)


def test_the_page_holds_findings_pictures_and_curves(tmp_path: Path) -> None:
    doctor = quiet()
    watch(doctor, contrast=0.05)
    path = doctor.report(tmp_path / "new" / "report.html")
    page = path.read_text()
    for words in ("mode-collapse", "critical", "Different latents give", "steadygan heuristics", "held_out_logits was"):
        assert words in page
    assert page.count("<img ") >= 3
    assert 'src="http' not in page
    assert "All of them, as they were made" not in page


def test_a_page_of_nothing_can_be_written(tmp_path: Path) -> None:
    assert "Nothing was found" in quiet().report(tmp_path / "report.html").read_text()


def test_a_page_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(SteadyganError, match="Cannot write the report"):
        quiet().report(tmp_path)


def test_vectors_are_judged_and_drawn(tmp_path: Path) -> None:
    doctor = quiet()
    for step in range(STEPS):
        doctor.observe(step, real=torch.randn(BATCH, 2), fake=torch.zeros(BATCH, 2))
    assert Failure.MODE_COLLAPSE in kinds(doctor)
    assert "Scatter plot" in doctor.report(tmp_path / "report.html").read_text()
