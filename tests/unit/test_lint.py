"""`make lint`: silent on the book, and a sentence for each thing that a page can break."""

import json
import shutil
from pathlib import Path

import pytest

from lint.__main__ import faults
from lint.notebooks import strip
from lint.terms import GLOSSARY
from new_chapter import new_chapter

BOOK = Path(__file__).parents[2]
LESSON = "chapters/convolution/lesson.ipynb"
TOC = f"""\
format: jb-book
root: intro
parts:
  - caption: 第一部分
    chapters:
      - file: chapters/convolution/first # 注释
        title: 第一课
      # - file: chapters/convolution/later
  - caption: 附录
    chapters:
      - file: {GLOSSARY.removesuffix(".md")}
"""


@pytest.fixture
def book(tmp_path):
    """A book of two chapters, both from the template, and the glossary."""
    for name in ("_config.yml", GLOSSARY):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(BOOK / name, tmp_path / name)
    # the glossary's links lead to chapters that are not in this book
    entries = (tmp_path / GLOSSARY).read_text(encoding="utf-8").replace("](", "](https://a.b/")
    (tmp_path / GLOSSARY).write_text(entries, encoding="utf-8")
    (tmp_path / "intro.md").write_text("# 书\n", encoding="utf-8")
    (tmp_path / "_toc.yml").write_text(TOC, encoding="utf-8")
    (tmp_path / "chapters/convolution").mkdir()
    new_chapter(tmp_path, "convolution/lesson", "一课")
    shutil.copy(tmp_path / LESSON, tmp_path / "chapters/convolution/first.ipynb")
    return tmp_path


def read(book):
    return json.loads((book / LESSON).read_text(encoding="utf-8"))


def write(book, notebook):
    (book / LESSON).write_text(json.dumps(notebook, ensure_ascii=False), encoding="utf-8")


def said(book, hints=False):
    """What is said of the lesson and of the table of contents."""
    return [
        str(fault) for fault in faults(book) if fault.hint == hints and "first" not in str(fault)
    ]


def test_the_books_own_pages_are_in_order():
    assert [str(fault) for fault in faults(BOOK) if not fault.hint] == []


def test_chapters_with_checkers_ask_enough_and_use_known_terms():
    ours = {file.stem.replace("_", "-") for file in (BOOK / "d2lnotes/check").glob("[a-z]*.py")}
    hints = [str(fault) for fault in faults(BOOK) if fault.hint]
    assert [hint for hint in hints if any(f"/{name}.ipynb" in hint for name in ours)] == []


def test_a_new_chapter_is_in_order(book):
    assert said(book) == []
    [hint] = said(book, hints=True)
    assert "有 3 道练习" in hint


def cell(notebook, name):
    return next(c for c in notebook["cells"] if c["id"] == name)


def put(name, text):
    """A change: this text in place of a cell's."""
    return lambda notebook: cell(notebook, name).update(source=text)


def add(name, text):
    """A change: this text at the end of a cell."""

    def change(notebook):
        cell(notebook, name)["source"].append(text)

    return change


def drop(name):
    """A change: without this cell."""
    return lambda notebook: notebook["cells"].remove(cell(notebook, name))


def swap(notebook):
    notebook["cells"].insert(2, notebook["cells"].pop(1))


