"""``python -m d2lnotes``, as a reader calls it."""

import json
import os
import subprocess
import sys

import pytest
import torch

from d2lnotes import doctor, download
from d2lnotes.__main__ import main
from d2lnotes.recipes import train_recipe
from d2lnotes.results import results

ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1"}


def run(*words, launcher=(sys.executable, "-m"), **environment):
    command = [*launcher, "d2lnotes", *map(str, words)]
    environment = {**ONE_THREAD, **environment}
    return subprocess.run(command, capture_output=True, text=True, env=environment)


def test_doctor_is_content_with_this_machine():
    result = run("doctor")
    assert result.returncode == 0, result.stdout
    assert (
        "一切就绪" in result.stdout and f"torch {torch.__version__.split('+')[0]}" in result.stdout
    )


def test_doctor_without_data_and_torchvision(monkeypatch, tmp_path):
    monkeypatch.setattr(download, "DEBIAN_FOLDER", tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setitem(sys.modules, "torchvision.datasets", None)
    found, text = doctor._data(tmp_path)
    assert not found and "下载不了" in text and "torchvision" in text


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
        (["record", "lenett"], "没有网络 'lenett'"),
        (["record", "lenet", "--seeds", "0"], "seeds=0"),
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


def test_record_goes_on_and_refuses_other_settings(tmp_path, capsys):
    def record(*words):
        words = ["record", "lenet", "--device", "cpu", "--results", str(tmp_path), *words]
        return main(words), capsys.readouterr()

    status, said = record("--limit", "100", "--seeds", "1")
    assert status == 0 and "lenet 的 quick 方案，1 个种子" in said.out
    status, said = record("--limit", "100", "--seeds", "2")
    assert status == 0 and "种子 1\n" in said.out and "种子 0\n" not in said.out
    assert results("lenet", folder=tmp_path).seeds == [0, 1]
    status, said = record("--limit", "200")
    assert status == 1 and "limit 在文件里是 100，现在是 200。请加 --again" in said.err
    assert record("--limit", "200", "--seeds", "1", "--again")[0] == 0
    assert results("lenet", folder=tmp_path).settings["limit"] == 200


def test_a_killed_recording_goes_on_inside_its_seed(tmp_path):
    words = ["record", "lenet", "--limit", 3000, "--device", "cpu", "--results", tmp_path]
    command = [sys.executable, "-u", "-m", "d2lnotes", *map(str, words), "--seeds", "1"]
    pipe = {"stdout": subprocess.PIPE, "text": True, "env": ONE_THREAD}
    with subprocess.Popen(command, **pipe) as process:
        for line in process.stdout:
            if line.startswith("epoch 2/"):
                process.kill()
    again = run(*words, "--seeds", 1)
    assert again.returncode == 0, again.stderr
    assert "epoch 1/" not in again.stdout and "epoch 2/" not in again.stdout
    assert results("lenet", folder=tmp_path).runs[0].wall_seconds is None
    assert [path.name for path in tmp_path.iterdir()] == ["lenet-quick.json"]


def test_two_processes_record_as_one(tmp_path):
    torchrun = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node")
    words = ["record", "lenet", "--limit", 130, "--seeds", 2, "--results"]
    for name, launcher in (("one", (sys.executable, "-m")), ("two", (*torchrun, "2", "-m"))):
        result = run(*words, tmp_path / name, launcher=launcher)
        assert result.returncode == 0, result.stderr
        assert result.stdout.count("2 个种子") == 1
    one, two = (results("lenet", folder=tmp_path / name) for name in ("one", "two"))
    assert (one.machine["processes"], two.machine["processes"]) == (1, 2)
    for a, b in zip(one.runs, two.runs, strict=True):
        assert a.history.train_loss == pytest.approx(b.history.train_loss, rel=1e-3)


def test_options_win_over_the_recipe():
    net, history = train_recipe(
        "bn_lenet", limit=100, num_epochs=1, lr=0.125, device="cpu", seed=0, plot=False
    )
    assert (history.epochs, history.lr, history.seed) == (1, 0.125, 0)
    assert net.training


def test_main_returns_the_exit_status(capsys):
    assert main(["train", "nothing"]) == 1
    assert "nothing" in capsys.readouterr().err
