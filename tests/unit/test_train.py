"""The teaching loop, and d2l's known faults that it must not have."""

import json
import math

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from d2lnotes.data import load_data_fashion_mnist
from d2lnotes.models import lenet
from d2lnotes.train import (
    Accumulator,
    History,
    Timer,
    accuracy,
    evaluate_accuracy_gpu,
    train_ch6,
    try_all_gpus,
    try_gpu,
)


@pytest.fixture(scope="module")
def loaders():
    return load_data_fashion_mnist(100, device="cpu", limit=1000)


def train(net, loaders, num_epochs=1, lr=0.5, **options):
    return train_ch6(net, *loaders, num_epochs, lr, "cpu", **({"plot": False} | options))


def weights(net):
    return torch.cat([p.detach().flatten() for p in net.parameters()])


def relu_net():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))


def test_it_learns(loaders):
    history = train(relu_net(), loaders, num_epochs=8, lr=0.3, seed=0)
    assert history.epochs == 8
    assert history.train_loss[-1] < history.train_loss[0] / 1.5
    assert history.test_acc[-1] > 0.7


def test_a_seed_decides_every_weight(loaders):
    first, second, other = lenet(), lenet(), lenet()
    histories = [train(net, loaders, seed=s) for net, s in ((first, 1), (second, 1), (other, 2))]
    assert torch.equal(weights(first), weights(second))
    assert histories[0].train_loss == histories[1].train_loss
    assert not torch.equal(weights(first), weights(other))


def test_history_is_what_a_plain_loop_measures(loaders):
    """Loss and accuracy of an epoch, by the slow and obvious way."""
    net = relu_net()
    start = {k: v.clone() for k, v in net.state_dict().items()}
    torch.manual_seed(0)
    history = train(net, loaders, init=None)
    net.load_state_dict(start)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.5)
    loss_sum, hits, images = 0.0, 0, 0
    torch.manual_seed(0)
    for X, y in loaders[0]:
        scores = net(X)
        loss = nn.CrossEntropyLoss()(scores, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss_sum += loss.item() * len(y)
        hits += (scores.argmax(1) == y).sum().item()
        images += len(y)
    assert history.train_loss[0] == pytest.approx(loss_sum / images, rel=1e-5)
    assert history.train_acc[0] == pytest.approx(hits / images, rel=1e-6)
    assert history.images == images


def test_parity_with_d2l_on_the_same_weights(loaders):
    from d2l import torch as d2l

    net = lenet()
    assert evaluate_accuracy_gpu(net, loaders[1]) == d2l.evaluate_accuracy_gpu(net, loaders[1])
    scores, y = torch.randn(50, 10), torch.randint(0, 10, (50,))
    assert accuracy(scores, y) == d2l.accuracy(scores, y)


def test_one_batch_is_enough():
    loader = DataLoader(TensorDataset(torch.rand(8, 784), torch.arange(8)), batch_size=8)
    assert train(relu_net(), (loader, loader)).epochs == 1


def test_init_none_goes_on_from_the_nets_weights(loaders):
    net = relu_net()
    before = weights(net).clone()
    train(net, loaders, lr=0.0, init=None)
    assert torch.equal(weights(net), before)
    train(net, loaders, lr=0.0)
    assert not torch.equal(weights(net), before)


@pytest.mark.parametrize(
    ("init", "bound"),
    [
        ("xavier", math.sqrt(6 / (784 + 64))),
        ("xavier_sigmoid", 4 * math.sqrt(6 / (784 + 64))),
        ("kaiming", math.sqrt(6 / 784)),
    ],
)
def test_named_initial_weights(loaders, init, bound):
    net = relu_net()
    train(net, loaders, lr=0.0, init=init)
    assert net[1].weight.abs().max().item() == pytest.approx(bound, rel=0.01)


def test_init_may_be_a_function(loaders):
    def zeros(module):
        for p in module.parameters(recurse=False):
            nn.init.zeros_(p)

    net = relu_net()
    history = train(net, loaders, lr=0.0, init=zeros)
    assert history.train_loss[0] == pytest.approx(math.log(10), rel=1e-5)


def test_lazy_layers_are_drawn_like_others(loaders):
    lazy = nn.Sequential(
        nn.LazyConv2d(4, 5), nn.LazyBatchNorm2d(), nn.ReLU(), nn.Flatten(), nn.LazyLinear(10)
    )
    eager = nn.Sequential(
        nn.Conv2d(1, 4, 5), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 24 * 24, 10)
    )
    histories = [train(net, loaders, lr=0.1, seed=3) for net in (lazy, eager)]
    assert histories[0].train_loss == histories[1].train_loss
    assert torch.equal(weights(lazy), weights(eager))
    assert torch.equal(lazy[1].running_mean, eager[1].running_mean)
    assert lazy.training


