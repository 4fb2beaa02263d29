import json
from pathlib import Path
from typing import Any

import pytest

from steadygan.doctor.files import USUAL_EPOCH, parse_mapping, read_rows
from steadygan.doctor.names import canonical
from steadygan.errors import SteadyganError

D, G = "discriminator/loss", "generator/loss"


@pytest.mark.parametrize(
    ("names", "meant"),
    [
        ("d_loss errD Loss_D loss/discriminator D lossD critic_loss Loss/D/loss train/netD_loss D_loss_epoch", D),
        ("g_loss errG Loss_G loss/generator G GLoss gen_total_loss generator/loss", G),
        ("d_grad_norm gradient_norm/netD discriminator/gradient_norm", "discriminator/gradient_norm"),
    ],
)
def test_names_of_other_loops_are_understood(names: str, meant: str) -> None:
    assert {canonical(name) for name in names.split()} == {meant}


@pytest.mark.parametrize(
    "name", ["loss", "d_loss_real", "D(x)", "D_A", "d_lr", "gan_loss", "epoch", "doctor/variety", ""]
)
def test_what_is_neither_player_stays_as_it_is(name: str) -> None:
    assert canonical(name) == name


def write(tmp_path: Path, text: str, name: str = "log.csv") -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


def lines(*rows: dict[str, Any]) -> str:
    return "\n".join(json.dumps(row) for row in rows)


def test_csv(tmp_path: Path) -> None:
    path = write(tmp_path, "iter,errD,errG,note\n0,1.5,0.5,begun\n10,nan,0.25,\n20,,inf,\n")
    assert read_rows(path, batch=8) == [
        {"images": 8, D: 1.5, G: 0.5, "not_finite": 0},
        {"images": 88, D: None, G: 0.25, "not_finite": 1},
        {"images": 168, G: None, "not_finite": 1},
    ]


@pytest.mark.parametrize("delimiter", [";", "\t", ", "])
def test_csv_with_other_delimiters(tmp_path: Path, delimiter: str) -> None:
    text = "step,d_loss,g_loss\n1,2,3\n".replace(",", delimiter)
    assert read_rows(write(tmp_path, text))[0] == {"images": 128, D: 2.0, G: 3.0, "not_finite": 0}


def test_json_lines_whatever_else_is_between_them(tmp_path: Path) -> None:
    text = lines({"images": 100, "D": 1, "fine": True, "t": "x"}) + "\nSaved.\n" + '{"images": 300, "D": NaN}\n{"ima'
    assert read_rows(write(tmp_path, text, "log.txt")) == [
        {"images": 100, D: 1.0, "not_finite": 0},
        {"images": 300, D: None, "not_finite": 1},
    ]


@pytest.mark.parametrize("indent", [None, 2])
def test_a_json_list(tmp_path: Path, indent: int | None) -> None:
    rows = [{"step": 1, "d_loss": 1, "g_loss": 2}, {"step": 2, "d_loss": 3, "g_loss": 4}]
    assert [row[D] for row in read_rows(write(tmp_path, json.dumps(rows, indent=indent)))] == [1, 3]


@pytest.mark.parametrize(
    "line",
    [
        "[0/5][{n}/938]\tLoss_D: 1.5\tLoss_G: 2.5\tD(x): 0.8\tD(G(z)): 0.2 / 0.1",
        "Epoch {n} 10/10 - 3s 20ms/step - d_loss: 1.5 - g_loss: 2.5e0",
        "INFO step={n}, errD=1.5, errG=2.5",
    ],
)
def test_what_a_program_has_printed(tmp_path: Path, line: str) -> None:
    text = (
        "Namespace(lr: x)\n"
        + "".join(line.format(n=n) + "\nsaved\n" for n in range(3))
        + line.format(n=3).replace("1.5", "nan")
    )
    rows = read_rows(write(tmp_path, text, "log.txt"), batch=4)
    assert [row["images"] for row in rows] == [4, 8, 12, 16]
    assert [(row[D], row[G]) for row in rows] == [(1.5, 2.5)] * 3 + [(None, 2.5)]


def test_null_is_not_finite_in_rows_of_this_package_and_nothing_elsewhere(tmp_path: Path) -> None:
    own = write(tmp_path, lines({"images": 1, D: None, "not_finite": 3}), "own.jsonl")
    other = write(tmp_path, lines({"step": 0, "D": None, "G": 1}), "other.jsonl")
    assert read_rows(own) == [{"images": 1, D: None, "not_finite": 3}]
    assert read_rows(other) == [{"images": 64, G: 1.0, "not_finite": 0}]


