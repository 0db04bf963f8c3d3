"""Packs the built book for a class without internet: `make zip`.

One zip with one folder: the site, its notebooks, the wheel of d2lnotes, the data, the licences, and
what lies in tools/offline. The notebooks are those that the site offers for download, so a site
without solutions gives a zip without them. The same sources give the same bytes.
"""

import gzip
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from d2lnotes.download import fashion_mnist_files

ROOT = Path(__file__).resolve().parents[1]
HTML = ROOT / "_build/html"
EXTRAS = ROOT / "tools/offline"
TOP = "cnn-book"  # ASCII, like all names here: every system unpacks it as it is
ANSWER = "答案</summary>"  # sphinx_ext/solutions.py takes blocks with this out
PACKAGE = ("d2lnotes", "results")  # folders that the wheel is made of
PACKED = {".gz", ".whl", ".woff", ".woff2", ".png"}  # deflating these again gains nothing


def make_zip(html: Path, folder: Path) -> Path:
    """Packs a built site with everything that its notebooks need.

    Args:
        html: The built site.
        folder: Where to write the zip; its name says whether it holds answers.

    Returns:
        The zip.
    """
    sources = html / "_sources"
    texts = (file.read_text(encoding="utf-8") for file in sources.rglob("*") if file.is_file())
    target = folder / (f"{TOP}.zip" if any(ANSWER in t for t in texts) else f"{TOP}-no-answers.zip")
    part = target.with_suffix(".part")
    with zipfile.ZipFile(part, "w") as archive:
        for name, content in sorted(contents(html)):
            # no date of its own, so that it is 1980 everywhere
            entry = zipfile.ZipInfo(f"{TOP}/{name}")
            entry.external_attr = 0o644 << 16  # else nobody may read it
            packed = Path(name).suffix in PACKED
            method = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
            archive.writestr(entry, content, method)
    part.replace(target)
    return target


def contents(html: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of the zip: its name below the top folder, and its bytes."""
    yield from _folder(EXTRAS)
    yield from _folder(html, "site/")
    yield from _folder(html / "_sources", "notebooks/")
    yield "LICENSE.txt", _for_notepad((ROOT / "LICENSE").read_bytes())
    for name, content in fashion_mnist_files().items():  # verified
        yield f"data/{name}.gz", gzip.compress(content, 6, mtime=0)  # 9: ten times as long for 1 %
    yield _wheel()


def _folder(folder: Path, prefix: str = "") -> Iterator[tuple[str, bytes]]:
    for file in folder.rglob("*"):
        name = file.relative_to(folder).as_posix()
        if file.is_file() and not name.startswith(".") and "__pycache__" not in name:
            content = file.read_bytes()
            ours = folder == EXTRAS and file.suffix == ".txt"
            yield prefix + name, _for_notepad(content) if ours else content


def _for_notepad(text: bytes) -> bytes:
    """Text as old Windows editors read it."""
    return text.decode("utf-8").replace("\n", "\r\n").encode("utf-8-sig")


def _wheel() -> tuple[str, bytes]:
    """The wheel of d2lnotes, built with what is installed; nothing is fetched."""
    with tempfile.TemporaryDirectory() as scratch:  # a build leaves files beside its sources
        source = Path(scratch, "source")
        for name in PACKAGE:
            ignored = shutil.ignore_patterns("__pycache__", ".*")
            shutil.copytree(ROOT / name, source / name, ignore=ignored)
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, source)
        command = [sys.executable, "-m", "pip", "wheel", "--no-index", "--no-deps"]
        command += ["--no-build-isolation", "-w", scratch, str(source)]
        dates = os.environ | {"SOURCE_DATE_EPOCH": "315532800"}  # 1980, as above
        build = subprocess.run(command, env=dates, capture_output=True, text=True)
        if build.returncode:
            raise RuntimeError(f"d2lnotes 的安装包没有做成：\n{build.stdout}{build.stderr}")
        wheel = next(Path(scratch).glob("*.whl"))
        return f"wheels/{wheel.name}", wheel.read_bytes()


def main() -> int:
    """Packs _build/html into _build; says how large it is and what is largest."""
    if not (HTML / "search.html").is_file():
        print("没有建好的网站：请先运行 make book", file=sys.stderr)
        return 1
    target = make_zip(HTML, HTML.parent)
    sizes: dict[str, int] = {}
    with zipfile.ZipFile(target) as archive:
        for entry in archive.infolist():
            part = "/".join(entry.filename.split("/")[1:2])
            sizes[part] = sizes.get(part, 0) + entry.compress_size
    largest = sorted(sizes.items(), key=lambda item: -item[1])[:4]
    print(f"{target.relative_to(ROOT)}：{target.stat().st_size / 1e6:.1f} MB，其中", end=" ")
    print("，".join(f"{name} {size / 1e6:.1f} MB" for name, size in largest))
    return 0


if __name__ == "__main__":
    sys.exit(main())
