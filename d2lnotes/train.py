"""The teaching loop: train an image classifier and measure it honestly."""

import math
import time
from dataclasses import asdict, dataclass
from functools import partial
from operator import index
from pathlib import Path

import torch
from torch import nn
from torch.nn.modules.lazy import LazyModuleMixin

from .checkpoint import CheckpointError, check_same, load_checkpoint, save_checkpoint
from .devices import as_device, try_all_gpus, try_gpu
from .distributed import parallel, rank_and_size, share_of, total
from .history import History
from .meters import Accumulator, Timer
from .modes import modes_kept
from .plot import TrainingCurve

INITS = {
    "xavier": nn.init.xavier_uniform_,
    # the logistic function's slope is at most 1/4
    "xavier_sigmoid": partial(nn.init.xavier_uniform_, gain=4),
    "kaiming": partial(nn.init.kaiming_uniform_, nonlinearity="relu"),
}

__all__ = [
    "Accumulator",
    "History",
    "Timer",
    "accuracy",
    "evaluate_accuracy_gpu",
    "train_ch6",
    "try_all_gpus",
    "try_gpu",
]


def train_ch6(
    net,
    train_iter,
    test_iter,
    num_epochs,
    lr,
    device=None,
    *,
    init="xavier",
    optimizer=None,
    scheduler=None,
    seed=None,
    checkpoint=None,
    plot=True,
    amp=None,
    channels_last=False,
    compile=False,
):
    """Train a classifier with minibatch gradient descent and cross-entropy.

    Args:
        net: Module from images ``(N, C, H, W)`` to scores ``(N, classes)``; trained in place.
            Lazy layers are welcome.
        train_iter: Batches ``(X, y)``: a :class:`~d2lnotes.data.DeviceLoader` or a ``DataLoader``.
        test_iter: Batches to measure accuracy on after every epoch.
        num_epochs: Passes over ``train_iter``.
        lr: Learning rate.
        device: Device to train on; the best one of this machine unless given.
        init: ``'xavier'`` draws all weights anew, Xavier-uniform in dense and convolution layers;
            ``'xavier_sigmoid'`` four times as large, for nets with the logistic function;
            ``'kaiming'`` Kaiming-uniform, for nets with ReLU; ``None`` goes on from the weights
            the net has; a function is applied to each module.
        optimizer: Called as ``optimizer(net.parameters(), lr=lr)``; plain SGD unless given.
        scheduler: Called as ``scheduler(optimizer)``; its ``step()`` follows every batch.
        seed: Seed of torch's global generator, set first; makes a run repeatable. Needed under
            ``torchrun``, where every process trains on its share of each batch.
        checkpoint: File that keeps the state after every epoch; if it exists, training goes on
            from it, as if it had never stopped. Random numbers of Python and numpy, and of a
            sampler's own generator, are not kept.
        plot: Draw the curves while training (in a notebook), one line an epoch elsewhere.
        amp: ``torch.bfloat16`` or ``torch.float16`` to compute in that precision where it is safe.
        channels_last: Keep images and kernels with the channels innermost, which convolutions
            compute faster; the net must not ``view`` its images flat.
        compile: Compile the forward pass with ``torch.compile``; pays off on CUDA.

    Returns:
        A :class:`History`. After an interrupt (Ctrl-C) it holds the finished epochs.

    Raises:
        ValueError: If a loader is empty, labels do not fit, or the net's output is not
            ``(N, classes)``.
        FloatingPointError: If the loss becomes NaN or infinite.
        CheckpointError: If the checkpoint cannot be written or read, or is another run's.
    """
    num_epochs, lr, seed = _plain_numbers(num_epochs, lr, seed)
    for name, batches in (("train_iter", train_iter), ("test_iter", test_iter)):
        _check_batches(name, batches)
    for name, function in (("optimizer", optimizer), ("scheduler", scheduler)):
        if function is not None and not callable(function):
            raise TypeError(
                f"{name} 应是一个类或函数，例如 torch.optim.Adam，而不是 {type(function).__name__}"
            )
    device = as_device(device)
    rank, processes = rank_and_size()
    if processes > 1 and (seed is None or _generator(train_iter) is None):
        raise ValueError(
            "多个进程一起训练时，train_ch6 和数据都必须设 seed：各进程要取到相同的小批量"
        )
    _give_shapes(net, test_iter, device)
    if seed is not None:
        torch.manual_seed(seed)
    initialize(net, init)
    net.to(device, memory_format=_memory_format(channels_last))
    optimizer = (optimizer or torch.optim.SGD)(net.parameters(), lr=lr)
    run = Run(
        net=net,
        forward=torch.compile(parallel(net, device)) if compile else parallel(net, device),
        train_iter=train_iter,
        optimizer=optimizer,
        scheduler=scheduler(optimizer) if scheduler else None,
        scaler=torch.amp.GradScaler(device.type, enabled=amp is torch.float16),
        history=History(num_epochs=num_epochs, lr=lr, device=_device_name(device), seed=seed),
        device=device,
        amp=amp,
        channels_last=channels_last,
    )
    checkpoint = None if checkpoint is None else Path(checkpoint).expanduser()
    if checkpoint is not None and checkpoint.exists():
        run.load(checkpoint)
    history = run.history
    curve = TrainingCurve(history) if plot and rank == 0 else None
    with modes_kept(net):
        try:
            while history.epochs < num_epochs:
                start = time.perf_counter()
                loss, train_acc, images = train_epoch(run)
                seconds = time.perf_counter() - start  # the sums waited for the last batch
                _check_finite(loss, history)
                test_acc = evaluate_accuracy_gpu(net, test_iter, device)
                history.add(loss, train_acc, test_acc, seconds, images)
                if checkpoint is not None and rank == 0:
                    run.save(checkpoint)
                if curve:
                    curve.update()
        except KeyboardInterrupt:
            history.interrupted = True
            print(f"已中断：保留前 {history.epochs} 个迭代周期的结果，网络停在中断时的权重")
    return history


