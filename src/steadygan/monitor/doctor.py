"""The doctor in any training loop: it is shown what there is, now and then, and says what goes wrong."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from steadygan.doctor.checkup import POINTS_WANTED, images_wanted
from steadygan.doctor.clock import Clock
from steadygan.doctor.examiner import Examiner
from steadygan.doctor.finding import Finding
from steadygan.doctor.history import Setting
from steadygan.doctor.looks import Looks, Shown
from steadygan.doctor.losses_alone import rules_for
from steadygan.doctor.treatments import Patient, treated
from steadygan.doctor.words import conclusion, described, summary
from steadygan.errors import SteadyganError
from steadygan.monitor.album import Album
from steadygan.monitor.gathering import Gathering
from steadygan.monitor.pace import Pace
from steadygan.monitor.repeats import Repeats
from steadygan.monitor.shown import NETWORKS, as_shown, gradient_norms, length, wait_for_devices
from steadygan.monitor.tally import Tally

WANTS = {
    ("real", "fake"): "whether images are alike, copies, or unlike the data",
    ("real_logits", "fake_logits"): "whether the discriminator wins",
    ("held_out_logits",): "whether the discriminator overfits",
    ("fixed",): "whether images go round in circles",
    ("generator", "discriminator"): "whether weights move",
    ("losses",): "whether losses are finite",
}
"""What can be judged only if something is given."""
SAME_LATENTS = (
    "fake was of the same latents at each look: what other latents give is not known; draw new ones in each step"
)


class Doctor:
    """Watches a training loop of anyone's, in any framework, and says when it fails, why, and what treats it.

    Three lines in a loop are enough::

        doctor = sg.Doctor()
        for step, real in enumerate(batches):
            ...
            doctor.observe(step, real=real, fake=fake, real_logits=d_real, fake_logits=d_fake,
                           losses={"discriminator": d_loss, "generator": g_loss})
        doctor.report("report.html")

    The more it is given, the more it can judge; :attr:`unjudged` says what it cannot, for want of what. It neither
    changes the networks nor draws random numbers. Of several processes one is enough to watch.

    Args:
        every: steps from one look to the next. Other steps only count losses, which costs next to nothing.
        share: of the loop's own time that looks may take at most; a look waits until it is paid. Since that depends on
            the clock, so do the steps that are looked at. None looks every so many steps, whatever it costs.
        items: how many the data have, if it is known; few of them are learned by heart.
        wanted: images that training should see before samples show what the data do; before a good part of them is
            seen, some failures are not spoken of, because every training begins with images that are grey and alike.
            A rule of thumb from the size of the images when None.
        source: the name of the data, for the commands of treatments.
        say: what is called with the sentences of each new finding; None says nothing.

    Attributes:
        rows: the figures of all looks, as in ``metrics.jsonl`` of a run.

    Raises:
        SteadyganError: for impossible numbers.
    """

    def __init__(
        self,
        every: int = 20,
        share: float | None = 0.05,
        items: int | None = None,
        wanted: int | None = None,
        source: str = "",
        say: Callable[[str], object] | None = print,
    ) -> None:
        if every < 1:
            raise SteadyganError(f"Doctor has every={every}; give a whole number of at least 1")
        if share is not None and not 0 < share <= 1:
            raise SteadyganError(f"Doctor has share={share}; give a part of the time above 0 and up to 1, or None")
        self.every, self.rows = every, list[dict[str, Any]]()
        self._items, self._wanted, self._say = items, wanted, say
        self._patient = Patient(source=source)
        self._looks, self._gathering, self._album, self._repeats = Looks(), Gathering(), Album(), Repeats()
        self._clock, self._tally, self._pace = Clock(), Tally(), Pace(share)
        self._examiner: Examiner | None = None
        self._due = 0
        self._shown: set[str] = set()

    # --- what was found

    @property
    def findings(self) -> list[Finding]:
        """All that was found so far, with what treats it, in the order of time; what has ended says when."""
        found = [] if self._examiner is None else self._examiner.findings
        return [treated(finding, self._patient) for finding in found]

    @property
    def lasting(self) -> list[Finding]:
        """What lasts now, the most serious first."""
        found = [] if self._examiner is None else self._examiner.lasting
        return [treated(finding, self._patient) for finding in found]

    @property
    def unjudged(self) -> list[str]:
        """What could not be judged so far, for want of what."""
        return [SAME_LATENTS] * self._repeats.are_seen + [
            f"{' and '.join(names)} {'was' if len(names) == 1 and names[0] != 'losses' else 'were'} not given: "
            f"{what} is not known"
            for names, what in WANTS.items()
            if not self._shown.issuperset(names)
        ]

    @property
    def seconds(self) -> tuple[float, float]:
        """The time that the doctor has taken, and that of the loop outside of it."""
        return self._pace.inside, self._pace.outside

    def __str__(self) -> str:
        """What was found, in a few lines."""
        return summary(self.findings, self._clock.images)

    def conclude(self) -> str:
        """Say at the end of training, in one line, whether it is healthy, or what is wrong and what to try."""
        line = conclusion(self.findings, self._clock.images)
        if self._say is not None:
            self._say(line)
        return line

    def report(self, path: str | os.PathLike[str]) -> Path:
        """Write a page with the findings, the pictures and the curves; one HTML file that loads nothing.

        Args:
            path: where to, such as ``report.html``; what is there is replaced.

        Returns:
            The same path.

        Raises:
            SteadyganError: when it cannot be written.
        """
        from steadygan.report.doctor_page import Page, write_page

        page = Page(
            title="Training as the doctor saw it",
            rows=self.rows,
            findings=self.findings,
            images=self._clock.images,
            unjudged=self.unjudged,
            pictures=self._album.pictures,
            real=self._album.real,
            same_latents="fixed" in self._shown,
        )
        return write_page(page, Path(path))

    # --- what is shown

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
        generator: Any = None,
        discriminator: Any = None,
        losses: Mapping[str, Any] | Callable[[], Mapping[str, Any]] | None = None,
        images: int | None = None,
    ) -> list[Finding]:
        """Show the doctor what there is at a step, once in each step; everything but the step may be left out.

        Arrays may be tensors of PyTorch, NumPy, JAX or TensorFlow. What takes time to make can be given as a function
        without arguments, such as ``fixed=lambda: generator(latents)``: it is called only at a look, without
        gradients.

        Args:
            step: of the training, from 0 or 1 on; it may begin anew in each epoch.
            real_logits: the discriminator's answers to real images, [N], [N, 1] or a map; probabilities will do.
            fake_logits: its answers to generated ones.
            held_out_logits: its answers to real images that it is never trained on.
            real: a batch of real images as the discriminator sees them, float [N, C, H, W] or [N, H, W, C], [N, H, W]
                if they are grey, uint8 in 0..255, or vectors [N, D].
            fake: a batch of generated ones of the same size and range.
            fixed: images of the same latents at each look, by which it is seen whether they move.
            generator: a module of PyTorch, whose weights are read, and its gradients if it has any; or a model of
                Keras, or weights in a mapping.
            discriminator: the same of the discriminator.
            losses: numbers by name; ``discriminator`` and ``generator``, or names such as ``d_loss`` and ``errG``. A
                function that gives them is called only at a look.
            images: real images seen so far; when None, the steps times the length of a batch, or times 64.

        Returns:
            What was found now and not before.

        Raises:
            SteadyganError: when something is no array of numbers, or shapes do not fit.
        """
        is_due = self._clock.tick(step, length(real) or length(fake), images) and self._clock.steps >= self._due
        if losses is not None and not callable(losses):
            self._tally.add(losses)
        if not is_due:
            return []  # as soon as possible, because this is most steps
        given = {
            "real_logits": real_logits,
            "fake_logits": fake_logits,
            "held_out_logits": held_out_logits,
            "real": real,
            "fake": fake,
            "fixed": fixed,
            "generator": generator,
            "discriminator": discriminator,
        }
        wait_for_devices(given.values())
        with self._pace.visit():
            if callable(losses):
                self._tally.add(losses())
            self._shown |= {name for name, value in {**given, "losses": losses}.items() if value is not None}
            self._due = self._clock.steps + self.every
            return self._row({name: value for name, value in given.items() if value is not None})

    def _row(self, there: Mapping[str, Any]) -> list[Finding]:
        row: dict[str, Any] = {"images": self._clock.images, **self._tally.take()}
        shown = Shown(self._clock.steps)
        if there and self._pace.allows("look"):
            with self._pace.piece("look"), torch.no_grad():
                shown, bad = as_shown(self._clock.steps, there)
                row |= self._looks.look(shown) | (norms := gradient_norms(shown))
                row["not_finite"] += bad + sum(norm is None for norm in norms.values())
            with torch.no_grad():
                row |= self._survey(shown)
        self._examiner = self._examiner or Examiner(self._setting(shown), rules_for(bool(there.keys() - set(NETWORKS))))
        found = [treated(finding, self._patient) for finding in self._examiner.add(row)]
        self.rows.append(row)
        drawn = shown.fake if shown.fixed is None else shown.fixed
        if shown.real is not None and drawn is not None:
            self._album.add(self._clock.images, shown.real, drawn, bool(found))
        if self._say is not None:
            for finding in found:
                self._say(described(finding))
        return found

    def _survey(self, shown: Shown) -> dict[str, float | None]:
        """The figures of a survey, if there is enough for one and it is affordable."""
        if shown.real is None or shown.fake is None:
            return {}
        self._repeats.look(shown.fake)
        found: dict[str, float | None] = {"doctor/same_latents": float(self._repeats.are_seen)}
        self._gathering.add(shown.real, shown.fake)
        if not (self._gathering.is_enough and self._pace.allows("survey")):
            return found
        with self._pace.piece("survey"):
            many, reference = self._gathering.take()
            return found | self._looks.look(Shown(self._clock.steps, many=many, reference=reference))

    def _setting(self, shown: Shown) -> Setting:
        items = shown.fake if shown.real is None else shown.real
        kind = "vectors" if items is not None and items.ndim == 2 else "images"
        side = 0 if items is None or kind == "vectors" else max(items.shape[2:])
        usual = POINTS_WANTED if kind == "vectors" else images_wanted(side)
        return Setting(kind=kind, items=self._items, wanted=self._wanted or usual)
