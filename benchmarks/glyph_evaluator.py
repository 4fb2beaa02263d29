"""Evaluates generated glyphs by a classifier of its own: a second opinion for benchmarks/quality.py.

    python benchmarks/glyph_evaluator.py glyphs SAMPLES.npz

Prints one JSON object. The features are the last hidden layer of a small classifier of the 36 glyphs, which is trained
on first use (about two minutes on two cores) and kept beside the prepared data:

    fid       Fréchet distance to 5,000 glyphs that were not trained on, in those features (lower is better)
    readable  share of samples of whose glyph the classifier is 90 % sure; of real glyphs it is sure of nearly all
    class_kl  KL divergence of the classes of the samples from the even distribution of the data, in nats
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from evaluation import to_unit_range
from steadygan.data.glyphs import GLYPH_CLASSES, GLYPH_IMAGES, draw_glyphs
from steadygan.data.store import cache_folder
from steadygan.metrics.gaussian import Gaussian, frechet_distance

FEATURES, WIDTH, EPOCHS, BATCH, RATE = 128, 16, 4, 128, 3e-3
UNSEEN, UNSEEN_SEED = 5_000, 7
SURE = 0.9
VERSION = 1
"""To be raised with every change of the classifier, its training or the glyphs."""


def classifier() -> nn.Sequential:
    """From images [N, 3, 32, 32] to logits [N, 36]; without its last layer, to features [N, 128]."""

    def block(inputs: int, outputs: int) -> list[nn.Module]:
        return [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]

    return nn.Sequential(
        *block(3, WIDTH),
        *block(WIDTH, 2 * WIDTH),
        nn.MaxPool2d(2),
        *block(2 * WIDTH, 4 * WIDTH),
        nn.MaxPool2d(2),
        *block(4 * WIDTH, 4 * WIDTH),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(4 * WIDTH * 16, FEATURES),
        nn.ReLU(),
        nn.Linear(FEATURES, len(GLYPH_CLASSES)),
    )


def trained_classifier() -> nn.Sequential:
    """The classifier, trained now if it is not there."""
    network, path = classifier(), cache_folder(None) / f"glyph-evaluator-{VERSION}.safetensors"
    if path.exists():
        network.load_state_dict(load_file(path))
        return network.eval()
    images, labels = (torch.from_numpy(array) for array in draw_glyphs(GLYPH_IMAGES))
    optimizer = torch.optim.Adam(network.parameters())
    steps = EPOCHS * (len(images) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    for _ in range(EPOCHS):
        for chosen in torch.randperm(len(images)).split(BATCH)[: len(images) // BATCH]:
            loss = F.cross_entropy(network(to_unit_range(images[chosen].numpy())), labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(network.state_dict(), path)
    return network.eval()


@torch.inference_mode()
def features_and_classes(network: nn.Sequential, images: np.ndarray) -> tuple[Tensor, Tensor]:
    """Features, float64 [N, 128], and probabilities of the classes, float32 [N, 36]."""
    features = torch.cat(
        [network[:-1](to_unit_range(part)) for part in np.array_split(images, max(1, len(images) // 500))]
    )
    return features.double(), network[-1](features).softmax(1)


def main() -> None:
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    torch.manual_seed(0)
    network = trained_classifier()
    samples = np.load(Path(sys.argv[2]), allow_pickle=False)["images"]
    fake, classes = features_and_classes(network, samples)
    real, _ = features_and_classes(network, draw_glyphs(UNSEEN, seed=UNSEEN_SEED)[0])
    shares = torch.bincount(classes.argmax(1), minlength=classes.shape[1]) / len(classes)
    figures = {
        "fid": frechet_distance(Gaussian.of(real), Gaussian.of(fake)),
        "readable": float((classes.amax(1) > SURE).float().mean()),
        "class_kl": float(torch.xlogy(shares, shares * len(shares)).sum()),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