def _plain_numbers(num_epochs, lr, seed):
    """Numbers of Python: numpy's could be trained with, but not be kept in a checkpoint."""
    if isinstance(num_epochs, bool) or not hasattr(num_epochs, "__index__"):
        raise TypeError(f"num_epochs={num_epochs!r} 无效：请给整数")
    if index(num_epochs) < 1:
        raise ValueError(f"num_epochs={num_epochs} 无效：至少训练 1 个迭代周期")
    return index(num_epochs), float(lr), None if seed is None else index(seed)


def _check_batches(name, batches):
    if hasattr(batches, "__next__"):
        raise TypeError(f"{name} 只能走一遍：请给 DataLoader 或列表，而不是 iter(...) 或生成器")
    if hasattr(batches, "__len__") and not len(batches):
        raise ValueError(f"{name} 是空的：一个小批量也没有")


def _give_shapes(net, batches, device):
    """Run one batch through a net with lazy layers: without shapes they have no weights to draw."""
    lazy = (module for module in net.modules() if isinstance(module, LazyModuleMixin))
    if any(module.has_uninitialized_params() for module in lazy):
        X, _ = next(iter(batches))
        with modes_kept(net), torch.no_grad():
            net.to(device).eval()(X.to(device))


def _generator(batches):
    """The generator that decides a loader's order, or None if torch's global one does."""
    return getattr(batches, "generator", None)


def _memory_format(channels_last):
    return torch.channels_last if channels_last else torch.preserve_format


def initialize(net, init):
    """Set a net's weights; ``init`` as in :func:`train_ch6`."""
    if init is None:
        return
    if callable(init):
        net.apply(init)
        return
    if init not in INITS:
        names = "、".join(map(repr, INITS))
        raise ValueError(f"init={init!r} 无效：请给 {names}、None 或一个函数")
    for module in net.modules():
        # biases and batch-norm parameters too, so that a seed decides every one of them
        if hasattr(module, "reset_parameters"):
            module.reset_parameters()
        if isinstance(module, (nn.Linear, nn.Conv2d)):
            INITS[init](module.weight)


