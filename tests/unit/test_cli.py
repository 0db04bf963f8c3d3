"""``python -m d2lnotes``, as a reader calls it."""

import json
import os
import subprocess
import sys

import pytest
import torch

from d2lnotes import doctor
from d2lnotes.__main__ import main
from d2lnotes.recipes import RECIPES, find_recipe, train_recipe


def run(*words, launcher=(sys.executable, "-m"), **environment):
    command = [*launcher, "d2lnotes", *map(str, words)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", **environment}
    return subprocess.run(command, capture_output=True, text=True, env=environment)


def test_doctor_is_content_with_this_machine():
    result = run("doctor")
    assert result.returncode == 0, result.stdout
    assert (
        "一切就绪" in result.stdout and f"torch {torch.__version__.split('+')[0]}" in result.stdout
    )


def test_doctor_names_what_is_missing_and_the_way_out(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "PACKAGES", ("torch", "no-such-package"))
    monkeypatch.setattr(doctor, "_data", lambda root: (False, "没有数据"))
    assert doctor.examine() == 2
    output = capsys.readouterr().out
    assert "pip install no-such-package" in output and "缺 2 项" in output


def test_data():
    result = run("data")
    assert result.returncode == 0 and "4 个文件齐全" in result.stdout


def test_train_writes_a_record_and_resumes(tmp_path):
    record, checkpoint = tmp_path / "run.json", tmp_path / "run.pt"
    words = ["train", "lenet", "--limit", 500, "--json", record, "--checkpoint", checkpoint]
    first = run(*words, "--epochs", 1)
    assert first.returncode == 0, first.stderr
    assert first.stdout.startswith("epoch 1/1  loss ")
    again = run(*words, "--epochs", 2)
    assert again.stdout.startswith("epoch 2/2  loss ")
    assert len(json.loads(record.read_text(encoding="utf-8"))["test_acc"]) == 2


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["train", "lenett"], "没有网络 'lenett'"),
        (["train", "lenet", "--recipe", "slow"], "没有方案 'slow'"),
        (["train", "lenet", "--limit", "3"], "limit=3"),
        (["train", "lenet", "--limit", "100", "--epochs", "0"], "num_epochs=0"),
        (["train", "lenet", "--limit", "100", "--json", "no/folder/x.json"], "没有文件夹"),
        (["stamp", "no-such-folder"], "no-such-folder"),
        (["train", "lenet", "--limit", "100", "--device", "cuda:7"], "device='cuda:7' 不能用"),
    ],
)
def test_bad_words_are_named_without_a_traceback(words, says):
    result = run(*words)
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert says in result.stderr


def test_two_processes_train_as_one(tmp_path):
    """Loss, accuracy and weights after several steps, with a last batch that does not halve."""
    torchrun = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node")
    words = ["train", "lenet", "--limit", 610, "--epochs", 2]
    runs = {}
    for name, launcher in (("one", (sys.executable, "-m")), ("two", (*torchrun, "2", "-m"))):
        record, checkpoint = tmp_path / f"{name}.json", tmp_path / f"{name}.pt"
        result = run(*words, "--json", record, "--checkpoint", checkpoint, launcher=launcher)
        assert result.returncode == 0, result.stderr
        assert result.stdout.count("epoch 2/2") == 1
        weights = torch.load(checkpoint, weights_only=True)["net"]
        runs[name] = json.loads(record.read_text(encoding="utf-8")), weights
    one, two = runs["one"], runs["two"]
    assert one[0]["train_loss"] == pytest.approx(two[0]["train_loss"], rel=1e-5)
    assert one[0]["train_acc"] == pytest.approx(two[0]["train_acc"])
    for name, value in one[1].items():
        torch.testing.assert_close(value, two[1][name], rtol=1e-4, atol=1e-5)


def test_every_network_has_its_textbook_recipe():
    for model in RECIPES:
        assert find_recipe(model, "textbook").num_epochs == 10


def test_options_win_over_the_recipe():
    net, history = train_recipe(
        "bn_lenet", limit=100, num_epochs=1, lr=0.125, device="cpu", seed=0, plot=False
    )
    assert (history.epochs, history.lr, history.seed) == (1, 0.125, 0)
    assert net.training


def test_main_returns_the_exit_status(capsys):
    assert main(["train", "nothing"]) == 1
    assert "nothing" in capsys.readouterr().err
