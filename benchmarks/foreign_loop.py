"""The doctor in a loop that is not the package's own: PyTorch's DCGAN example, healthy and with five faults.

    python benchmarks/foreign_loop.py [--mnist mnist.npz] [--steps 600] [--report FOLDER]

The loop follows the README and the description of pytorch/examples, dcgan: batch norm, a sigmoid and binary cross
entropy, Adam at 2e-4 with a momentum of 0.5; the networks are smaller and the images 32x32, so that a run takes less
than a minute on one core. The doctor is the three lines that say ``doctor``. A second doctor watches the same run as a
loop would show it that has nothing but arrays of NumPy: no modules, no fixed latents.

It prints what was found and when, and how many images a second are trained on with and without the doctor.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

import steadygan as sg
from steadygan.data.glyphs import draw_glyphs
from tables import machine, table

BATCH, LATENT, WIDTH, SIDE = 64, 64, 16, 32
RATE, BETAS = 2e-4, (0.5, 0.999)
FAULTS = (
    "healthy",
    "generator's rate x 50",
    "discriminator frozen",
    "real images not normalised",
    "the same z every step",
    "NaN",
)
NAN_AT = 0.6
"""Share of the run at which a real image holds numbers that are none."""
BLOCK = 100
"""Steps of a block with the doctor, or without, in the comparison of speed."""


def generator() -> nn.Module:
    """Latents [N, 64, 1, 1] to images [N, 1, 32, 32] in [-1, 1]."""
    return nn.Sequential(
        nn.ConvTranspose2d(LATENT, 4 * WIDTH, 4, 1, 0, bias=False), nn.BatchNorm2d(4 * WIDTH), nn.ReLU(),
        nn.ConvTranspose2d(4 * WIDTH, 2 * WIDTH, 4, 2, 1, bias=False), nn.BatchNorm2d(2 * WIDTH), nn.ReLU(),
        nn.ConvTranspose2d(2 * WIDTH, WIDTH, 4, 2, 1, bias=False), nn.BatchNorm2d(WIDTH), nn.ReLU(),
        nn.ConvTranspose2d(WIDTH, 1, 4, 2, 1, bias=False), nn.Tanh(),
    ).apply(initialise)  # fmt: skip


def discriminator() -> nn.Module:
    """Images [N, 1, 32, 32] to probabilities [N]."""
    return nn.Sequential(
        nn.Conv2d(1, WIDTH, 4, 2, 1, bias=False), nn.LeakyReLU(0.2),
        nn.Conv2d(WIDTH, 2 * WIDTH, 4, 2, 1, bias=False), nn.BatchNorm2d(2 * WIDTH), nn.LeakyReLU(0.2),
        nn.Conv2d(2 * WIDTH, 4 * WIDTH, 4, 2, 1, bias=False), nn.BatchNorm2d(4 * WIDTH), nn.LeakyReLU(0.2),
        nn.Conv2d(4 * WIDTH, 1, 4, 1, 0, bias=False), nn.Sigmoid(), nn.Flatten(0),
    ).apply(initialise)  # fmt: skip


def initialise(layer: nn.Module) -> None:
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(layer.weight, 0.0, 0.02)
    elif isinstance(layer, nn.BatchNorm2d):
        nn.init.normal_(layer.weight, 1.0, 0.02)


Observe = Callable[..., object]


def train(images: Tensor, steps: int, fault: str, observe: Observe | None, first: int = 0, seed: int = 0) -> None:
    """Train for so many steps.

    Args:
        images: float [N, 1, 32, 32] in [-1, 1].
        steps: how many.
        fault: one of FAULTS.
        observe: called once in each step, as :meth:`steadygan.Doctor.observe` is; nobody watches when None.
        first: the number of the first step.
        seed: of everything that is drawn.
    """
    torch.manual_seed(seed)
    g, d = generator(), discriminator()
    g_rate = 50 * RATE if fault == "generator's rate x 50" else RATE
    g_optimizer = torch.optim.Adam(g.parameters(), g_rate, BETAS)
    d_optimizer = torch.optim.Adam(d.parameters(), RATE, BETAS)
    criterion = nn.BCELoss()
    fixed_noise, ones, zeros = torch.randn(BATCH, LATENT, 1, 1), torch.ones(BATCH), torch.zeros(BATCH)
    for step, real in zip(range(first, first + steps), batches(images, fault, first + steps), strict=False):
        noise = fixed_noise if fault == "the same z every step" else torch.randn(BATCH, LATENT, 1, 1)
        d.zero_grad()
        real_output = d(real)
        fake = g(noise)
        fake_output = d(fake.detach())
        d_loss = loss(criterion, real_output, ones) + loss(criterion, fake_output, zeros)
        d_loss.backward()
        if fault != "discriminator frozen":
            d_optimizer.step()
        g.zero_grad()
        g_loss = loss(criterion, d(fake), ones)
        g_loss.backward()
        g_optimizer.step()
        if observe is not None:
            observe(
                step,
                real=real,
                fake=fake,
                real_logits=real_output,
                fake_logits=fake_output,
                fixed=lambda: g(fixed_noise),
                generator=g,
                discriminator=d,
                losses={"errD": d_loss, "errG": g_loss},
            )


def loss(criterion: nn.Module, output: Tensor, target: Tensor) -> Tensor:
    """Cross entropy, which is not a number where an output is none: PyTorch would refuse it."""
    if not bool(output.isfinite().all()):
        return output.mean()
    answer: Tensor = criterion(output, target)
    return answer


def batches(images: Tensor, fault: str, steps: int) -> Iterator[Tensor]:
    """Batches of real images, in a new order in each epoch."""
    source, step = torch.Generator().manual_seed(1), 0
    while True:
        order = torch.randperm(len(images), generator=source)
        for low in range(0, len(images) - BATCH + 1, BATCH):
            real = images[order[low : low + BATCH]]
            if fault == "real images not normalised":
                real = (real + 1) / 2
            if fault == "NaN" and step >= NAN_AT * steps:
                real = real.index_fill(0, torch.tensor([0]), torch.nan)
            step += 1
            yield real


def watched(images: Tensor, steps: int, fault: str) -> tuple[sg.Doctor, sg.Doctor]:
    """The doctors of one run: one sees tensors and modules, the other arrays alone."""
    doctor, of_arrays = sg.Doctor(say=None), sg.Doctor(say=None)

    def observe(step: int, *, losses: dict[str, Tensor], **shown: object) -> None:
        doctor.observe(step, losses=losses, **shown)
        arrays = {name: shown[name].detach().numpy() for name in ("real", "fake", "real_logits", "fake_logits")}
        of_arrays.observe(step, losses={name: value.item() for name, value in losses.items()}, **arrays)

    train(images, steps, fault, observe)
    return doctor, of_arrays


def found(doctor: sg.Doctor) -> str:
    """What was found, in a cell of a table."""
    return (
        "<br>".join(
            f"{each.kind.value}, {each.severity.value}, seen at {each.seen_at:,}"
            + ("" if each.ended_at is None else f", gone at {each.ended_at:,}")
            for each in doctor.findings
        )
        or "nothing"
    )


def keep(doctor: sg.Doctor, folder: Path, name: str) -> None:
    """Write the page of a run, and its rows, which ``steadygan diagnose`` judges again without training."""
    name = name.replace(" ", "-").replace("'", "")
    doctor.report(folder / f"{name}.html")
    (folder / f"{name}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in doctor.rows), "utf-8")


def speeds(images: Tensor, pairs: int) -> tuple[float, float]:
    """Images in a second of the processor's time with the doctor and without, in blocks that take turns."""
    spent = {True: 0.0, False: 0.0}
    for pair in range(pairs):
        for with_doctor in (True, False) if pair % 2 == 0 else (False, True):
            observe = sg.Doctor(say=None).observe if with_doctor else None
            begun = time.process_time()
            train(images, BLOCK, "healthy", observe)
            spent[with_doctor] += time.process_time() - begun
    return BATCH * BLOCK * pairs / spent[True], BATCH * BLOCK * pairs / spent[False]


