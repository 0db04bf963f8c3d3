"""The zip for a class without internet: unpacked elsewhere and opened as files."""

import gzip
import hashlib
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from conftest import Visit
from d2lnotes.download import SHA256
from drives import handles, hosts
from offline_zip import TOP, make_zip

PAGE = "site/chapters/convolution/padding-and-stride.html"
RESERVED = re.compile(r'[<>:"\\|?*]|[. ](/|$)')  # what Windows refuses in a name
LONGEST = 150  # of the 260 characters that Windows allows with the folders above


@pytest.fixture(scope="module")
def zipped(html: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip of the built site."""
    return make_zip(html, tmp_path_factory.mktemp("zip"))


@pytest.fixture(scope="module")
def top(zipped: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a student has after unpacking, in a folder of any name."""
    folder = tmp_path_factory.mktemp("下载 (1)")
    with zipfile.ZipFile(zipped) as archive:
        archive.extractall(folder)
    return folder / TOP


@pytest.fixture
def opened(visit, top: Path):
    """Opens a page of the unpacked folder, with no network."""

    def open_page(name: str) -> Visit:
        seen = visit(f"{top.as_uri()}/", name)
        seen.page.context.set_offline(True)
        return seen

    return open_page


def test_names_unpack_on_every_system(zipped: Path) -> None:
    names = zipfile.ZipFile(zipped).namelist()
    assert names == sorted(names)
    assert len({name.lower() for name in names}) == len(names)
    odd = [n for n in names if not n.isascii() or RESERVED.search(n) or len(n) > LONGEST]
    assert odd == []


def test_start_leads_to_the_book(opened, top: Path) -> None:
    seen = opened("START.html")
    seen.page.wait_for_url(f"{top.as_uri()}/site/intro.html")
    seen.settle()
    assert seen.complaints == []


def test_start_says_to_unpack_first(visit, top: Path, tmp_path: Path) -> None:
    (tmp_path / "START.html").write_bytes((top / "START.html").read_bytes())
    seen = visit(f"{tmp_path.as_uri()}/", "START.html")
    assert seen.page.url.endswith("START.html")
    assert "全部解压缩" in seen.page.locator("body").inner_text()


def test_slider_quiz_and_search_answer(opened) -> None:
    seen = opened(PAGE)
    host = hosts(seen.page, "conv-explorer").first
    root = host.locator("[data-widget]")
    size = root.get_attribute("data-output-size")
    handles(host)["步幅 s"].press("ArrowRight")
    assert root.get_attribute("data-output-size") != size

    root.get_by_role("button", name="猜一猜", exact=True).press("Enter")
    root.get_by_role("group", name="猜一猜").get_by_role("button").first.press("Enter")
    expect(root.locator(".dx-verdict")).to_have_text(re.compile("答对了|不是"))

    seen.page.goto(f"{seen.base}site/search.html?q=感受野")
    result = seen.page.locator("#search-results a").first
    expect(result).to_be_visible()
    result.click()
    expect(seen.page.locator("article")).to_contain_text("感受野")
    seen.settle()
    assert seen.complaints == []


def test_notebooks_are_those_of_the_site(html: Path, top: Path) -> None:
    sources = html / "_sources"
    notebooks = sorted(sources.rglob("*.ipynb"))
    assert len(notebooks) > 15
    for notebook in notebooks:
        copy = top / "notebooks" / notebook.relative_to(sources)
        assert copy.read_bytes() == notebook.read_bytes()


def test_data_package_and_licences_are_inside(top: Path) -> None:
    for name, checksum in SHA256.items():
        content = gzip.decompress((top / f"data/{name}.gz").read_bytes())
        assert hashlib.sha256(content).hexdigest() == checksum
    [wheel] = (top / "wheels").iterdir()
    names = zipfile.ZipFile(wheel).namelist()
    assert "d2lnotes/train.py" in names
    assert "d2lnotes/widgets/js/view/conv_explorer.js" in names
    assert any(name.endswith("results/lenet-quick.json") for name in names)
    readme = (top / "README.txt").read_bytes()
    assert readme.startswith(b"\xef\xbb\xbf") and b"\r\n" in readme
    named = re.findall(r"[\w./]*LICENSES?\.txt", readme.decode("utf-8-sig"))
    assert named == ["LICENSE.txt", "site/_static/LICENSES.txt"]
    texts = [(top / name).read_text(encoding="utf-8") for name in named]
    assert "CC BY-SA 4.0" in texts[0] and "Zalando" in texts[1]