@dataclass
class Run:
    """Everything that changes while a net trains, and how to keep it on disk."""

    net: nn.Module
    forward: nn.Module
    train_iter: object
    optimizer: torch.optim.Optimizer
    scheduler: object
    scaler: torch.amp.GradScaler
    history: History
    device: torch.device
    amp: torch.dtype | None
    channels_last: bool

    def to_device(self, X):
        """Bring images ``(N, C, H, W)``, or other inputs, to the device."""
        memory_format = _memory_format(self.channels_last and X.dim() == 4)
        return X.to(self.device, non_blocking=True, memory_format=memory_format)

    def save(self, path):
        """Write the state after a finished epoch."""
        save_checkpoint(
            path,
            {
                "settings": self._settings(),
                "shapes": self._shapes(),
                "history": asdict(self.history),
                "random": self._random_states(),
                **{name: part.state_dict() for name, part in self._parts().items()},
            },
        )

    def load(self, path):
        """Go on from a state, if it is of this net and these settings."""
        state = load_checkpoint(path)
        try:
            self._restore(path, state)
        except CheckpointError:
            raise
        except (KeyError, RuntimeError, TypeError, ValueError) as error:
            raise CheckpointError(
                f"检查点 {path} 的内容对不上，多半是另一个版本的 d2lnotes 或 torch 写的："
                f"请换一个文件名，或删除它从头训练（{type(error).__name__}: {error}）"
            ) from error

    def _restore(self, path, state):
        check_same(path, "层", state["shapes"], self._shapes())
        check_same(path, "设置", state["settings"], self._settings())
        done = len(state["history"]["train_loss"])
        if done > self.history.num_epochs:
            raise CheckpointError(
                f"检查点 {path} 已训练 {done} 个迭代周期，多于现在要的 {self.history.num_epochs} 个"
            )
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        self.history.resume(state["history"])
        torch.set_rng_state(state["random"]["cpu"])
        if self.device.type == "cuda" and "cuda" in state["random"]:
            torch.cuda.set_rng_state(state["random"]["cuda"], self.device)
        if "loader" in state["random"]:
            _generator(self.train_iter).set_state(state["random"]["loader"])

    def _parts(self):
        parts = {"net": self.net, "optimizer": self.optimizer, "scaler": self.scaler}
        return parts | ({"scheduler": self.scheduler} if self.scheduler else {})

    def _shapes(self):
        tensors = self.net.state_dict().items()
        return {name: list(value.shape) for name, value in tensors if hasattr(value, "shape")}

    def _settings(self):
        return {
            "lr": self.history.lr,
            "seed": self.history.seed,
            "optimizer": type(self.optimizer).__name__,
            **{f"optimizer.{name}": str(v) for name, v in self.optimizer.defaults.items()},
            "scheduler": type(self.scheduler).__name__,
            "scheduler.total_steps": getattr(self.scheduler, "total_steps", None),
            "amp": str(self.amp),
            "batch_size": getattr(self.train_iter, "batch_size", None),
            "batches": len(self.train_iter) if hasattr(self.train_iter, "__len__") else None,
            "own generator": _generator(self.train_iter) is not None,
        }

    def _random_states(self):
        states = {"cpu": torch.get_rng_state()}
        if self.device.type == "cuda":
            states["cuda"] = torch.cuda.get_rng_state(self.device)
        if generator := _generator(self.train_iter):
            states["loader"] = generator.get_state()
        return states


def train_epoch(run):
    """One pass over the training data; returns mean loss, accuracy and the number of images."""
    device, optimizer, scaler = run.device, run.optimizer, run.scaler
    run.forward.train()
    # sums stay on the device: reading a number would make the CPU wait for every batch
    sums = torch.zeros(2, device=device)
    images, processes = 0, rank_and_size()[1]
    for X, y, count in share_of(run.train_iter):
        X, y = run.to_device(X), as_labels(y).to(device, non_blocking=True)
        optimizer.zero_grad()
        with torch.autocast(device.type, dtype=run.amp, enabled=run.amp is not None):
            y_hat = run.forward(X)
            check_scores(y_hat, y)
            if not images and not run.history.epochs and len(y):
                check_labels(y_hat, y)
            loss = _cross_entropy(y_hat, y)
        scaler.scale(loss * processes / count).backward()
        scaler.step(optimizer)
        scaler.update()
        if run.scheduler:
            run.scheduler.step()
        with torch.no_grad():
            sums += torch.stack([loss.float(), _hits(y_hat, y)])
        images += count
    if not images:
        raise ValueError("train_iter 是空的：一个小批量也没有")
    loss, train_acc = (total(sums) / images).tolist()
    return loss, train_acc, images