def test_statistics_of_stylegan(tmp_path: Path) -> None:
    row = {
        "Loss/G/loss": {"num": 4, "mean": 0.5, "std": 0.1},
        "Loss/D/loss": {"num": 4, "mean": 1.5, "std": 0.1},
        "Progress/kimg": {"num": 1, "mean": 4.032, "std": 0},
        "timestamp": 1.6e9,
    }
    (found,) = read_rows(write(tmp_path, lines(row)))
    assert (found["images"], found[D], found[G]) == (4032, 1.5, 0.5)


def test_sparse_rows_of_lightning(tmp_path: Path) -> None:
    text = "d_loss_epoch,d_loss_step,epoch,g_loss_step,step\n,1.0,0,2.0,9\n,1.5,0,2.5,19\n1.25,,0,,19\n"
    rows = read_rows(write(tmp_path, text), batch=1)
    assert [(row["images"], row.get(D)) for row in rows] == [(10, 1.0), (20, 1.5), (20, None)]
    assert "d_loss_epoch" in rows[2], "of two columns of one meaning that with more values has it"


def test_epochs_and_steps_that_begin_anew(tmp_path: Path) -> None:
    epochs = write(tmp_path, "epoch,d_loss\n0,1\n1,1\n", "epochs.csv")
    assert [row["images"] for row in read_rows(epochs)] == [USUAL_EPOCH, 2 * USUAL_EPOCH]
    assert [row["images"] for row in read_rows(epochs, items=500)] == [500, 1000]
    steps = write(tmp_path, "epoch,step,d_loss\n0,0,1\n0,1,1\n1,0,1\n1,1,1\n", "steps.csv")
    assert [row["images"] for row in read_rows(steps, batch=10)] == [10, 20, 30, 40]


def test_without_a_clock_each_row_is_a_step(tmp_path: Path) -> None:
    assert [row["images"] for row in read_rows(write(tmp_path, "D,G\n1,1\n1,1\n"), batch=2)] == [2, 4]


def test_columns_are_what_the_caller_says(tmp_path: Path) -> None:
    path = write(tmp_path, "when,a,d_loss\n5,1,2\n")
    mapping = parse_mapping(["d_loss=a", "images=when"])
    assert mapping == {D: "a", "images": "when"}
    assert read_rows(path, mapping) == [{"images": 5, D: 1.0, "d_loss": 2.0, "not_finite": 0}]


@pytest.mark.parametrize("pair", ["d_loss", "d_loss=", "=a", "fid=a"])
def test_a_mapping_that_makes_no_sense_is_refused(pair: str) -> None:
    with pytest.raises(SteadyganError, match="--map"):
        parse_mapping([pair])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no rows"),
        ("d_loss,g_loss\n", "no rows"),
        ("a,b\n1,2\n", "--map d_loss=NAME.* it has: a, b"),
        ("just a sentence", "no rows"),
        ("{broken", "no rows"),
    ],
)
def test_what_holds_no_losses_is_said(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SteadyganError, match=words):
        read_rows(write(tmp_path, text))


def test_a_column_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SteadyganError, match="no column 'errC' for discriminator/loss; did you mean 'errD'"):
        read_rows(write(tmp_path, "errD\n1\n"), {D: "errC"})


def test_a_file_that_is_not_there_or_no_text_is_said(tmp_path: Path) -> None:
    with pytest.raises(SteadyganError, match="There is no file"):
        read_rows(tmp_path / "none.csv")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SteadyganError, match="not text"):
        read_rows(tmp_path / "binary.csv")
    with pytest.raises(SteadyganError, match="neither a run folder"):
        read_rows(tmp_path)


def test_event_files_of_tensorboard(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from torch.utils.tensorboard import SummaryWriter

    for name in ("one", "two"):
        with SummaryWriter(str(tmp_path / name)) as writer:
            for step in range(3):
                writer.add_scalar("loss/D", step, step)
                writer.add_scalar("loss/G", 2 * step, step)
    rows = read_rows(tmp_path / "one", batch=5)
    assert rows == [{"images": 5 * (step + 1), D: step, G: 2 * step, "not_finite": 0} for step in range(3)]
    (file,) = (tmp_path / "two").iterdir()
    assert read_rows(file, batch=5) == rows
    with pytest.raises(SteadyganError, match="several trainings"):
        read_rows(tmp_path)
