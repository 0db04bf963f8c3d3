"""The record of a training run."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass
class History:
    """What a training run did: curves by epoch, final figures, how it was run.

    Attributes:
        num_epochs: Epochs asked for.
        lr: Learning rate.
        device: Device name.
        seed: Seed, or None if none was set.
        train_loss: Mean cross-entropy (nats) of each epoch, while it trained.
        train_acc: Training accuracy of each epoch, while it trained.
        test_acc: Test accuracy after each epoch.
        seconds: Training time of each epoch, with loading, without evaluation.
        images: Training images per epoch.
        interrupted: Whether Ctrl-C ended it.
    """

    num_epochs: int
    lr: float
    device: str
    seed: int | None = None
    train_loss: list[float] = field(default_factory=list)
    train_acc: list[float] = field(default_factory=list)
    test_acc: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    images: int = 0
    interrupted: bool = False

    def add(self, train_loss, train_acc, test_acc, seconds, images):
        """Append one epoch."""
        self.train_loss.append(train_loss)
        self.train_acc.append(train_acc)
        self.test_acc.append(test_acc)
        self.seconds.append(seconds)
        self.images = images

    def resume(self, record):
        """Take over the finished epochs of a saved record."""
        for name in ("train_loss", "train_acc", "test_acc", "seconds"):
            setattr(self, name, list(record[name]))
        self.images = record["images"]

    @property
    def epochs(self):
        """Finished epochs."""
        return len(self.train_loss)

    @property
    def images_per_second(self):
        """Training images per second, loading included, over all epochs."""
        return self.images * self.epochs / sum(self.seconds) if self.epochs else 0.0

    def to_json(self, path=None):
        """The record as a JSON text, written to ``path`` too if one is given."""
        text = json.dumps(asdict(self), ensure_ascii=False, indent=1)
        if path is not None:
            Path(path).write_text(text + "\n", encoding="utf-8")
        return text

    def plot(self):
        """Draw the curves; returns the axes."""
        from .plot import plot_history  # a record needs no matplotlib

        return plot_history(self)

    def __repr__(self):
        if not self.epochs:
            return "History(还没有完成一个迭代周期)"
        return (
            f"{self.epochs}/{self.num_epochs} 个迭代周期：训练损失 {self.train_loss[-1]:.3f}，"
            f"训练精度 {self.train_acc[-1]:.3f}，测试精度 {self.test_acc[-1]:.3f}\n"
            f"{self.images_per_second:,.0f} 张图像/秒（含取数据），"
            f"设备 {self.device}，学习率 {self.lr}，种子 {self.seed}"
        )
