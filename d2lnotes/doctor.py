"""What this machine has and lacks for the book, and what to do about it."""

import importlib.metadata
import platform

from .download import DatasetError, fashion_mnist_files

PACKAGES = ("torch", "torchvision", "numpy", "matplotlib", "ipywidgets", "anywidget")


def examine(root=None):
    """Print one line a finding, with the way out where something is missing.

    Args:
        root: Folder with the data.

    Returns:
        Number of things that are missing.
    """
    findings = [_python(), *map(_package, PACKAGES), _d2l(), _device(), _data(root)]
    for found, text in findings:
        print("✓" if found else "✗", text)
    missing = sum(not found for found, _ in findings)
    print("一切就绪" if not missing else f"缺 {missing} 项：请照上面的说明补上")
    return missing


def _python():
    return True, f"Python {platform.python_version()}"  # an older one cannot import d2lnotes


def _package(name):
    try:
        return True, f"{name} {importlib.metadata.version(name)}"
    except importlib.metadata.PackageNotFoundError:
        return False, f"没有 {name}：请运行 pip install {name}"


def _d2l():
    try:
        version = importlib.metadata.version("d2l")
    except importlib.metadata.PackageNotFoundError:
        return True, "没有 d2l（不是必需的；要用时 pip install --no-deps d2l==1.0.3）"
    return True, f"d2l {version}（可与 d2lnotes 并用）"


def _device():
    try:
        import torch

        from .devices import try_all_gpus
    except ImportError as error:
        return False, f"torch 不能用：{error}"
    devices = try_all_gpus()
    if devices[0].type == "cuda":
        names = "、".join(torch.cuda.get_device_name(device) for device in devices)
        return True, f"GPU：{names}"
    if devices[0].type == "cpu":
        return True, f"没有 GPU，用 CPU 训练（{torch.get_num_threads()} 个线程）"
    return True, f"加速设备：{devices[0]}"


def _data(root):
    try:
        files = fashion_mnist_files(root)
    except DatasetError as error:
        return False, str(error)
    except ImportError as error:  # torchvision, which knows the mirrors
        return False, f"没有完好的 Fashion-MNIST，也下载不了：{error}"
    return True, f"Fashion-MNIST：{len(files)} 个文件齐全，校验和正确"
