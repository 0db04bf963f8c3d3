"""Where the data comes from: every source, and what happens when it lies or breaks off."""

import gzip
import hashlib
import http.server
import threading
from typing import ClassVar

import pytest

from d2lnotes import download
from d2lnotes.__main__ import main

CONTENTS = {name: name.encode() * 5000 for name in download.SHA256}
FIRST = "train-images-idx3-ubyte"


@pytest.fixture
def world(tmp_path, monkeypatch):
    """Small files in place of the real ones, empty folders, and no source that answers."""
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in CONTENTS.items()}
    monkeypatch.setattr(download, "SHA256", sums)
    monkeypatch.setattr(download, "DEBIAN_FOLDER", tmp_path / "debian")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("D2LNOTES_DATA", raising=False)
    use_sources(monkeypatch)
    return tmp_path


def use_sources(monkeypatch, *sources):
    monkeypatch.setattr(download, "_sources", lambda: iter(sources))


def fill(folder, packed=True):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in CONTENTS.items():
        if packed:
            (folder / f"{name}.gz").write_bytes(gzip.compress(content))
        else:
            (folder / name).write_bytes(content)


@pytest.fixture
def mirror(tmp_path):
    """A real web server that knows byte ranges, and can be told to break off or to lie."""

    class Handler(http.server.BaseHTTPRequestHandler):
        requests: ClassVar[list] = []
        cut = None
        lie = False

        def do_GET(self):
            name = self.path.strip("/").removesuffix(".gz")
            body = gzip.compress(CONTENTS[name], mtime=0)
            start = int((self.headers.get("Range") or "bytes=0-")[6:-1])
            if start >= len(body):
                self.send_error(416)
                return
            type(self).requests.append((name, start))
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(body) - start))
            self.end_headers()
            body = b"<html>" + body[6:] if self.lie else body
            self.wfile.write(body[start : self.cut])

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Handler.source = (
        "镜像",
        lambda names, folder: download._from_mirror(
            f"http://127.0.0.1:{server.server_port}/", names, folder
        ),
    )
    yield Handler
    server.shutdown()


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("place", ["", "FashionMNIST/raw"])
def test_found_in_the_readers_folder(world, packed, place):
    fill(world / "mine" / place, packed)
    assert download.fashion_mnist_files(world / "mine") == CONTENTS


def test_found_by_environment_variable_in_the_cache_and_in_debians_folder(world, monkeypatch):
    fill(world / "debian")
    assert download.fashion_mnist_files() == CONTENTS
    fill(world / "cache/d2lnotes")
    (world / "debian").rename(world / "gone")
    assert download.fashion_mnist_files() == CONTENTS
    (world / "cache").rename(world / "gone2")
    monkeypatch.setenv("D2LNOTES_DATA", str(world / "gone"))
    assert download.fashion_mnist_files() == CONTENTS


def test_fetched_once_then_found(world, monkeypatch, mirror):
    use_sources(monkeypatch, mirror.source)
    assert download.fashion_mnist_files() == CONTENTS
    assert len(mirror.requests) == 4
    assert download.fashion_mnist_files() == CONTENTS
    assert len(mirror.requests) == 4
    files = sorted(path.name for path in (world / "cache/d2lnotes").iterdir())
    assert files == sorted(f"{name}.gz" for name in CONTENTS)


@pytest.mark.parametrize("damage", ["truncated", "altered", "swapped"])
def test_a_damaged_file_is_named_and_fetched_again(world, monkeypatch, mirror, capsys, damage):
    fill(world / "mine")
    path = world / "mine" / f"{FIRST}.gz"
    good = path.read_bytes()
    bad = {
        "truncated": good[:-20],
        "altered": gzip.compress(CONTENTS[FIRST][:-1] + b"!"),
        "swapped": gzip.compress(b"another file"),
    }[damage]
    path.write_bytes(bad)
    use_sources(monkeypatch, mirror.source)
    assert download.fashion_mnist_files(world / "mine") == CONTENTS
    assert str(path) in capsys.readouterr().out
    assert [name for name, _ in mirror.requests] == [FIRST]
    assert gzip.decompress(path.read_bytes()) == CONTENTS[FIRST]


def test_a_broken_download_goes_on_where_it_stopped(world, monkeypatch, mirror):
    use_sources(monkeypatch, mirror.source)
    mirror.cut = 40
    with pytest.raises(download.DatasetError, match="连接中断"):
        download.fashion_mnist_files()
    folder = world / "cache/d2lnotes"
    assert [path.name for path in folder.iterdir()] == [f"{FIRST}.gz.part"]
    mirror.cut = None
    assert download.fashion_mnist_files() == CONTENTS
    assert (FIRST, 40) in mirror.requests


def test_a_whole_part_is_fetched_again_rather_than_refused_for_ever(world, monkeypatch, mirror):
    use_sources(monkeypatch, mirror.source)
    folder = world / "cache/d2lnotes"
    folder.mkdir(parents=True)
    (folder / f"{FIRST}.gz.part").write_bytes(gzip.compress(CONTENTS[FIRST], mtime=0))
    assert download.fashion_mnist_files() == CONTENTS


def test_a_gzip_bomb_is_a_damaged_file(world, monkeypatch, capsys):
    monkeypatch.setattr(download, "LARGEST", 200_000)
    fill(world / "mine")
    (world / "mine" / f"{FIRST}.gz").write_bytes(gzip.compress(bytes(10_000_000)))
    with pytest.raises(download.DatasetError):
        download.fashion_mnist_files(world / "mine")
    assert "校验和不符" in capsys.readouterr().out


def test_a_lying_mirror_is_passed_over_for_the_next_source(world, monkeypatch, mirror):
    def package(names, folder):
        for name in names:
            part = folder / f"{name}.gz.part"
            part.write_bytes(gzip.compress(CONTENTS[name]))
            yield name, part

    use_sources(monkeypatch, mirror.source, ("软件包", package))
    mirror.lie = True
    assert download.fashion_mnist_files() == CONTENTS
    assert not list((world / "cache/d2lnotes").glob("*.part"))


def test_without_any_source_the_error_lists_what_was_tried(world, monkeypatch, capsys):
    def dead(names, folder):
        raise OSError("Network is unreachable")
        yield

    use_sources(monkeypatch, ("镜像 http://example.invalid", dead), ("Debian 软件包", dead))
    with pytest.raises(download.DatasetError) as error:
        download.fashion_mnist_files(world / "mine")
    for words in ("example.invalid", "Debian 软件包", "Network is unreachable", "D2LNOTES_DATA"):
        assert words in str(error.value)
    for folder in ("mine", "cache", "debian"):
        assert str(world / folder) in str(error.value)
    assert not list(world.rglob("*.part"))
    assert main(["data", "--root", str(world / "mine")]) == 1
    assert "example.invalid" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_said(world, monkeypatch, mirror):
    (world / "file").write_text("not a folder")
    use_sources(monkeypatch, mirror.source)
    with pytest.raises(download.DatasetError, match="file"):
        download.fashion_mnist_files(world / "file")


def test_the_real_files_are_whole():
    files = download.fashion_mnist_files()
    assert [len(content) for content in files.values()] == [47_040_016, 60_008, 7_840_016, 10_008]
