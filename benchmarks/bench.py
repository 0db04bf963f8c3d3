"""Side by side with d2l and torch: every pair in turn, in one run, so that noise hits both.

    make bench            CPU
    make bench DEVICE=cuda

Writes benchmarks/results/DEVICE.json: medians, ratios and peak memory, with machine and versions.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from datetime import date
from importlib.metadata import version
from pathlib import Path

import torch
from torch.nn import functional as F

from d2lnotes import ops
from d2lnotes.data import load_data_fashion_mnist
from d2lnotes.download import write_raw
from d2lnotes.models import lenet
from d2lnotes.train import evaluate_accuracy_gpu, train_ch6

RESULTS = Path(__file__).parent / "results"
REPEATS = 3


def main():
    """Run all pairs and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--repeats", type=int, default=REPEATS)
    options = parser.parse_args()
    device = torch.device(options.device)
    warnings.filterwarnings("ignore", message="This DataLoader will create")
    d2l_data = give_d2l_the_data()
    pairs = [
        train_lenet(device, d2l_data),
        *(batches(side, device, d2l_data) for side in (28, 96, 224)),
        evaluate(device, d2l_data),
        by_hand("corr2d 28x28, 5x5", device, corr2d_pair),
        by_hand("conv2d im2col, LeNet layer 1", device, im2col_pair(1, 6, 28, 2)),
        by_hand("conv2d im2col, LeNet layer 2", device, im2col_pair(6, 16, 14, 0)),
        import_time(),
    ]
    rows = [measure(*pair, device, options.repeats) for pair in pairs]
    memory = loader_memory(device)
    report = {"machine": describe(device), "rows": rows, "loader_peak_mb": memory}
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(report, ensure_ascii=False, indent=1)
    (RESULTS / f"{device.type}.json").write_text(text + "\n", encoding="utf-8")
    print(table(rows))
    print(f"peak memory of an epoch of batches: {memory}")


def measure(name, other_name, ours, other, device, repeats):
    """Time both in turn; each runs once before, unmeasured."""
    seconds = {"ours": [], "other": []}
    for i in range(repeats + 1):
        for key, function in (("ours", ours), ("other", other)):
            start = time.perf_counter()
            function()
            if device.type == "cuda":
                torch.cuda.synchronize()
            if i > 0:
                seconds[key].append(time.perf_counter() - start)
    medians = {key: statistics.median(values) for key, values in seconds.items()}
    return {
        "name": name,
        "against": other_name,
        "seconds": medians["ours"],
        "other_seconds": medians["other"],
        "times_faster": medians["other"] / medians["ours"],
        "all": seconds,
    }


def give_d2l_the_data():
    """d2l reads ../data through torchvision; put the verified files there, out of the tree."""
    home = Path(tempfile.mkdtemp())
    write_raw(home / "data")
    (home / "work").mkdir()
    os.chdir(home / "work")
    from d2l import torch as d2l

    return d2l


def train_lenet(device, d2l):
    """Two epochs of LeNet with loading and evaluation."""

    def ours():
        loaders = load_data_fashion_mnist(256, device=device)
        train_ch6(lenet(), *loaders, 2, 0.9, device, plot=False, channels_last=True)

    def other():
        loaders = d2l.load_data_fashion_mnist(256)
        d2l.plt.close("all")
        d2l.train_ch6(lenet(), *loaders, 2, 0.9, device)

    return "train LeNet, 2 epochs, loading and evaluation", "d2l", ours, other


def batches(side, device, d2l):
    """20 480 training images in batches of 128, brought to the device."""
    resize = None if side == 28 else side
    loaders = {
        "ours": load_data_fashion_mnist(128, resize, device=device)[0],
        "d2l": d2l.load_data_fashion_mnist(128, resize)[0],
    }

    def draw(name):
        for i, (X, y) in enumerate(loaders[name]):
            X.to(device), y.to(device)
            if i == 159:
                break

    return f"batches of 128 at {side}", "d2l", lambda: draw("ours"), lambda: draw("d2l")


def evaluate(device, d2l):
    """Accuracy of LeNet on the test set."""
    net = lenet().to(device)
    ours, theirs = (
        load_data_fashion_mnist(256, device=device)[1],
        d2l.load_data_fashion_mnist(256)[1],
    )
    return (
        "evaluate LeNet on 10 000 images",
        "d2l",
        lambda: evaluate_accuracy_gpu(net, ours),
        lambda: d2l.evaluate_accuracy_gpu(net, theirs),
    )


def by_hand(name, device, pair):
    """A by-hand operator and torch's own."""
    ours, other = pair(device)
    return name, "F.conv2d", ours, other


def corr2d_pair(device):
    X, K = torch.rand(28, 28, device=device), torch.rand(5, 5, device=device)
    return lambda: ops.corr2d(X, K), lambda: F.conv2d(X[None, None], K[None, None])


def im2col_pair(c_in, c_out, side, padding):
    def pair(device):
        X = torch.rand(256, c_in, side, side, device=device)
        W = torch.rand(c_out, c_in, 5, 5, device=device)

        def repeat(function, **options):
            for _ in range(20):
                function(X, W, padding=padding, **options)

        return lambda: repeat(ops.conv2d, method="im2col"), lambda: repeat(F.conv2d)

    return pair


def import_time():
    """A fresh interpreter that imports d2lnotes after torch, and torch alone."""

    def start(code):
        subprocess.run([sys.executable, "-c", code], check=True)

    return (
        "import torch, d2lnotes",
        "import torch",
        lambda: start("import torch, d2lnotes"),
        lambda: start("import torch"),
    )


def loader_memory(device):
    """Peak memory (MB) of a fresh process that draws an epoch of batches, by image side."""
    code = (
        "import resource, sys, torch\n"
        "from d2lnotes.data import load_data_fashion_mnist\n"
        "side = int(sys.argv[1])\n"
        "for X, y in load_data_fashion_mnist(128, side, device=sys.argv[2])[0]: pass\n"
        "cuda = sys.argv[2].startswith('cuda')\n"
        "peak = torch.cuda.max_memory_allocated() / 1e6 if cuda else "
        "resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3\n"
        "print(round(peak))"
    )
    command = [sys.executable, "-c", code]
    return {
        side: int(subprocess.check_output([*command, str(side), str(device)], text=True))
        for side in (28, 96, 224)
    }


def describe(device):
    """Machine and versions."""
    gpu = torch.cuda.get_device_name(device) if device.type == "cuda" else None
    names = ("d2lnotes", "torch", "torchvision", "d2l", "numpy")
    return {
        "date": date.today().isoformat(),
        "processor": f"{platform.machine()}, {torch.get_num_threads()} threads",
        "gpu": gpu,
        "python": platform.python_version(),
        "versions": {name: version(name) for name in names},
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3),
    }


def table(rows):
    """The rows as text."""
    lines = [f"{'':46} {'ours':>10} {'other':>10} {'faster':>8}"]
    for row in rows:
        lines.append(
            f"{row['name']:46} {row['seconds']:9.4f}s {row['other_seconds']:9.4f}s "
            f"{row['times_faster']:7.2f}x  {row['against']}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
