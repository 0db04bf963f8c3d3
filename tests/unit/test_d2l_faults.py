"""Known faults of d2l 1.0.3: each check fails on d2l's function and passes on ours."""

import re
import time

import PIL.Image
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from d2lnotes import data, train
from d2lnotes.download import write_raw

d2l = pytest.importorskip("d2l.torch", reason="pip install --no-deps d2l==1.0.3")


@pytest.fixture(autouse=True)
def where_d2l_finds_its_data(tmp_path, monkeypatch):
    """d2l reads ../data, and draws figures that nobody closes."""
    write_raw(tmp_path / "data")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    yield
    d2l.plt.close("all")


def loader(batches=6):
    images, labels = torch.rand(batches * 4, 1, 4, 4), torch.arange(batches * 4) % 10
    return DataLoader(TensorDataset(images, labels), batch_size=4)


def net():
    return nn.Sequential(nn.Flatten(), nn.Linear(16, 10))


def fit(library, net, batches, lr=0.1, **options):
    if library is train:
        options |= {"plot": False}
    return library.train_ch6(net, batches, batches, 1, lr, torch.device("cpu"), **options)


def works_with_four_batches(library, monkeypatch, capsys):
    try:
        fit(library, net(), loader(4))
    except ZeroDivisionError:
        return False
    return True


def can_go_on_from_given_weights(library, monkeypatch, capsys):
    trained = net()
    before = trained[1].weight.detach().clone()
    fit(library, trained, loader(), lr=0.0, **({"init": None} if library is train else {}))
    return torch.equal(before, trained[1].weight)


def draws_the_weights_of_lazy_layers(library, monkeypatch, capsys):
    torch.manual_seed(0)
    lazy = nn.Sequential(nn.Flatten(), nn.LazyLinear(10))
    fit(library, lazy, loader(), lr=0.0)
    return lazy[1].weight.abs().max() > 0.3  # Xavier's bound is 0.48, PyTorch's default 0.25


def returns_what_it_measured(library, monkeypatch, capsys):
    history = fit(library, net(), loader())
    return history is not None and len(history.test_acc) == 1


def leaves_the_mode_as_it_was(library, monkeypatch, capsys):
    training = net().train()
    library.evaluate_accuracy_gpu(training, loader())
    return training.training


class Slow:
    """A loader that needs a tenth of a second a batch."""

    def __init__(self, batches):
        self.batches = batches

    def __len__(self):
        return len(self.batches)

    def __iter__(self):
        for batch in self.batches:
            time.sleep(0.1)
            yield batch


def counts_loading_in_its_speed(library, monkeypatch, capsys):
    history = fit(library, net(), Slow(loader(6)))
    if library is train:
        speed = history.images_per_second
    else:
        speed = float(re.search(r"([\d.]+) examples/sec", capsys.readouterr().out)[1])
    return speed <= 4 / 0.1


def starts_no_worker_processes(library, monkeypatch, capsys):
    library = data if library is train else library
    batches, _ = library.load_data_fashion_mnist(8)
    return getattr(batches, "num_workers", 0) == 0


def resizes_without_a_python_loop_over_images(library, monkeypatch, capsys):
    library = data if library is train else library
    calls = []
    resize = PIL.Image.Image.resize
    monkeypatch.setattr(
        PIL.Image.Image, "resize", lambda *a, **k: calls.append(1) or resize(*a, **k)
    )
    monkeypatch.setattr(d2l, "get_dataloader_workers", lambda: 0)
    X, _ = next(iter(library.load_data_fashion_mnist(8, resize=32)[0]))
    assert X.shape == (8, 1, 32, 32)
    return not calls


def finds_apples_gpu(library, monkeypatch, capsys):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    return library.try_gpu() == torch.device("mps")


def gives_a_cpu_when_there_is_no_gpu(library, monkeypatch, capsys):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    return library.try_all_gpus() == [torch.device("cpu")]


def refuses_an_empty_loader_in_words(library, monkeypatch, capsys):
    try:
        library.evaluate_accuracy_gpu(net(), [])
    except ValueError:
        return True
    except ZeroDivisionError:
        return False


@pytest.mark.parametrize(
    "good",
    [
        works_with_four_batches,
        can_go_on_from_given_weights,
        draws_the_weights_of_lazy_layers,
        returns_what_it_measured,
        leaves_the_mode_as_it_was,
        counts_loading_in_its_speed,
        starts_no_worker_processes,
        resizes_without_a_python_loop_over_images,
        finds_apples_gpu,
        gives_a_cpu_when_there_is_no_gpu,
        refuses_an_empty_loader_in_words,
    ],
    ids=lambda check: check.__name__,
)
def test_ours_is_good_where_d2ls_is_not(good, monkeypatch, capsys):
    assert good(train, monkeypatch, capsys)
    assert not good(d2l, monkeypatch, capsys)