@pytest.mark.parametrize("mode", [True, False])
def test_the_nets_mode_is_put_back(loaders, mode):
    net = relu_net().train(mode)
    evaluate_accuracy_gpu(net, loaders[1])
    assert net.training is mode
    train(net, loaders)
    assert net.training is mode


def test_evaluation_uses_evaluation_mode(loaders):
    net = nn.Sequential(nn.Dropout(1.0), relu_net())
    assert evaluate_accuracy_gpu(net, loaders[1]) == evaluate_accuracy_gpu(net[1], loaders[1])


def test_optimizer_and_scheduler(loaders):
    rates = []

    def halve(optimizer):
        def rate(step):
            rates.append(step)
            return 0.5

        return torch.optim.lr_scheduler.LambdaLR(optimizer, rate)

    train(relu_net(), loaders, optimizer=torch.optim.Adam, lr=1e-3, scheduler=halve)
    assert rates[-1] == len(loaders[0])  # one step a batch


def test_nan_stops_with_an_explanation(loaders):
    with pytest.raises(FloatingPointError, match=r"学习率.*lr=1e\+30"):
        train(relu_net(), loaders, lr=1e30)


def test_an_interrupt_keeps_the_finished_epochs(loaders, capsys):
    class Interrupting:
        passes = 0

        def __iter__(self):
            self.passes += 1
            if self.passes == 3:
                raise KeyboardInterrupt
            return iter(loaders[0])

    net = relu_net()
    history = train(net, (Interrupting(), loaders[1]), num_epochs=5)
    assert history.epochs == 2 and len(history.test_acc) == 2
    assert net.training
    assert "前 2 个迭代周期" in capsys.readouterr().out


def test_bad_input_is_named(loaders):
    with pytest.raises(ValueError, match="train_iter 是空的"):
        train(relu_net(), ([], loaders[1]))
    with pytest.raises(ValueError, match="data_iter 是空的"):
        evaluate_accuracy_gpu(relu_net(), [])
    with pytest.raises(ValueError, match="num_epochs=0"):
        train(relu_net(), loaders, num_epochs=0)
    with pytest.raises(ValueError, match="init='he'"):
        train(relu_net(), loaders, init="he")
    with pytest.raises(ValueError, match=r"\(100, 10, 1, 1\).*nn\.Flatten"):
        train(nn.Conv2d(1, 10, 28), loaders)


@pytest.mark.parametrize(
    ("labels", "says"),
    [(torch.zeros(8, 1, dtype=torch.int64), r"\(8, 1\)"), (torch.rand(8), "float32")],
)
def test_labels_of_another_kind(labels, says):
    loader = DataLoader(TensorDataset(torch.rand(8, 784), labels), batch_size=8)
    for function in (
        lambda: train(relu_net(), (loader, loader)),
        lambda: evaluate_accuracy_gpu(relu_net(), loader),
    ):
        with pytest.raises(ValueError, match=says):
            function()


def test_small_integers_serve_as_labels():
    labels = torch.arange(8, dtype=torch.uint8)
    loader = DataLoader(TensorDataset(torch.rand(8, 784), labels), batch_size=8)
    assert train(relu_net(), (loader, loader)).epochs == 1


def test_evaluation_refuses_scores_that_are_not_one_row_an_image(loaders):
    with pytest.raises(ValueError, match="类别数"):
        evaluate_accuracy_gpu(nn.Conv2d(1, 10, 1), loaders[1])


def test_frozen_parts_stay_frozen(loaders):
    net = nn.Sequential(nn.BatchNorm2d(1), relu_net())
    net[0].eval()
    evaluate_accuracy_gpu(net, loaders[1])
    train(net, loaders, lr=0.01)
    assert net.training and not net[0].training


def test_what_can_be_walked_only_once_is_refused(loaders):
    with pytest.raises(TypeError, match="train_iter 只能走一遍"):
        train(relu_net(), (iter(loaders[0]), loaders[1]))
    with pytest.raises(TypeError, match="test_iter 只能走一遍"):
        train(relu_net(), (loaders[0], (batch for batch in loaders[1])))


