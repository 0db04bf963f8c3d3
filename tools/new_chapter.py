"""A new chapter from the template: `make chapter NAME=convolution/my-lesson TITLE="标题"`."""

import json
import re
import sys
from contextlib import suppress
from pathlib import Path

from d2lnotes.stamp import SETUP_CELL_ID, stamp
from lint.notebooks import setup_of

BOOK = Path(__file__).parents[1]
TEMPLATE = Path(__file__).with_name("chapter.ipynb")
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
EXAMPLE = 'make chapter NAME=convolution/my-lesson TITLE="我的一课"'


def new_chapter(book: Path, name: str, title: str) -> Path:
    """Writes a chapter and puts it last among the chapters of its folder in `_toc.yml`.

    Args:
        book: Folder of `_toc.yml`.
        name: Folder below chapters/ and file, such as `convolution/my-lesson`.
        title: The chapter's first line.

    Returns:
        The notebook.

    Raises:
        ValueError: If it cannot be done; says why in Chinese. Nothing is written then.
    """
    title = title.strip()
    if not title or len(title.splitlines()) > 1:
        raise ValueError(f"TITLE={title!r}：标题要有字，写在一行里。例如 {EXAMPLE}")
    folder, slash, stem = name.partition("/")
    if not slash:
        raise ValueError(f"NAME={name!r}：要写成 文件夹/文件名。例如 {EXAMPLE}")
    toc = _with_entry(book, folder, f"chapters/{name}")
    if not NAME.fullmatch(stem):
        raise ValueError(
            f"NAME={name!r}：文件名用小写的英文字母和数字，词之间用一个减号，不写 .ipynb；"
            "它会成为网址的一部分。例如 my-lesson"
        )
    taken = [file for file in (book / "chapters").rglob(f"{stem}.*") if file.suffix != ".pyc"]
    if taken:
        raise ValueError(f"NAME={name!r}：已经有 {taken[0].relative_to(book)}，请换一个名字")
    file = book / "chapters" / f"{name}.ipynb"
    file.write_text(_filled(book, title), encoding="utf-8", newline="\n")
    (book / "_toc.yml").write_text(toc, encoding="utf-8", newline="\n")
    return file


def _filled(book: Path, title: str) -> str:
    """The template's text with this title and this book's set-up cell."""
    notebook = json.loads(TEMPLATE.read_text(encoding="utf-8"))
    notebook["cells"][0]["source"][0] = f"# {title}\n"
    for cell in notebook["cells"]:
        if cell["id"] == SETUP_CELL_ID:
            cell["source"] = setup_of(book).splitlines(keepends=True)
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


def _with_entry(book: Path, folder: str, page: str) -> str:
    """The text of `_toc.yml` with a page after the last one of its folder; all else stays."""
    lines = (book / "_toc.yml").read_text(encoding="utf-8").splitlines()
    entry = re.compile(r"( *)- file: chapters/([\w-]+)/[\w-]+\s*(#.*)?")
    places = {found[2]: i for i, line in enumerate(lines) if (found := entry.fullmatch(line))}
    if folder not in places:
        raise ValueError(
            f"_toc.yml 里没有 chapters/{folder} 的章节；现有 {'、'.join(places)}。"
            "要新的一部分，先在 _toc.yml 里照样加一段，再写它的第一章"
        )
    place = places[folder] + 1
    indent = entry.fullmatch(lines[place - 1])[1]
    while place < len(lines) and lines[place].startswith(f"{indent} "):  # its title, its sections
        place += 1
    lines.insert(place, f"{indent}- file: {page}")
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Makes the chapter that the two arguments name, and says what comes next."""
    try:
        file = new_chapter(BOOK, *arguments)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    with suppress(ValueError):  # no address yet: the set-up cell says so itself
        stamp(BOOK)
    print(f"写好了 {file.relative_to(BOOK).as_posix()}，也加进了 _toc.yml。")
    print("接下来：在 JupyterLab 里改它，make lint 检查，make book 生成网页。")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
