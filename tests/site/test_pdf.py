"""The book as a PDF: `python tools/pdf.py`, for two pages."""

import os
import subprocess
import sys
from pathlib import Path

import matplotlib
import pytest
from pypdf import PdfReader

from conftest import ROOT

PAGES = ["intro", "chapters/convolution/pooling"]


def print_pdf(*arguments: object, **variables: str) -> subprocess.CompletedProcess:
    """Runs the tool."""
    return subprocess.run(
        [sys.executable, ROOT / "tools/pdf.py", *map(str, arguments)],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


@pytest.fixture(scope="module")
def printed(html, tmp_path_factory: pytest.TempPathFactory) -> tuple[PdfReader, str]:
    """The PDF, and what the tool said."""
    target = tmp_path_factory.mktemp("pdf") / "book.pdf"
    done = print_pdf(*PAGES, "-o", target)
    assert done.returncode == 0, done.stderr
    return PdfReader(target), done.stdout


@pytest.fixture(scope="module")
def texts(printed) -> list[str]:
    """What the first pages say, as a viewer searches them."""
    return [page.extract_text() for page in printed[0].pages[:6]]


def titles(outline: list, depth: int = 0) -> list[tuple[int, str]]:
    """The bookmarks, each with its depth."""
    found = []
    for item in outline:
        if isinstance(item, list):
            found += titles(item, depth + 1)
        else:
            found.append((depth, item.title))
    return found


def links(reader: PdfReader, page: int) -> list[dict]:
    """The links of a page."""
    return [note.get_object() for note in reader.pages[page].get("/Annots", [])]


def test_text_is_chinese(printed, texts) -> None:
    reader, said = printed
    text = "".join(texts)
    assert "明白池化没有参数，逐通道进行" in text
    assert not [char for char in text if 0x2E80 <= ord(char) <= 0x2FDF]  # radicals: no search finds
    assert "2/2 池化" in said
    assert reader.metadata.title == "卷积与经典卷积神经网络"


def test_bookmarks_and_page_numbers(printed, texts) -> None:
    reader, _ = printed
    marks = titles(reader.outline)
    assert marks[0] == (0, "卷积与经典卷积神经网络")
    assert (0, "第一部分 卷积") in marks
    assert (1, "池化：不在乎差一个像素") in marks
    assert {(2, "练习"), (2, "参考答案"), (3, "把旋钮都放在一起")} <= set(marks)
    assert reader.page_labels[:6] == ["i", "ii", "1", "2", "3", "4"]
    for label, text in list(zip(reader.page_labels, texts, strict=False))[1:]:
        assert label in text.split()


def test_links_stay_in_the_book(printed) -> None:
    reader, _ = printed
    contents = links(reader, reader.page_labels.index("1") - 1)
    listed = [depth for depth, _ in titles(reader.outline) if depth < 3]  # no sections of sections
    assert len(contents) == len(listed) - 1  # the name of a part is no link
    assert all("/Dest" in link for link in contents)
    every = [link for n in range(len(reader.pages)) for link in links(reader, n)]
    addresses = [link["/A"]["/URI"] for link in every if "/A" in link]
    assert addresses
    assert all(address.startswith("https://") for address in addresses)


def test_structure(printed) -> None:
    """Headings, tables and pictures with words for them, for who listens to the book."""
    reader, _ = printed
    root = reader.root_object["/StructTreeRoot"]
    kinds, words, queue = set(), [], [root["/K"]]
    while queue:
        node = queue.pop().get_object()
        if isinstance(node, list):
            queue += node
        elif isinstance(node, dict) and "/S" in node:
            kinds.add(node["/S"])
            words.append(node.get("/Alt", ""))
            queue.append(node.get("/K", []))
    assert {"/H1", "/H2", "/P", "/Code", "/Figure", "/Link"} <= kinds
    assert any(word.startswith("池化演示 nn.MaxPool2d") for word in words)
    entries = root["/ParentTree"]["/Nums"][::2]
    assert sorted(entries) == list(range(root["/ParentTreeNextKey"]))
    assert {page["/StructParents"] for page in reader.pages} <= set(entries)


def test_unknown_page(tmp_path: Path) -> None:
    done = print_pdf("chapters/nowhere", "-o", tmp_path / "book.pdf")
    assert done.returncode == 1
    assert "_toc.yml 里没有 chapters/nowhere" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere fonts cannot be hidden")
def test_missing_font(html, tmp_path: Path) -> None:
    """With Latin fonts alone the book would be boxes: it is refused, and what was there stays."""
    target = tmp_path / "book.pdf"
    target.write_text("yesterday's")
    fonts = tmp_path / "fonts.conf"
    latin = Path(matplotlib.get_data_path()) / "fonts/ttf"
    fonts.write_text(f"<fontconfig><dir>{latin}</dir><cachedir>{tmp_path}</cachedir></fontconfig>")
    done = print_pdf("intro", "-o", target, FONTCONFIG_FILE=str(fonts))
    assert done.returncode == 1
    assert "没有中文字体" in done.stderr
    assert "fonts-noto-cjk" in done.stderr
    assert target.read_text() == "yesterday's"
    assert not target.with_suffix(".part").exists()
