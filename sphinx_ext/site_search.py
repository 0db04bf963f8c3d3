"""Whole-site search: the words of the book in one script, and the page that searches them.

Sphinx's own index says which page holds a word, not where; for a sentence its search fetches whole
pages, which a page opened as a file cannot. So that index is left out, and search.html, it alone,
loads `_static/search-index.js`: the text of every section, glossary entry, exercise and solution,
and the names that the glossary gives to one thing. assets/search.js searches it.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.entities import html5
from pathlib import Path

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from solutions import SUMMARY, WORD

GLOSSARY = "chapters/appendix/glossary"
ENTRY = re.compile(r"(?P<names>[^（：]+)(?:（(?P<english>[^（），]+)(?:，(?P<also>[^）]+))?）)?：")
SEE = re.compile(r"见[^。]+。$")
ALSO = re.compile(r"[，、](?:也[叫译写]|旧称)?")
EXERCISE = re.compile(r"(\d+)\. ")
ANSI = re.compile(r"\x1b\[[\d;]*m")

# What LaTeX calls otherwise than HTML. Any other name, such as ln, stands for itself.
SYMBOLS = {"cdot": "·", "cdots": "…", "dots": "…", "infty": "∞", "partial": "∂", "sqrt": "√"}
SYMBOLS |= dict.fromkeys(["hat", "left", "mathrm", "operatorname", "right", "text"], "")


@dataclass
class Part:
    """A piece of a page that a result leads to.

    Attributes:
        kind: "page" (its beginning), "section", "term", "exercise" or "answer".
        title: Its heading.
        anchor: Its id in the page.
        lines: What a reader sees there; a line of code begins with a tab.
        slug: What links of the book call the section.
    """

    kind: str
    title: str
    anchor: str
    lines: list[str] = field(default_factory=list)
    slug: str = ""


def add_anchors(app: Sphinx, doctree: nodes.document) -> None:
    """Gives an id to each glossary entry, exercise and solution."""
    for paragraph in doctree.findall(nodes.paragraph):
        words, around = bold_beginning(paragraph), paragraph.parent
        if number := EXERCISE.match(words):
            paragraph["ids"].append(f"exercise-{number[1]}")
        elif words and app.env.docname == GLOSSARY and isinstance(around, nodes.list_item):
            around["ids"].append("term-" + words.replace(" ", "-"))
    summaries = [(raw, SUMMARY.search(raw.astext())) for raw in doctree.findall(nodes.raw)]
    answers = [raw for raw, summary in summaries if summary and WORD in summary[1]]
    for number, raw in enumerate(answers, 1):
        raw.parent.insert(raw.parent.index(raw), nodes.target(ids=[f"answer-{number}"]))


def bold_beginning(paragraph: nodes.paragraph) -> str:
    """The bold words that a paragraph begins with, or nothing."""
    bold = paragraph.next_node(nodes.strong)
    words = bold.astext() if bold else ""
    return words if paragraph.astext().startswith(words) else ""


def parts_of(doctree: nodes.document) -> Iterator[Part]:
    """Cuts a page into parts; those without words are left out."""
    for section in doctree.findall(nodes.section):
        kind = "page" if section.parent is doctree else "section"
        title = text_of(section.next_node(nodes.title))
        part = Part(kind, title, section["ids"][0], slug=section.get("slug", ""))
        parts = [part]
        around = part
        for node in section:
            anchor = next(iter(node.get("ids", [])), "")
            if isinstance(node, nodes.section | nodes.title):
                continue
            if anchor.startswith("exercise-"):
                title = f"练习 {bold_beginning(node).rstrip('。')}"
                around = part = Part("exercise", title, anchor)
                parts.append(part)
            elif anchor.startswith("answer-"):
                part = Part("answer", f"{around.title}：参考答案", anchor)
                parts.append(part)
            elif isinstance(node, nodes.raw) and "</details>" in node.astext():
                part = around
            entries = [item for item in node.findall(nodes.list_item) if item["ids"]]
            for entry in entries:
                text = SEE.sub("", text_of(entry[0]))
                parts.append(Part("term", bold_beginning(entry[0]), entry["ids"][0], [text]))
            if not entries:
                part.lines += lines_of(node)
        yield from (part for part in parts if part.lines)


def lines_of(node: nodes.Node) -> Iterator[str]:
    """The lines of text that a reader sees: paragraphs, rows of tables, code and what it prints."""
    if isinstance(node, nodes.literal_block):
        code = ANSI.sub("", node.astext())
        yield from (f"\t{line.strip()}" for line in code.splitlines() if line.strip())
    elif isinstance(node, nodes.row):
        yield " | ".join(filter(None, map(text_of, node)))
    elif isinstance(node, nodes.Invisible | nodes.math_block | nodes.raw):
        return
    elif isinstance(node, nodes.TextElement):
        yield from filter(None, [text_of(node)])
    elif node.get("nb_element") != "mime_bundle" or len(node) == 1:  # others show pictures
        for child in node.children:
            yield from lines_of(child)


def text_of(node: nodes.Node) -> str:
    """The text of a node on one line."""
    if isinstance(node, nodes.Text):
        return str(node)
    if isinstance(node, nodes.math):
        return plain(node.astext())
    if isinstance(node, nodes.raw | nodes.image | nodes.math_block):
        return ""
    return " ".join("".join(map(text_of, node.children)).split())


def plain(math: str) -> str:
    r"""Short LaTeX as one writes it by hand: `3\times k_h` becomes 3×k_h; of a matrix, nothing."""
    if r"\begin" in math:
        return ""
    math = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"\1/\2", math)
    math = re.sub(r"\\sqrt\{([^{}]{2,})\}", r"√(\1)", math)
    math = re.sub(r"\\([A-Za-z]+)\s*", symbol, math)
    return re.sub(r"\\[,;!]?|[{}&]|(?<=\w) (?=[(_^])", "", math).strip()


def symbol(command: re.Match) -> str:
    """The sign that LaTeX writes with a backslash and a name; ln and max are words."""
    name = command[1]
    return SYMBOLS.get(name, html5.get(f"{name};", f"{name} "))


def concepts_of(glossary: nodes.document) -> Iterator[tuple[list[str], tuple[str, str] | None]]:
    """What the glossary says: all names of one thing, and page and slug of the section on it.

    In an entry with as many Chinese names as English ones, they are a thing each.
    """
    for entry in (item for item in glossary.findall(nodes.list_item) if item["ids"]):
        if not (words := ENTRY.match(text_of(entry[0]))):
            continue
        link = entry.next_node(pending_xref)
        taught = (link["reftarget"], link.get("reftargetid", "")) if link else None
        chinese = words["names"].split("、")
        english = words["english"].split(", ") if words["english"] else []
        also = ALSO.split(f"，{words['also']}")[1:] if words["also"] else []
        pairs = len(chinese) > 1 and len(chinese) == len(english)
        for names in zip(chinese, english, strict=True) if pairs else [chinese + english + also]:
            yield list(dict.fromkeys(names)), taught


def reading_order(env: BuildEnvironment) -> list[str]:
    """All pages as the table of contents has them; the first, which names them all, comes last."""

    def below(docname: str) -> Iterator[str]:
        for child in env.toctree_includes.get(docname, []):
            yield child
            yield from below(child)

    root = env.config.root_doc
    return [*below(root), root]


def index_of(app: Sphinx) -> dict:
    """All that search.js looks at; parts and pages are named by their numbers."""
    pages, parts, places = [], [], {}
    for docname in reading_order(app.env):
        title = text_of(app.env.titles[docname])
        for part in parts_of(app.env.get_doctree(docname)):
            if docname == GLOSSARY and part.kind == "section":
                continue  # its index from English says nothing that its entries do not
            if part.slug:
                places[docname, part.slug] = len(parts)
            text = "\n".join(part.lines)
            parts.append([len(pages), part.kind, part.title, part.anchor, text])
        pages.append([title, app.builder.get_target_uri(docname)])
    concepts = []
    if GLOSSARY in app.env.found_docs:
        for names, taught in concepts_of(app.env.get_doctree(GLOSSARY)):
            concepts.append([names, places.get(taught)])
    return {"pages": pages, "parts": parts, "concepts": concepts}


def leave_out_sphinx_index(app: Sphinx) -> None:
    """Has Sphinx write neither its index nor its search page; an old index might hold solutions."""
    app.builder.search = False
    Path(app.outdir, "searchindex.js").unlink(missing_ok=True)


def write_index(app: Sphinx) -> Iterator[tuple[str, dict, str]]:
    """Writes the index whenever a page was written, and the page that loads it."""
    script = f"const BOOK = {json.dumps(index_of(app), ensure_ascii=False, separators=(',', ':'))};"
    file = Path(app.outdir, "_static", "search-index.js")
    file.parent.mkdir(exist_ok=True)
    file.write_text(script + "\n", encoding="utf-8")
    version = hashlib.sha256(script.encode()).hexdigest()[:8]  # so that no browser keeps an old one
    yield "search", {"search_version": version}, "search.html"


def setup(app: Sphinx) -> dict:
    """Connects the extension to Sphinx."""
    app.connect("doctree-read", add_anchors)
    app.connect("builder-inited", leave_out_sphinx_index)
    app.connect("html-collect-pages", write_index)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
