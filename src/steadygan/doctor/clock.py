"""The steps and the images of a loop, which may count its steps anew in each epoch."""

USUAL_BATCH = 64
"""Images in a step of a loop that does not say how many there are."""


class Clock:
    """Counts steps and images that never go back.

    Attributes:
        steps: made so far, the present one among them.
        images: real images seen so far.
    """

    def __init__(self) -> None:
        self.steps = self.images = 0
        self._last: int | None = None
        self._batch = USUAL_BATCH

    def tick(self, step: int, batch: int | None = None, images: int | None = None) -> bool:
        """Take a step.

        Args:
            step: its number; one below that of the last step begins a new epoch.
            batch: real images in each step since the last one; as many as before when None.
            images: real images seen so far, if that is known.

        Returns:
            Whether this is another step than the last one.
        """
        self._batch = batch or self._batch
        if step == self._last:
            return False
        made = step + 1 if self._last is None or step < self._last else step - self._last
        self._last = step
        self.steps += made
        self.images = self.images + made * self._batch if images is None else max(self.images, images)
        return True