def _cross_entropy(y_hat, y):
    """Summed over the batch, so that shares of a batch add up."""
    try:
        return nn.functional.cross_entropy(y_hat, y, reduction="sum")
    except IndexError:  # the CPU's answer to a label without a score
        check_labels(y_hat, y)
        raise


def as_labels(y):
    """Class numbers as cross-entropy wants them."""
    if y.dim() != 1 or y.is_floating_point():
        raise ValueError(
            f"标签的形状是 {tuple(y.shape)}、类型是 {y.dtype}：应是一维的整数，每张图像一个"
        )
    return y.long()


def check_scores(y_hat, y):
    """Refuse scores whose shape does not fit the labels."""
    if y_hat.dim() != 2 or len(y_hat) != len(y):
        raise ValueError(
            f"网络的输出形状是 {tuple(y_hat.shape)}，应是（{len(y)}, 类别数）："
            "最后一层之前是否少了 nn.Flatten？"
        )


def check_labels(y_hat, y):
    """Refuse labels without a score, which CUDA would answer with a crash; waits for the device."""
    low, high = y.min().item(), y.max().item()
    if low < 0 or high >= y_hat.shape[1]:
        raise ValueError(
            f"标签从 {low} 到 {high}，而网络只有 {y_hat.shape[1]} 个输出："
            f"标签应在 0 到 {y_hat.shape[1] - 1} 之间"
        )


def _hits(y_hat, y):
    return (y_hat.argmax(dim=1) == y).sum()


def _check_finite(loss, history):
    if not math.isfinite(loss):
        raise FloatingPointError(
            f"第 {history.epochs + 1} 个迭代周期的损失是 {loss}，训练发散了："
            f"请减小学习率（现在 lr={history.lr}），或检查输入里有没有 NaN"
        )


def _device_name(device):
    return torch.cuda.get_device_name(device) if device.type == "cuda" else str(device)


def evaluate_accuracy_gpu(net, data_iter, device=None):
    """Fraction of right predictions, in evaluation mode; the net's mode is put back afterwards.

    Args:
        net: Module (or function) from inputs to scores ``(N, classes)``.
        data_iter: Batches ``(X, y)``; X may be a list of inputs.
        device: Where to compute; where the net's parameters are, unless given.

    Returns:
        Accuracy, a float from 0 to 1.

    Raises:
        ValueError: If ``data_iter`` is empty, or labels and scores do not fit.
    """
    is_module = isinstance(net, nn.Module)
    if device is None and is_module:
        device = next((p.device for p in net.parameters()), None)
    hits, images = 0, 0
    with modes_kept(net), torch.no_grad():
        if is_module:
            net.eval()
        for X, y in data_iter:
            X = [x.to(device) for x in X] if isinstance(X, list) else X.to(device)
            y = as_labels(y).to(device)
            y_hat = net(X)
            check_scores(y_hat, y)
            if not images:
                check_labels(y_hat, y)
            hits = hits + _hits(y_hat, y)
            images += len(y)
    if not images:
        raise ValueError("data_iter 是空的：没有样本，无法计算精度")
    return float(hits) / images


def accuracy(y_hat, y):
    """Number of right predictions, a float; ``y_hat`` holds scores ``(N, classes)`` or labels."""
    if y_hat.dim() > 1 and y_hat.shape[1] > 1:
        y_hat = y_hat.argmax(dim=1)
    return float((y_hat.reshape(y.shape).to(y.dtype) == y).sum())
