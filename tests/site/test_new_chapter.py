"""A chapter from the template builds as it is, and its sliders live on the page."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import ROOT, Visit, serve
from drives import drive, hosts
from new_chapter import new_chapter
from small_book import JUPYTER_BOOK

TOC = """\
format: jb-book
root: intro
chapters:
  - file: chapters/networks/old
"""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book of two chapters, with the real package and the real widgets, built."""
    root = tmp_path_factory.mktemp("book")
    for name in ("assets", "sphinx_ext"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("d2lnotes", "frontend"):
        (root / name).symlink_to(ROOT / name)
    for name in ("_config.yml", "LICENSE"):
        shutil.copy(ROOT / name, root)
    (root / "_toc.yml").write_text(TOC, encoding="utf-8")
    (root / "intro.md").write_text("# 书\n\n为上课而写的一本小书。\n", encoding="utf-8")
    (root / "chapters/networks").mkdir(parents=True)
    (root / "chapters/networks/old.md").write_text("# 旧的\n\n有过的一章。\n", encoding="utf-8")
    new_chapter(root, "networks/my-lesson", "我的一课")
    done = subprocess.run(
        [JUPYTER_BOOK, "build", "-W", "-n", "--keep-going", "."],
        cwd=root,
        env=os.environ | {"SOLUTIONS": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return root


def test_the_chapter_is_alive(book: Path, browser) -> None:
    with serve(book / "_build/html") as address, browser.new_context() as context:
        seen = Visit(context.new_page(), address)
        seen.watch()
        seen.page.goto(f"{address}intro.html")
        seen.page.get_by_role("link", name="我的一课").first.click()
        seen.settle()
        drive(seen.page, hosts(seen.page, "conv-explorer").first, "conv-explorer")
        [plot] = seen.page.locator("article img").all()
        assert "步幅从 1 到 4" in plot.get_attribute("alt")
        assert seen.page.locator("article").get_by_text("[7, 4, 3, 2]").is_visible()
        assert seen.complaints == []