STREAM = {"output_type": "stream", "name": "stdout", "text": "4"}
BROKEN = {
    "outputs": (lambda n: cell(n, "sizes").update(outputs=[STREAM]), ["sizes", "带着输出"]),
    "numbers of execution": (
        lambda n: cell(n, "sizes").update(execution_count=3),
        ["sizes", "运行的序号"],
    ),
    "states of widgets": (lambda n: n["metadata"].update(widgets={}), ["metadata.widgets"]),
    "kernel": (lambda n: n["metadata"]["kernelspec"].update(name="mine"), ["'mine'", "python3"]),
    "no GPU asked for": (
        add("sizes", "\nfrom d2lnotes.recipes import train_recipe"),
        ["Colab 上要有 GPU", "accelerator"],
    ),
    "a GPU for nothing": (lambda n: n["metadata"].update(accelerator="GPU"), ["不要占用", "删去"]),
    "no id": (lambda n: n["cells"][6].pop("id"), ["第 7 格", "没有 id"]),
    "same id": (lambda n: cell(n, "plot").update(id="sizes"), ["2 个单元格", "'sizes'"]),
    "no set-up": (drop("setup"), ["没有准备单元格", "stamp"]),
    "set-up changed": (add("setup", "\nimport torch"), ["setup", "stamp"]),
    "set-up elsewhere": (swap, ["setup", "第二格"]),
    "long cell": (add("sizes", "\nprint()" * 12), ["sizes", "有 16 行，最多 15 行"]),
    "syntax": (add("sizes", "\nfor s in sizes\n"), ["sizes", "第 5 行", "for s in sizes"]),
    "directive": (add("check", "\n\n```{note}\n看\n```\n"), ["check", "指令 ```{note}", "注意"]),
    "colons": (add("check", "\n\n:::{tip}\n看\n:::\n"), ["check", "指令 :::{tip}"]),
    "role": (add("check", "见 {ref}`sizes`。"), ["check", "角色 {ref}"]),
    "label": (add("check", "\n\n(here)=\n"), ["check", "(here)="]),
    "bare LaTeX": (add("check", "\n\n\\begin{align}\nx\n\\end{align}\n"), ["check", "$$"]),
    "picture file": (add("check", "![图](a.png)"), ["check", "图片 a.png"]),
    "HTML": (add("check", '<div class="a">看</div>'), ["check", '<div class="a">']),
    "no title": (put("title", "**学习目标**\n\n- 看。"), ["标题"]),
    "no aims": (put("title", "# 课\n\n目标"), ["缺少", "**学习目标**"]),
    "no summary": (drop("summary"), ["缺少", "## 小结"]),
    "no exercises": (put("exercise-1", "**1. 猜一猜：几。**"), ["缺少", "## 练习"]),
    "open block": (
        put("answer-1", "<details><summary>参考答案</summary>\n四"),
        ["answer-1", "折叠"],
    ),
    "no answer": (drop("answer-3"), ["练习 3", "answer-3"]),
    "no cell to try": (drop("try-2"), ["练习 2（写代码）", "try-2"]),
    "wrong number": (put("exercise-3", "**4. 解释：几。**"), ["[1, 2, 4]"]),
    "unknown kind": (put("exercise-3", "**3. 想想：几。**"), ["exercise-3", "'想想'", "解释"]),
    "no label": (put("exercise-3", "为什么？"), ["answer-3", "没有练习 3"]),
    "cell to try, no code asked": (
        lambda n: cell(n, "plot").update(id="try-3", source="..."),
        ["exercise-3", "try-3"],
    ),
    "no gap": (put("try-2", "def my_f():\n    return 1"), ["try-2", "留空"]),
    "answer to another question": (
        put("try-2", "def my_f():\n    ..."),
        ["answer-2", "没有定义 my_f"],
    ),
    "no words for a figure": (
        lambda n: cell(n, "plot").update(metadata={}),
        ["plot", "plt.subplots", "替代文字"],
    ),
    "no words for a figure of d2lnotes": (
        add("sizes", "\nshow_images([], 1, 1)"),
        ["sizes", "show_images"],
    ),
    "no words for what a function draws": (
        add("sizes", "\ndef draw():\n    plt.plot([1])\n\n\ndraw()"),
        ["sizes", "用 draw 画了图"],
    ),
    "no words for curves of training": (
        add("sizes", "\ntrain_ch6(net, a, b, 1, 0.1)"),
        ["sizes", "train_ch6"],
    ),
    "other translation": (add("check", "步长是 2。"), ["check", "“步长”", "“步幅”"]),
    "English first": (add("check", "先看 downsampling。"), ["check", "下采样（downsampling）"]),
    "link to no page": (add("check", "[看](later.ipynb#甲)"), ["check", "later"]),
    "link to no explorer": (add("check", "[看](#pool-explorer?stride=2)"), ["pool_explorer"]),
}


