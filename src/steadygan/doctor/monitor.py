"""The doctor in any training loop: it is shown what there is, now and then, and says what goes wrong."""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from steadygan.doctor.examiner import Examiner
from steadygan.doctor.finding import Finding
from steadygan.doctor.given import as_items, as_tensor
from steadygan.doctor.history import Setting
from steadygan.doctor.looks import Looks, Shown
from steadygan.doctor.names import canonical
from steadygan.doctor.treatments import Patient, treated

AT_A_LOOK = 128
"""Items of a batch that are looked at."""
SURVEYED, FEWEST_SURVEYED = 768, 256
"""Items that are gathered from looks for a survey, and the fewest that allow one."""
LOOKS_PER_SURVEY = 8


class Doctor:
    """Watches a training loop of anyone's, in any framework.

        doctor = sg.Doctor()
        for step, real in enumerate(batches):
            ...
            doctor.observe(step, real=real, fake=fake, real_logits=d_real, fake_logits=d_fake,
                           losses={"discriminator": d_loss, "generator": g_loss})
        print(doctor.findings)

    Args:
        every: steps from one look to the next. Other steps only count losses, which costs next to nothing.
        items: how many the data have, if it is known; few of them are learned by heart.
        wanted: images that training should see before samples show what the data do, as a rule of thumb.
        source: the name of the data, for the commands of treatments.
    """

    def __init__(self, every: int = 20, items: int | None = None, wanted: int = 60_000, source: str = "") -> None:
        self.every = every
        self._patient = Patient(source=source)
        self._items, self._wanted = items, wanted
        self._looks = Looks()
        self._examiner: Examiner | None = None
        self._sums: dict[str, tuple[float, int]] = {}
        self._bad = 0
        self._images = self._looked = 0
        self._made = 0
        self._reals: list[Tensor] = []
        self._fakes: list[Tensor] = []
        self._reference: Tensor | None = None
        self._shown: set[str] = set()
        self.rows: list[dict[str, Any]] = []

    @property
    def findings(self) -> list[Finding]:
        """All that was found so far, with what treats it, in the order of time."""
        found = [] if self._examiner is None else self._examiner.findings
        return [treated(finding, self._patient) for finding in found]

    def observe(
        self,
        step: int,
        *,
        real_logits: Any = None,
        fake_logits: Any = None,
        held_out_logits: Any = None,
        real: Any = None,
        fake: Any = None,
        fixed: Any = None,
        generator: nn.Module | None = None,
        discriminator: nn.Module | None = None,
        losses: Mapping[str, Any] | None = None,
        images: int | None = None,
    ) -> list[Finding]:
        """Show the doctor what there is at a step; everything but the step may be left out.

        Arrays may be tensors of PyTorch, NumPy, JAX or TensorFlow.

        Args:
            step: of the training, from 0 or 1 on.
            real_logits: the discriminator's answers to real images, as many as there are.
            fake_logits: its answers to generated ones.
            held_out_logits: its answers to real images that it is never trained on.
            real: a batch of real images as the discriminator sees them, [N, C, H, W] or [N, H, W, C], or vectors
                [N, D].
            fake: a batch of generated ones.
            fixed: images of the same latents at each look, by which it is seen whether they move.
            generator: the generator, if it is a PyTorch module; its weights are read.
            discriminator: the same of the discriminator.
            losses: numbers by name; ``discriminator`` and ``generator``, or names such as ``d_loss`` and ``errG``.
            images: real images seen so far; when None, the steps times the length of ``real``, or times 64.

        Returns:
            What was found now and not before.

        Raises:
            SteadyganError: when something is no array of numbers, or has an impossible shape.
        """
        self._count_losses(losses or {})
        batch = 64 if real is None else len(real)
        self._images = max(self._images, images if images is not None else (step + 1) * batch)
        if step % self.every != self.every - 1 and self._examiner is not None:
            return []
        names = {
            "real_logits": real_logits,
            "fake_logits": fake_logits,
            "held_out_logits": held_out_logits,
            "real": real,
            "fake": fake,
            "fixed": fixed,
            "generator": generator,
            "discriminator": discriminator,
        }
        self._shown |= {name for name, value in names.items() if value is not None}
        shown = self._as_shown(step, names)
        self._examiner = self._examiner or Examiner(self._setting(shown))
        row = {"images": self._images, **self._losses(), **self._looks.look(shown)}
        self.rows.append(row)
        self._made += 1
        return [treated(finding, self._patient) for finding in self._examiner.add(row)]

    @property
    def unjudged(self) -> list[str]:
        """What could not be judged so far, for want of what."""
        wants = {
            ("real", "fake"): "whether images are alike, copies, or unlike the data",
            ("real_logits", "fake_logits"): "whether the discriminator wins",
            ("held_out_logits",): "whether the discriminator overfits",
            ("fixed",): "whether images go round in circles",
            ("generator", "discriminator"): "whether weights move",
        }
        return [
            f"{' and '.join(names)} {'was' if len(names) == 1 else 'were'} not given: {what} is not known"
            for names, what in wants.items()
            if not self._shown.issuperset(names)
        ]

    def _count_losses(self, losses: Mapping[str, Any]) -> None:
        for name, value in losses.items():
            key = canonical(name)
            number = float(as_tensor(value, f"the loss '{name}'").float().mean())
            if math.isfinite(number):
                total, count = self._sums.get(key, (0.0, 0))
                self._sums[key] = total + number, count + 1
            else:
                self._bad += 1

    def _losses(self) -> dict[str, float | int]:
        means: dict[str, float | int] = {name: total / count for name, (total, count) in self._sums.items()}
        means["not_finite"] = self._bad
        self._sums, self._bad = {}, 0
        return means

    def _setting(self, shown: Shown) -> Setting:
        kind = "vectors" if shown.real is not None and shown.real.ndim == 2 else "images"
        return Setting(kind=kind, items=self._items, wanted=self._wanted)

    def _as_shown(self, step: int, given: Mapping[str, Any]) -> Shown:
        logits = {
            name: as_tensor(given[name], name).float().flatten()
            for name in ("real_logits", "fake_logits", "held_out_logits")
            if given[name] is not None
        }
        items = {
            name: as_items(given[name], name)[:AT_A_LOOK]
            for name in ("real", "fake", "fixed")
            if given[name] is not None
        }
        many, reference = self._gathered(items)
        return Shown(
            steps=step,
            **logits,
            **items,
            many=many,
            reference=reference,
            generator=given["generator"],
            discriminator=given["discriminator"],
        )

    def _gathered(self, items: Mapping[str, Tensor]) -> tuple[Tensor | None, Tensor | None]:
        """Enough fakes and reals for a survey, from the looks since the last one."""
        if not {"real", "fake"} <= items.keys():
            return None, None
        self._fakes.append(items["fake"].clone())
        if self._reference is None:
            self._reals.append(items["real"].clone())
        if self._made % LOOKS_PER_SURVEY != LOOKS_PER_SURVEY - 1:
            return None, None
        fakes, self._fakes = torch.cat(self._fakes)[-SURVEYED:], []
        if self._reference is None:
            reals = torch.cat(self._reals)[-SURVEYED:]
            if len(reals) < FEWEST_SURVEYED:
                return None, None
            self._reference, self._reals = reals, []
        return (fakes, self._reference) if len(fakes) >= FEWEST_SURVEYED else (None, None)
