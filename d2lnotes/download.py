"""Find Fashion-MNIST on this machine, or fetch it; every file is verified before use.

Looked at in order: the given folder (or ``$D2LNOTES_DATA``), the user cache, Debian's package
``dataset-fashion-mnist``. Then fetched: from torchvision's mirrors, or out of the Debian package.
Sources pack the same bytes differently, so the checksums are those of the unpacked files.

Source: Xiao, Rasul and Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine
learning algorithms", 2017 (MIT licence).
"""

import gzip
import hashlib
import http.client
import io
import os
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request
import zlib
from functools import partial
from pathlib import Path

SHA256 = {
    "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}
DEBIAN_PACKAGE = "dataset-fashion-mnist"
DEBIAN_FOLDER = Path("/usr/share/datasets/fashion-mnist")
LARGEST = 47_040_016  # bytes of the largest file
TIMEOUT = 20  # seconds that a server may stay silent
CHUNK = 1 << 18  # bytes


class DatasetError(RuntimeError):
    """The data could not be had: the message lists what was tried and what to do."""


class _CorruptError(Exception):
    """A file that does not hold the data set's bytes."""


# what a source may raise when it is down, refuses, or sends something else
_FAILURES = (_CorruptError, OSError, http.client.HTTPException, subprocess.SubprocessError)


def fashion_mnist_files(root=None):
    """Read the four files of Fashion-MNIST, fetching those that are missing or damaged.

    Args:
        root: Folder to look in first and to fetch into. Default: ``$D2LNOTES_DATA``, else the
            user cache.

    Returns:
        A dict from file name (without ``.gz``) to its unpacked bytes.

    Raises:
        DatasetError: If no source has a file.
    """
    root = root or os.environ.get("D2LNOTES_DATA")
    folders = [Path(root).expanduser()] if root else []
    folders += [user_cache(), DEBIAN_FOLDER]
    files = {name: _find(name, folders) for name in SHA256}
    missing = [name for name, content in files.items() if content is None]
    return files | _fetch(missing, folders) if missing else files


def write_raw(root):
    """Write the unpacked files to ``root/FashionMNIST/raw``, where torchvision and d2l look."""
    raw = Path(root, "FashionMNIST", "raw")
    raw.mkdir(parents=True, exist_ok=True)
    for name, content in fashion_mnist_files().items():
        (raw / name).write_bytes(content)


def user_cache():
    """Folder that downloads are kept in: ``$XDG_CACHE_HOME/d2lnotes`` or ``~/.cache/d2lnotes``."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "d2lnotes"


def _find(name, folders):
    for folder in folders:
        # torchvision and d2l keep their copies in FashionMNIST/raw
        for place in (folder, folder / "FashionMNIST" / "raw"):
            for path in (place / f"{name}.gz", place / name):
                try:
                    return _read_verified(path, name)
                except FileNotFoundError:
                    continue
                except (_CorruptError, OSError) as error:
                    print(f"不使用 {path}：{error}")
    return None


def _read_verified(path, name):
    content = path.read_bytes()
    try:
        if content.startswith(b"\x1f\x8b"):
            with gzip.open(io.BytesIO(content)) as file:
                content = file.read(LARGEST + 1)  # a gzip bomb must not fill the memory
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise _CorruptError(f"文件不完整或已损坏（{error}）") from None
    if hashlib.sha256(content).hexdigest() != SHA256[name]:
        raise _CorruptError("校验和不符，文件不完整或被改动过")
    return content


def _fetch(names, folders):
    """Put the named files into the first folder, each from the first source that has it."""
    target, files = folders[0], {}
    tried = [f"文件夹 {folder}：没有完好的文件" for folder in folders]
    for source, fetch in _sources():
        try:
            target.mkdir(parents=True, exist_ok=True)
            for name, part in fetch([n for n in names if n not in files], target):
                files[name] = _keep(part, name)
            return files
        except _FAILURES as error:
            tried.append(f"{source}：{error or type(error).__name__}")
    packed = [f"{name}.gz" for name in SHA256]
    raise DatasetError(
        "\n".join(
            [
                "无法取得 Fashion-MNIST 数据集。",
                "试过：",
                *(f"  - {line}" for line in tried),
                "怎么办（任选其一）：",
                "  - 联网后再运行一次，下载会从中断处继续；",
                f"  - 从别的电脑把这 4 个文件复制到 {target}：{'、'.join(packed)}；",
                "  - 文件已在别处：设置环境变量 D2LNOTES_DATA 指向那个文件夹；",
                f"  - Debian 或 Ubuntu：sudo apt install {DEBIAN_PACKAGE}。",
            ]
        )
    )


def _keep(part, name):
    """Verify a finished download and give it its name; a wrong one must not be resumed."""
    try:
        content = _read_verified(part, name)
    except _CorruptError:
        part.unlink()
        raise
    part.replace(part.with_name(f"{name}.gz"))
    return content


def _sources():
    """Pairs (name for messages, generator function of finished downloads)."""
    from torchvision.datasets import FashionMNIST

    for mirror in FashionMNIST.mirrors:
        yield f"镜像 {mirror}", partial(_from_mirror, mirror)
    yield f"Debian 软件包 {DEBIAN_PACKAGE}", _from_debian


def _from_mirror(mirror, names, folder):
    for name in names:
        part = folder / f"{name}.gz.part"
        _download(f"{mirror.rstrip('/')}/{name}.gz", part)
        yield name, part


def _download(url, part):
    """Fetch a URL, going on where an earlier try stopped."""
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        response = urllib.request.urlopen(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        if have and error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.unlink()  # it was whole, or another file: fetch it from the start
            return _download(url, part)
        raise
    with response:
        resumed = response.status == http.client.PARTIAL_CONTENT
        have = have if resumed else 0
        total = have + int(response.headers.get("Content-Length", 0))
        with part.open("ab" if resumed else "wb") as file:
            while chunk := response.read(CHUNK):
                have += file.write(chunk)
                print(f"\r{url.rsplit('/')[-1]}  {have / 1e6:.1f} / {total / 1e6:.1f} MB", end="")
    print()
    if total and have < total:
        raise OSError(f"连接中断，已收到 {have} / {total} 字节")


def _from_debian(names, folder):
    """Unpack the Debian package without installing it; needs no root."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise OSError("这台机器没有 apt-get，不是 Debian 或 Ubuntu")
    with tempfile.TemporaryDirectory() as scratch:
        try:
            _run("apt-get", "download", DEBIAN_PACKAGE, cwd=scratch)
        except OSError:  # no package lists yet: read them into the scratch folder, no root needed
            Path(scratch, "lists/partial").mkdir(parents=True)
            lists = ("-o", f"Dir::State::Lists={scratch}/lists", "-o", f"Dir::Cache={scratch}")
            _run("apt-get", *lists, "update")
            _run("apt-get", *lists, "download", DEBIAN_PACKAGE, cwd=scratch)
        package = next(Path(scratch).glob("*.deb"))
        _run("dpkg-deb", "-x", package, scratch)
        for name in names:
            part = folder / f"{name}.gz.part"
            shutil.copyfile(Path(scratch, DEBIAN_FOLDER.relative_to("/"), f"{name}.gz"), part)
            yield name, part


def _run(*command, cwd=None):
    result = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=600)
    if result.returncode:
        raise OSError((result.stderr.strip() or f"退出码 {result.returncode}").splitlines()[-1])
