"""Calls that a user gets wrong, each with words that the one sentence of the answer must hold."""

import io
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

RECIPE = """network = "dcgan"
[heuristics.adam]
"""
NETWORK = ("--set", "batch=4", "--set", "width=2")


@dataclass(frozen=True)
class BadCall:
    """Arguments, run in a folder that :func:`world` made, and words of the sentence that refuses them."""

    name: str
    arguments: tuple[str, ...]
    words: tuple[str, ...]


def _bad(name: str, call: str, *words: str) -> BadCall:
    return BadCall(name, tuple(call.split()), words)


CALLS = (
    # --- recipes and heuristics
    _bad("unknown recipe", "train digits --recipe staedy", "'staedy'", "did you mean 'steady'?"),
    _bad("recipe far from any", "train digits --recipe xyz", "'xyz'", "choose one of", "dcgan-hacks"),
    _bad("unknown recipe to show", "recipes dcgam", "'dcgam'", "'dcgan'"),
    _bad("missing recipe file", "train digits --recipe mine.toml", "mine.toml", "No such file"),
    _bad("recipe file that is a folder", "train digits --recipe empty.toml", "empty.toml", "directory"),
    _bad("broken recipe file", "train digits --recipe broken.toml", "broken.toml", "not TOML", "end of document"),
    _bad("binary recipe file", "train digits --recipe binary.toml", "binary.toml", "not text"),
    _bad("unknown key in a recipe", "train digits --recipe key.toml", "key.toml", "'netwrok'", "'network'"),
    _bad("unknown parameter in a recipe", "train digits --recipe parameter.toml", "'adam'", "'rate'"),
    _bad("number for a heuristic in a recipe", "train digits --recipe flat.toml", "flat.toml", "[heuristics.adam]"),
    _bad("two latents in a recipe", "train digits --recipe latents.toml", "normal-latent", "uniform-latent", "one"),
    _bad("unknown heuristic to show", "heuristics r3", "'r3'", "did you mean"),
    _bad("unknown heuristic put in", "train digits --with batchnorm", "'batchnorm'", "'batch-norm'"),
    _bad("unknown heuristic taken out", "train digits --without emma", "'emma'", "'ema'"),
    _bad("the same put in and taken out", "train digits --with r1 --without r1", "'r1'", "once"),
    _bad("clash of heuristics", "train digits --with average-pooling", "average-pooling", "strided-convolutions"),
    _bad("targets without a use", "train digits --with soft-labels", "soft-labels", "relativistic", "--with"),
    _bad("unknown parameter", "train digits --set r1.gama=5", "'r1'", "'gama'", "did you mean 'gamma'?"),
    _bad("parameter of an unknown heuristic", "train digits --set r7.gamma=5", "'r7'", "did you mean"),
    _bad("parameter of an absent heuristic", "train digits --set hinge.x=5", "'hinge'", "--with hinge"),
    _bad("unknown setting", "train digits --set bach=5", "'bach'", "did you mean 'batch'?"),
    _bad("setting without a value", "train digits --set r1.gamma", "r1.gamma", "=VALUE"),
    _bad("setting with an empty value", "train digits --set r1.gamma=", "r1.gamma=", "=VALUE"),
    _bad("negative rate", "train digits --set adam.lr=-1e-4", "adam.lr", "greater than 0", "-0.0001"),
    _bad("rate that is no number", "train digits --set adam.lr=nan", "adam.lr", "finite", "nan"),
    _bad("rate that is a word", "train digits --set adam.lr=fast", "adam.lr", "number", "fast"),
    _bad("batch of none", "train digits --set batch=0", "batch", "greater than or equal to 2", "0"),
    _bad("half a batch", "train digits --set batch=2.5", "batch", "whole number", "2.5"),
    _bad("unknown network", "train digits --set network=unet", "'unet'", "did you mean 'resnet'?"),
    _bad("network like no other", "train digits --set network=xyz", "'xyz'", "dcgan, mlp, r3gan, resnet"),
    _bad("network that is a number", "train digits --set network=42", "no network '42'", "dcgan"),
    _bad("packing with an odd batch", "train good.npz --with packing --set batch=5", "'packing'", "5", "batch=4"),
    _bad(
        "encoder of uniform latents", "train good.npz --recipe dcgan --with vae-hybrid", "vae-hybrid", "normal-latent"
    ),
    _bad("unknown name to cite", "cite nosuch", "'nosuch'", "steadygan recipes", "steadygan heuristics"),
    _bad("nearly a name to cite", "cite staedy", "'staedy'", "did you mean 'steady'?"),
    # --- data
    _bad("no data", "train", "data", "--resume"),
    _bad("missing folder", "train photos/", "'photos/'", "did you mean", "photo"),
    _bad("missing file", "train nothing/here.npz", "nothing/here.npz"),
    _bad("empty folder", "train empty", "'empty'", "no"),
    _bad("folder without images", "train texts", "'texts'", "not an image"),
    _bad("text file", "train texts/note.txt", "note.txt", ".npz"),
    _bad("text as npz", "train text.npz", "text.npz", "NumPy"),
    _bad("Python objects in npz", "train objects.npz", "objects.npz", "Python objects"),
    _bad("several arrays in npz", "train several.npz", "several.npz", "first", "second", "'images'"),
    _bad("truncated npz", "train cut.npz", "cut.npz", "broken"),
    _bad("empty npz", "train zero.npz", "zero.npz"),
    _bad("array of no images", "train none.npz", "none.npz"),
    _bad("floats out of range", "train floats.npz", "floats.npz", "0", "255"),
    _bad("not a number in an array", "train nan.npz", "nan.npz", "finite"),
    _bad("text array", "train words.npz", "words.npz"),
    _bad("a hub name without network", "train owner/no-such-set", "owner/no-such-set", "hub"),
    _bad("resolution too small", "train good.npz --resolution 7", "resolution", "8 to 256", "7"),
    _bad("resolution too large", "train good.npz --resolution 257", "resolution", "8 to 256", "257"),
    _bad("resolution in words", "train good.npz --resolution big", "--resolution", "whole number"),
    _bad("two channels", "train good.npz --channels 2", "channels", "1", "3", "2"),
    _bad("unknown colour", "train good.npz --background whit", "'whit'", "did you mean 'white'?"),
    _bad("nothing to stack", "train stacked:", "'stacked:'", "what to stack", "stacked:digits"),
    _bad("stacked twice", "train stacked:stacked:digits", "stacks what is stacked", "once"),
    _bad("glyphs that are not square", "train glyphs:28x32", "'glyphs:28x32'", "square", "glyphs:28x28x1"),
    _bad("glyphs of two channels", "train glyphs:28x28x2", "'glyphs:28x28x2'", "1 (grey) or 3 (colour)"),
    _bad("glyphs of no size", "train glyphs:large", "'glyphs:large'", "does not give a size", "glyphs:28x28x1"),
    _bad("resolution of points", "train grid25 --resolution 32", "'grid25'", "resolution", "leave"),
    _bad("network of images for points", "train points.npz --set network=dcgan", "'dcgan'", "vectors of 2", "mlp"),
    _bad("network of points for images", "train good.npz --set network=mlp", "'mlp'", "images", "network=dcgan"),
    _bad("a number without end", f"train good.npz --set batch={'1' * 10_000}", "--set batch", "too many digits"),
    _bad("a value without bottom", f"train good.npz --set batch={'[' * 10_000}", "--set batch", "too deep"),
    _bad(
        "a recipe with a number without end", "train good.npz --recipe endless.toml", "endless.toml", "too many digits"
    ),
    _bad("a recipe without bottom", "train good.npz --recipe deep.toml", "deep.toml", "too deep"),
    # --- labels
    _bad("no share of labels", "train classes.npz --label-share 0", "label_share", "greater than 0", "0.0"),
    _bad(
        "more than all labels", "train classes.npz --label-share 1.5", "label_share", "less than or equal to 1", "1.5"
    ),
    _bad("no labels per class", "train classes.npz --labels-per-class 0", "labels_per_class", "1", "0"),
    _bad("labels per class in words", "train classes.npz --labels-per-class few", "--labels-per-class", "whole number"),
    _bad("a share of unused labels", "train classes.npz --label-share 0.5", "'steady'", "no labels", "--label-share"),
    _bad(
        "a share where all labels are needed",
        "train classes.npz --recipe conditional --label-share 0.5",
        "'projection'",
        "every image",
        "--label-share",
        "--recipe semi-supervised",
    ),
    _bad(
        "a share and a number of labels",
        "train classes.npz --recipe semi-supervised --label-share 0.5 --labels-per-class 2",
        "--label-share",
        "--labels-per-class",
        "one of them",
    ),
    _bad("labels that are not there", "train good.npz --labels", "--labels needs labels", "'good.npz'", "sub-folders"),
    _bad("a recipe without its labels", "train good.npz --recipe conditional", "projection", "needs labels"),
    _bad("classes seen alike without labels", "train good.npz --set class_balanced=true", "class_balanced", "good.npz"),
    # --- how long, on what
    _bad("no images at all", "train good.npz --images 0", "--images 0", "600k"),
    _bad("images in words", "train good.npz --images abc", "--images abc", "600k"),
    _bad("half an image", "train good.npz --images 1.5", "--images 1.5", "600k"),
    _bad("negative images", "train good.npz --images -5k", "--images -5k", "600k"),
    _bad("negative time", "train good.npz --minutes -1", "minutes", "greater than 0", "-1"),
    _bad("endless time", "train good.npz --minutes inf", "minutes", "finite", "inf"),
    _bad("unknown device", "train good.npz --device tpu", "'tpu'", "auto", "cpu"),
    _bad("unknown precision", "train good.npz --precision fp16", "precision", "fp32", "bf16", "fp16"),
    _bad("negative seed", "train good.npz --seed -1", "seed", "greater than or equal to 0", "-1"),
    _bad("no checkpoints", "train good.npz --keep 0", "keep", "0"),
    # --- where to
    _bad("existing run", "train good.npz --out run", "'run'", "--resume", "--out", "--overwrite"),
    _bad("foreign folder", "train good.npz --out texts", "'texts'", "not empty", "--out"),
    _bad("overwriting a foreign folder", "train good.npz --out texts --overwrite", "'texts'", "no run", "--out"),
    _bad("a file in the way", "train good.npz --out text.npz", "text.npz", "--out"),
    _bad("a file on the way", "train good.npz --out text.npz/run", "text.npz/run", "--out"),
    _bad("an endless name", f"train good.npz --out {'x' * 300}", "File name too long", "--out"),
    _bad("unwritable folder", "train good.npz --out /proc/run", "/proc/run", "--out"),
    # --- going on
    _bad("resume of nothing", "train --resume nowhere", "'nowhere'", "steadygan train"),
    _bad("resume of no run", "train --resume texts", "'texts'", "run.json"),
    _bad("resume of a damaged run", "train --resume damaged", "damaged", "JSON"),
    _bad("resume of a run of another version", "train --resume other", "other", "version"),
    _bad("resume of a finished run", "train --resume run", "'run'", "--images", "--minutes"),
    _bad("resume to less", "train --resume run --images 8", "'run'", "--images"),
    _bad("resume to none", "train --resume run --minutes 0", "minutes", "greater than 0"),
    _bad("resume elsewhere", "train --resume run --out elsewhere", "--out"),
    _bad("another seed", "train --resume run --images 99 --seed 1", "'seed'", "0", "1", "'run'"),
    _bad("another recipe", "train --resume run --images 99 --recipe dcgan", "'recipe'", "naive", "dcgan"),
    _bad("another heuristic", "train --resume run --images 99 --with ema", "'ema'", "absent", "present"),
    _bad("another parameter", "train --resume run --images 99 --set batch=8", "'batch'", "4", "8"),
    _bad("another resolution", "train --resume run --images 99 --resolution 16", "'resolution'", "16"),
    _bad("another precision", "train --resume run --images 99 --precision bf16", "'precision'", "fp32", "bf16"),
    _bad("other data", "train digits --resume run --images 99", "'digits' are not those", "'run'", "'good.npz'"),
    _bad("changed data", "train --resume changed --images 99", "changed.npz", "'changed'"),
    _bad("lost data", "train --resume lost --images 99", "lost.npz"),
    _bad("no checkpoint", "train --resume bare --images 99", "'bare'", "checkpoint"),
    _bad("another share of labels", "train --resume told --images 99 --label-share 0.5", "'label_share'", "1.0", "0.5"),
    _bad(
        "labels per class now", "train --resume told --images 99 --labels-per-class 1", "labels_per_class", "left open"
    ),
    _bad("labels all at once", "train --resume run --images 99 --labels", "'labels'", "False", "True", "'run'"),
    # --- samples and walks
    _bad("samples of nothing", "sample nowhere", "'nowhere'"),
    _bad("samples without a generator", "sample bare", "'bare'", "generator", "--resume"),
    _bad("samples of a damaged generator", "sample damaged-generator", "generator.safetensors", "damaged"),
    _bad("samples of a damaged config", "sample damaged-config", "generator.json", "JSON"),
    _bad("no samples", "sample run -n 0", "0", "at least 1"),
    _bad("samples in words", "sample run -n many", "-n", "whole number"),
    _bad("samples of no class", "sample told --class nosuch", "'nosuch'", "choose one of", "cat, dog, eel"),
    _bad("samples of nearly a class", "sample told --class dgo", "'dgo'", "did you mean 'dog'?"),
    _bad("a class of a run without", "sample run --class x", "no classes", "'x'", "--labels", "--class"),
    _bad("samples as bmp", "sample run --out grid.bmp", "grid.bmp", ".png", ".jpg", ".webp", ".npz"),
    _bad("samples enlarged to nothing", "sample run --scale 0", "--scale is 0", "1 to 64"),
    _bad("samples enlarged too much", "sample run --scale 65", "--scale is 65", "1 to 64"),
    _bad("an enlarged array", "sample run --scale 2 --out made.npz", "--scale", "leave it out"),
    _bad("samples of a folder of something else", "sample texts", "'texts'", "generator.safetensors"),
    _bad("samples to a full folder", "sample run --out texts", "'texts'", "not empty"),
    _bad("samples to a file's name", "sample run --out plain", "plain", "--out"),
    _bad("samples to an unwritable folder", "sample run --out /proc/grid.png", "/proc/grid.png", "--out"),
    _bad("no latents left", "sample run --truncation 0", "--truncation", "above 0"),
    _bad("negative truncation", "sample run --truncation -1", "--truncation", "above 0"),
    _bad("truncated sphere", "sample sphere --truncation 0.7", "sphere-latent", "--truncation"),
    _bad("negative seed of samples", "sample run --seed -1", "--seed", "0"),
    _bad("vectors to a folder", "sample points --out new", "'new'", "vectors", ".npz"),
    _bad("walk as avi", "interpolate run --out walk.avi", "walk.avi", ".gif", ".webp", ".mp4", ".webm"),
    _bad("walk of vectors", "interpolate points", "vectors", "sample"),
    _bad("walk of one stop", "interpolate run --stops 1", "2 stops"),
    _bad("walk without frames", "interpolate run --frames 0", "1 frame"),
    _bad("nothing to clean", "clean --yes", "run folders", "--cache"),
    _bad("cleaning of nothing", "clean nowhere --yes", "'nowhere'"),
    _bad("cleaning of no run", "clean texts --yes", "'texts'", "run.json"),
    _bad("report of nothing", "report nowhere", "'nowhere'"),
    _bad("report of no run", "report texts", "'texts'", "run.json"),
    # --- the words themselves
    _bad("unknown command", "trian digits", "'trian'", "'train'", "--help"),
    _bad("unknown option", "train digits --resolutoin 8", "--resolutoin", "--resolution", "--help"),
    _bad("missing run", "sample", "RUN", "steadygan sample --help"),
    _bad("one argument too many", "report run run", "run", "--help"),
)


