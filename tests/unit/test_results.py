"""Recorded runs: written after every seed, gone on with, refused, summed up."""

import subprocess
from importlib import metadata

import pytest
import torch

from d2lnotes import record as module
from d2lnotes import results as reading
from d2lnotes.recipes import RECIPES
from d2lnotes.record import git_state, record
from d2lnotes.results import RESULTS, ResultsError, describe, path_of, read, results
from d2lnotes.train import evaluate_accuracy_gpu

EPOCHS = RECIPES["lenet"]["quick"].num_epochs


def record_lenet(folder, seeds=2, **options):
    options = {"limit": 100, "device": "cpu"} | options
    return record("lenet", "quick", seeds=seeds, folder=folder, **options)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A recording of three seeds that nobody interrupted."""
    folder = tmp_path_factory.mktemp("results")
    return folder, record_lenet(folder, seeds=3)


def test_the_file_gives_back_what_was_recorded(whole):
    folder, recorded = whole
    assert results("lenet", folder=folder) == recorded == read(folder / "lenet-quick.json")
    assert recorded.seeds == [0, 1, 2]
    assert all(run.history.epochs == EPOCHS for run in recorded.runs)
    assert [path.name for path in folder.iterdir()] == ["lenet-quick.json"]


def test_summary(whole):
    recorded = whole[1]
    low, middle, high = sorted(run.history.test_acc[-1] for run in recorded.runs)
    assert (recorded.min, recorded.median, recorded.max) == (low, middle, high)
    assert recorded.spread == high - low
    speeds = sorted(run.history.images_per_second for run in recorded.runs)
    assert recorded.images_per_second == speeds[1]
    for words in ("3 个种子", f"{middle:.4f}", recorded.machine["torch"]):
        assert words in repr(recorded)


def test_provenance(whole):
    recorded = whole[1]
    assert recorded.machine["device"].startswith("cpu")
    assert recorded.machine["threads"] == torch.get_num_threads()
    assert recorded.machine["processes"] == 1
    assert recorded.machine["torch"] == torch.__version__
    for package in ("torchvision", "d2lnotes"):
        assert recorded.machine[package] == metadata.version(package)
    assert recorded.settings["limit"] == 100 and recorded.settings["optimizer"] == "Adam"
    for run in recorded.runs:
        assert run.date.endswith("+00:00")
        assert run.wall_seconds >= sum(run.history.seconds)
        assert len(run.commit or 40 * "0") == 40


def test_git_state_tells_changes_of_the_package(tmp_path, monkeypatch):
    def git(*words):
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *identity, *words], cwd=tmp_path, check=True, capture_output=True)

    package = tmp_path / "d2lnotes"
    package.mkdir()
    monkeypatch.setattr(module, "PACKAGE", package)
    git("init")
    (package / "__init__.py").write_text("")
    assert git_state() == (None, None)  # in somebody else's repository
    git("add", ".")
    git("commit", "-m", "first")
    (tmp_path / "chapter.md").write_text("not of the package")
    commit, dirty = git_state()
    assert len(commit) == 40 and not dirty
    (package / "new.py").write_text("")
    assert git_state() == (commit, True)


def test_more_seeds_join_and_none_is_trained_twice(whole, tmp_path, capsys):
    record_lenet(tmp_path, seeds=1)
    first = results("lenet", folder=tmp_path).runs[0]
    recorded = record_lenet(tmp_path, seeds=3)
    assert recorded.runs[0] == first
    assert [r.history.train_loss for r in recorded.runs] == [
        r.history.train_loss for r in whole[1].runs
    ]
    capsys.readouterr()
    assert record_lenet(tmp_path, seeds=2) == recorded
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("evaluations", [1, 2, EPOCHS + 1, EPOCHS + 3])
def test_an_interrupted_recording_goes_on(whole, tmp_path, monkeypatch, evaluations):
    """Ctrl-C in the first epoch, in the first seed, between seeds, in the second seed."""
    calls = []

    def interrupting(*arguments):
        calls.append(arguments)
        if len(calls) == evaluations:
            raise KeyboardInterrupt
        return evaluate_accuracy_gpu(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr("d2lnotes.train.evaluate_accuracy_gpu", interrupting)
        assert len(record_lenet(tmp_path).runs) == (evaluations - 1) // EPOCHS
    evaluations_before, evaluations = evaluations, None
    calls.clear()
    with monkeypatch.context() as patch:
        patch.setattr("d2lnotes.train.evaluate_accuracy_gpu", interrupting)
        recorded = record_lenet(tmp_path)
    for run, expected in zip(recorded.runs, whole[1].runs, strict=False):
        assert run.history.train_loss == expected.history.train_loss
        assert run.history.test_acc == expected.history.test_acc
    assert [path.name for path in tmp_path.iterdir()] == ["lenet-quick.json"]
    finished = evaluations_before - 1  # epochs that were not trained again
    assert len(calls) == 2 * EPOCHS - finished
    # the whole time of a seed that was cut in two is not known
    cut = [finished // EPOCHS] if finished % EPOCHS else []
    assert [run.seed for run in recorded.runs if run.wall_seconds is None] == cut


def test_a_file_of_other_settings_is_refused(tmp_path):
    record_lenet(tmp_path, seeds=1)
    content = path_of("lenet", "quick", tmp_path).read_bytes()
    with pytest.raises(ResultsError, match=r"limit 在文件里是 100，现在是 200。请加 --again"):
        record_lenet(tmp_path, limit=200)
    assert path_of("lenet", "quick", tmp_path).read_bytes() == content
    assert record_lenet(tmp_path, seeds=1, limit=200, again=True).settings["limit"] == 200


def test_a_file_of_another_machine_is_refused(tmp_path, monkeypatch):
    record_lenet(tmp_path, seeds=1)
    monkeypatch.setattr(module, "_processor", lambda: "abacus")
    with pytest.raises(ResultsError, match=r"别的机器.*device 在文件里是 .*，现在是 cpu：abacus"):
        record_lenet(tmp_path)


def test_states_of_other_settings_are_not_gone_on_with(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("d2lnotes.record.train_recipe", interrupted_after_an_epoch)
        record_lenet(tmp_path)
        assert len(list(tmp_path.glob(".*.pt"))) == 1
    recorded = record_lenet(tmp_path, seeds=1, limit=200, again=True)
    assert recorded.runs[0].wall_seconds is not None
    assert not list(tmp_path.glob(".*.pt"))


def interrupted_after_an_epoch(*arguments, checkpoint, **options):
    from d2lnotes.recipes import train_recipe

    net, history = train_recipe(*arguments, checkpoint=checkpoint, **options, num_epochs=1)
    history.interrupted = True
    return net, history


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"format": 0}', '{"format": 1, "runs": [{}]}']
)
def test_a_damaged_file_is_named(tmp_path, content):
    path_of("lenet", "quick", tmp_path).write_text(content)
    with pytest.raises(ResultsError, match=r"lenet-quick\.json 读不出来.*--again"):
        results("lenet", folder=tmp_path)
    with pytest.raises(ResultsError, match="--again"):
        record_lenet(tmp_path)
    assert record_lenet(tmp_path, seeds=1, again=True).seeds == [0]


def test_what_is_not_recorded_names_the_command(tmp_path):
    assert results("vgg", "tuned", folder=tmp_path / "no such folder") is None
    said = describe("vgg", "tuned", folder=tmp_path)
    assert "还没有记录" in said
    assert "python -m d2lnotes record vgg --recipe tuned --seeds 5" in said
    with pytest.raises(ValueError, match="没有方案 'slow'"):
        results("vgg", "slow")


def test_only_a_finished_seed_counts_as_recorded(tmp_path, monkeypatch):
    monkeypatch.setattr("d2lnotes.record.train_recipe", interrupted_after_an_epoch)
    assert "还没有一个种子训练完" in repr(record_lenet(tmp_path))
    assert results("lenet", folder=tmp_path) is None


def test_a_recipe_that_changed_since_is_told(whole):
    assert whole[1].changed == {"limit": (100, None)}
    assert "注意：limit 记录时是 100，现在的方案里是 None" in describe("lenet", folder=whole[0])


def test_a_readers_own_records_come_first(whole, tmp_path, monkeypatch):
    (tmp_path / "results").symlink_to(whole[0])
    monkeypatch.chdir(tmp_path)
    assert results("lenet") == whole[1]
    monkeypatch.setattr(reading, "OWN", tmp_path / "nothing")
    monkeypatch.setattr(reading, "RESULTS", tmp_path / "nothing")
    monkeypatch.setattr(reading, "INSTALLED", (whole[0],))
    assert results("lenet") == whole[1]


def test_seeds_must_be_positive(tmp_path):
    with pytest.raises(ValueError, match="seeds=0"):
        record_lenet(tmp_path, seeds=0)


def test_the_books_records_are_whole_and_of_todays_recipes():
    for path in RESULTS.glob("*.json"):
        recorded = read(path)
        assert path.stem == f"{recorded.model}-{recorded.recipe}"
        assert recorded.changed == {}, path
        assert len(recorded.runs) >= 5, path
        assert all(run.history.epochs == run.history.num_epochs for run in recorded.runs)
        assert path.read_text(encoding="utf-8") == recorded.to_json()
