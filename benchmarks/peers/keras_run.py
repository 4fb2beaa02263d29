"""Trains one run for benchmarks/keras_quality.py and saves samples of its averaged generator.

    KERAS_BACKEND=jax python -m peers.keras_run face DATA.npy FOLDER RECIPE.toml SEED EPOCHS STEPS SAMPLES
    python -m peers.keras_run package DATA.npy FOLDER RECIPE.toml SEED EPOCHS STEPS SAMPLES

STEPS are those of an epoch. It writes ``samples.npy``, uint8 [N, H, W, C], and prints a JSON object with the images
seen and the seconds.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

SAMPLES_SEED = 1


def face(images: Any, recipe: str, seed: int, epochs: int, steps: int, samples: int) -> tuple[Any, int, float]:
    """Train with the Keras face, and return samples, images seen and seconds."""
    from steadygan.keras.model import GAN

    gan = GAN(recipe, shape=images.shape[1:], seed=seed)
    gan.compile()
    begun = time.perf_counter()
    gan.fit(images, epochs=epochs, steps_per_epoch=steps, verbose=0)
    seconds = time.perf_counter() - begun
    made = gan.generate(samples, seed=SAMPLES_SEED)
    return ((made + 1) * 127.5).round().clip(0, 255).astype(np.uint8), gan.images_seen, seconds


def package(images: Any, folder: Path, recipe: str, seed: int, steps: int, samples: int) -> tuple[Any, int, float]:
    """The same with the package's own training, in the precision of the face."""
    import steadygan as sg

    begun = time.perf_counter()
    run = sg.train(
        images,
        recipe,
        images=steps * sg.recipe(recipe).settings.batch,
        seed=seed,
        precision="fp32",
        out=folder / "run",
        overwrite=True,
        cache=folder / "cache",
        observers=(),
    )
    seconds = time.perf_counter() - begun
    return run.sample(samples, seed=SAMPLES_SEED), run.metrics[-1]["images"], seconds


def main() -> None:
    who, data, place, recipe, *numbers = sys.argv[1:]
    seed, epochs, steps, samples = (int(number) for number in numbers)
    images, folder = np.load(data), Path(place)
    if who == "face":
        made, seen, seconds = face(images, recipe, seed, epochs, steps, samples)
    else:
        made, seen, seconds = package(images, folder, recipe, seed, epochs * steps, samples)
    np.save(folder / "samples.npy", made)
    print(json.dumps({"images": int(seen), "seconds": round(seconds, 1)}))


if __name__ == "__main__":
    main()