@pytest.mark.parametrize(("change", "words"), BROKEN.values(), ids=BROKEN)
def test_what_is_broken_is_said(book, change, words):
    notebook = read(book)
    change(notebook)
    write(book, notebook)
    found = said(book)
    assert any(all(word in fault for word in words) for fault in found), found
    assert all(LESSON in fault for fault in found)


def test_a_new_term_is_a_hint(book):
    notebook = read(book)
    add("check", "先讲**补水**（watering）。")(notebook)
    write(book, notebook)
    assert said(book) == []
    assert any("补水（watering）" in hint for hint in said(book, hints=True))


@pytest.mark.parametrize(
    ("text", "is_named"),
    [
        ("精度是 91.5%。", True),
        ("一共 60000 张。", True),
        ("论文报告 91.5%。", False),
        ("取 $p=0.5$，写作 `0.5`。", False),
        ("八分之一。", False),
    ],
)
def test_a_number_without_a_cell_is_a_hint(book, text, is_named):
    notebook = read(book)
    place = notebook["cells"].index(cell(notebook, "check"))
    new = {"cell_type": "markdown", "id": "new", "metadata": {}, "source": f"## 新的一节\n\n{text}"}
    notebook["cells"].insert(place, new)
    write(book, notebook)
    assert said(book) == []
    assert any("单元格 new" in hint for hint in said(book, hints=True)) == is_named


ALLOWED = {
    "markup in code": "写作 `{ref}` 或 `<div>`：\n\n```html\n<div>![图](a.png)</div>\n```\n",
    "other translation told of": "步幅（也译步长），别处叫“汇聚”。",
    "words that are common": "有一点偏差，轮到下一个。",
    "part of another word": "内部协变量偏移（internal covariate shift）",
    "English after Chinese": "下采样（downsampling）：downsampling 使图变小。",
    "a quote": "> **注意** 有 $\\begin{pmatrix}1\\end{pmatrix}$。",
    "less than": "$a<b$，而 3 < 5 > 4。",
    "an address": "<https://d2l.ai> 和 [书](https://d2l.ai)",
}


@pytest.mark.parametrize("text", ALLOWED.values(), ids=ALLOWED)
def test_what_is_allowed_is_not_said(book, text):
    notebook = read(book)
    add("check", f"\n\n{text}\n")(notebook)
    write(book, notebook)
    assert said(book) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"cells": [', ["不是完整的笔记本", "第 1 行", "git checkout"]),
        ('{\n<<<<<<< HEAD\n "cells": []}', ["<<<<<<<"]),
        ("{}", ["不是笔记本", "cells"]),
    ],
)
def test_a_file_that_is_no_notebook_is_named(book, text, words):
    (book / LESSON).write_text(text, encoding="utf-8")
    [fault, *_] = said(book)
    assert all(word in fault for word in [LESSON, *words]), fault


def test_pages_and_table_of_contents_agree(book):
    toc = (book / "_toc.yml").read_text(encoding="utf-8")
    (book / "_toc.yml").write_text(toc.replace("/lesson", "/renamed"), encoding="utf-8")
    missing, extra = sorted(said(book))
    assert "有 chapters/convolution/renamed，却没有这个文件" in missing
    assert "没有 chapters/convolution/lesson" in extra and "- file:" in extra
    set_aside = toc.replace(
        "- file: chapters/convolution/lesson", "# - file: chapters/convolution/lesson"
    )
    (book / "_toc.yml").write_text(set_aside, encoding="utf-8")
    assert said(book) == []


def test_results_are_taken_out(book):
    clean = read(book)
    dirty = read(book)
    cell(dirty, "sizes").update(outputs=[STREAM], execution_count=3)
    dirty["metadata"]["widgets"] = {}
    dirty["metadata"]["kernelspec"] = {"name": "mine", "display_name": "mine", "language": "python"}
    plot = cell(dirty, "plot")
    plot["metadata"] |= {"id": plot.pop("id"), "outputId": "x"}  # as Colab writes it
    write(book, dirty)
    assert strip(book / LESSON)
    assert read(book) == clean
    assert not strip(book / LESSON)