def world(folder: Path, train: Callable[..., None]) -> None:
    """Everything that the calls name, good and bad.

    Args:
        folder: where; it is the working directory.
        train: the command of that name.
    """
    _recipes(folder)
    _arrays(folder)
    for name in ("empty", "texts", "photo", "empty.toml"):
        (folder / name).mkdir()
    (folder / "texts" / "note.txt").write_text("no picture")
    (folder / "plain").write_text("a file")
    random = np.random.default_rng(0)
    for name in ("good", "changed", "lost"):
        np.savez(folder / f"{name}.npz", images=random.integers(0, 256, (12, 8, 8), dtype=np.uint8))
    classes = np.array(["cat", "dog", "eel"] * 4)
    np.savez(folder / "classes.npz", images=random.integers(0, 256, (12, 8, 8), dtype=np.uint8), labels=classes)
    np.savez(folder / "points.npz", points=random.normal(size=(12, 2)))
    common = ("--recipe", "naive", "--images", "16", "--precision", "fp32", *NETWORK)
    train("good.npz", "--out", "run", *common)
    train("changed.npz", "--out", "changed", *common)
    train("lost.npz", "--out", "lost", *common)
    train("points.npz", "--out", "points", *common)
    train("classes.npz", "--out", "told", "--labels", *common)
    train("good.npz", "--out", "sphere", *common, "--with", "sphere-latent")
    _damage(folder)