def real_images(path: Path | None) -> Tensor:
    """Images of an .npz, or glyphs, float [N, 1, 32, 32] in [-1, 1]."""
    if path is None:
        pixels = draw_glyphs(4000, SIDE, 1)[0][..., 0]
    else:
        with np.load(path) as arrays:
            pixels = next(arrays[name] for name in arrays.files if arrays[name].ndim >= 3)[:20_000]
        margin = (SIDE - pixels.shape[1]) // 2
        pixels = np.pad(pixels, ((0, 0), (margin, margin), (margin, margin)))
    return torch.from_numpy(pixels).unsqueeze(1).float() / 127.5 - 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mnist", type=Path, help="an .npz with grey images uint8 [N, H, W], H at most 32")
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--fault", choices=FAULTS, action="append", help="only this one; may be repeated")
    parser.add_argument("--pairs", type=int, default=4, help="pairs of blocks in the comparison of speed")
    parser.add_argument("--report", type=Path, help="a folder for a page and the rows of each run")
    given = parser.parse_args()
    torch.set_num_threads(1)
    images, rows = real_images(given.mnist), []
    for fault in given.fault or FAULTS:
        begun = time.process_time()
        doctor, of_arrays = watched(images, given.steps, fault)
        rows.append([fault, found(doctor), found(of_arrays), f"{time.process_time() - begun:.0f} s"])
        print(" | ".join(rows[-1]), flush=True)
        if given.report is not None:
            keep(doctor, given.report, fault)
            keep(of_arrays, given.report, f"{fault} in NumPy")
    print(f"\n{given.steps} steps of {BATCH}, {machine(threads=1)}\n")
    print(table(["fault", "tensors and modules", "arrays of NumPy alone", "processor time"], rows))
    if given.pairs:
        on, off = speeds(images, given.pairs)
        print(f"\nimages a second of processor time: {on:.0f} with the doctor, {off:.0f} without, ratio {on / off:.3f}")


if __name__ == "__main__":
    main()