def test_an_optimizer_already_made_is_refused(loaders):
    net = relu_net()
    with pytest.raises(TypeError, match=r"optimizer 应是一个类或函数.*SGD"):
        train(net, loaders, optimizer=torch.optim.SGD(net.parameters(), lr=0.1))


@pytest.mark.parametrize("num_epochs", [1.5, True, "3"])
def test_epochs_are_whole_numbers(loaders, num_epochs):
    with pytest.raises(TypeError, match="num_epochs="):
        train(relu_net(), loaders, num_epochs=num_epochs)


def test_a_net_that_views_its_images_flat(loaders):
    class Flat(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.dense = nn.Conv2d(1, 2, 5), nn.Linear(2 * 24 * 24, 10)

        def forward(self, x):
            return self.dense(self.conv(x).view(len(x), -1))

    assert train(Flat(), loaders).epochs == 1


def test_options_of_speed_give_the_same_training(loaders):
    histories = [
        train(lenet(), loaders, seed=0, **options)
        for options in ({}, {"channels_last": True}, {"amp": torch.bfloat16})
    ]
    for history in histories[1:]:
        assert history.train_loss == pytest.approx(histories[0].train_loss, rel=0.01)


def test_terminal_shows_one_line_an_epoch(loaders, capsys):
    train(relu_net(), loaders, num_epochs=2, plot=True)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 and lines[1].startswith("epoch 2/2  loss ")


def test_history_reads_well_and_is_kept_as_json(tmp_path):
    history = History(num_epochs=2, lr=0.1, device="cpu", seed=3)
    assert "还没有完成" in repr(history)
    history.add(1.5, 0.5, 0.6, seconds=2.0, images=100)
    history.add(1.0, 0.7, 0.8, seconds=3.0, images=100)
    assert history.images_per_second == 40
    for words in ("2/2", "1.000", "0.700", "0.800", "40 张图像/秒", "种子 3"):
        assert words in repr(history)
    record = json.loads(history.to_json(tmp_path / "run.json"))
    assert record == json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert record["test_acc"] == [0.6, 0.8] and record["seed"] == 3


def test_loading_time_counts(loaders):
    class Slow:
        def __iter__(self):
            timer = Timer()
            for batch in loaders[0]:
                while sum(timer.times) < 0.05:
                    timer.stop()
                    timer.start()
                timer.times.clear()
                yield batch

    history = train(relu_net(), (Slow(), loaders[1]))
    assert history.seconds[0] >= 0.05 * len(loaders[0])


def test_accumulator_and_timer():
    sums = Accumulator(2)
    sums.add(1, torch.tensor(2.0))
    sums.add(3, 4)
    assert (sums[0], sums[1]) == (4.0, 6.0)
    with pytest.raises(ValueError, match="2 个和，给了 1 个"):
        sums.add(1)
    sums.reset()
    assert sums[0] == 0
    timer = Timer()
    timer.times = [1.0, 2.0, 3.0]
    assert (timer.sum(), timer.avg(), timer.cumsum()) == (6.0, 2.0, [1.0, 3.0, 6.0])


def test_accuracy_of_scores_and_of_labels():
    y = torch.tensor([0, 1, 2])
    assert accuracy(torch.eye(3), y) == 3.0
    assert accuracy(torch.tensor([0, 1, 1]), y) == 2.0
    assert accuracy(torch.tensor([[0.0], [1.0], [2.0]]), y) == 3.0


@pytest.mark.parametrize("device", ["cuda:7", "gpu", "npu9"])
def test_a_device_that_does_not_exist(loaders, device):
    with pytest.raises(ValueError, match=f"device='{device}' 不能用，这台机器有 .*cpu"):
        train_ch6(relu_net(), *loaders, 1, 0.1, device)
    with pytest.raises(ValueError, match="不能用"):
        load_data_fashion_mnist(10, device=device, limit=100)


@pytest.mark.parametrize("labels", [torch.arange(5, 15), torch.arange(-1, 9)])
def test_labels_out_of_range(labels):
    loader = DataLoader(TensorDataset(torch.rand(10, 784), labels), batch_size=5)
    with pytest.raises(ValueError, match=r"标签从 .*，而网络只有 10 个输出"):
        train(relu_net(), (loader, loader))


def test_devices():
    assert try_gpu() == try_all_gpus()[0]
    assert try_gpu(99) == torch.device("cpu")