def _recipes(folder: Path) -> None:
    (folder / "endless.toml").write_text(f"[settings]\nbatch = {'1' * 10_000}")
    (folder / "deep.toml").write_text(f"a = {'[' * 100_000}")
    (folder / "broken.toml").write_text("network = ")
    (folder / "binary.toml").write_bytes(b"\xff\xfe\x00")
    (folder / "key.toml").write_text(RECIPE.replace("network", "netwrok"))
    (folder / "parameter.toml").write_text(f"{RECIPE}rate = 1")
    (folder / "flat.toml").write_text("[heuristics]\nadam = 1")
    (folder / "latents.toml").write_text(f"{RECIPE}[heuristics.normal-latent]\n[heuristics.uniform-latent]\n")


def _arrays(folder: Path) -> None:
    images = np.zeros((4, 8, 8), np.uint8)
    arrays: dict[str, dict[str, np.ndarray[Any, Any]]] = {
        "several": {"first": images, "second": images},
        "none": {"images": images[:0]},
        "floats": {"images": np.full((4, 8, 8), 1e6, np.float32)},
        "nan": {"images": np.full((4, 8, 8), np.nan, np.float32)},
        "words": {"images": np.full((4, 8, 8), "a")},
    }
    for name, content in arrays.items():
        np.savez(folder / f"{name}.npz", **content)  # type: ignore[arg-type]
    whole = io.BytesIO()
    np.savez(whole, images=np.random.default_rng(0).integers(0, 256, (64, 8, 8), dtype=np.uint8))
    (folder / "cut.npz").write_bytes(whole.getvalue()[:2000])
    (folder / "text.npz").write_text("no array")
    (folder / "zero.npz").write_bytes(b"")
    np.savez(folder / "objects.npz", images=np.array([Trap(folder / "sprung")] * 4, dtype=object))


class Trap:
    """Leaves a mark when someone unpickles it."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> tuple[Callable[[str, str], object], tuple[str, str]]:
        return open, (str(self._mark), "w")


def _damage(folder: Path) -> None:
    for name in ("damaged", "other", "bare", "damaged-generator", "damaged-config"):
        shutil.copytree(folder / "run", folder / name)
    (folder / "damaged" / "run.json").write_text("{")
    (folder / "other" / "run.json").write_text("{}")
    shutil.rmtree(folder / "bare" / "checkpoints")
    (folder / "bare" / "checkpoints").mkdir()
    (folder / "bare" / "generator.safetensors").unlink()
    weights = folder / "damaged-generator" / "generator.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    (folder / "damaged-config" / "generator.json").write_text("{")
    np.savez(folder / "changed.npz", images=np.ones((12, 8, 8), np.uint8))
    (folder / "lost.npz").unlink()
    Image.new("L", (8, 8)).save(folder / "photo" / "one.png")
