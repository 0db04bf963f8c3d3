"""One word for one thing: the glossary's."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .pages import Fault, Page

GLOSSARY = "chapters/appendix/glossary.md"
ENTRY = re.compile(r"^- \*\*(?P<terms>[^*]+)\*\*(?:（(?P<names>[^（）]+)）)?：", re.MULTILINE)
OTHERS = re.compile(r"(也叫|也译|旧称)(.+)")
# other translations that are everyday words too, or part of one
EVERYDAY = {"偏差", "偏移", "轮", "深度卷积"}
# said in English even where the Chinese is known; and words of everyday English
ENGLISH = {"dropout", "im2col", "start", "weight", "residual", "loss", "batch"}
ASIDE = re.compile(r"（[^（）]*）|“[^“”]*”|\*[^*\n]+\*(?!\*)|\]\([^)]*\)|https?://\S+")
NEW = re.compile(r"\*\*([^*\n]{2,12})\*\*（([a-z][a-z0-9 -]+)[，）]")


@dataclass(frozen=True)
class Glossary:
    """The glossary's words.

    Attributes:
        terms: Chinese words, as the book says them, and their synonyms.
        english: {English: the Chinese for it}, lower case.
        avoided: {another translation: the book's}.
    """

    terms: frozenset[str]
    english: dict[str, str]
    avoided: dict[str, str]


def read_glossary(book: Path) -> Glossary:
    """Reads the entries `- **中文**（English, …，也译……）：……`."""
    terms, english, avoided = set(), {}, {}
    for entry in ENTRY.finditer((book / GLOSSARY).read_text(encoding="utf-8")):
        own = entry["terms"].split("、")
        terms |= set(own)
        for part in (entry["names"] or "").split("，"):
            if found := OTHERS.fullmatch(part):
                words = found[2].split("、")
                if found[1] == "也叫":
                    terms |= set(words)
                else:
                    avoided |= dict.fromkeys(words, entry["terms"])
            else:
                english |= dict.fromkeys(part.lower().split(", "), entry["terms"])
    return Glossary(frozenset(terms), english, avoided)


def other_translations(page: Page, glossary: Glossary) -> Iterator[Fault]:
    """Another translation stands only in brackets or quotes, where it is told of."""
    avoided = {word: term for word, term in glossary.avoided.items() if word not in EVERYDAY}
    own = sorted(glossary.terms, key=len, reverse=True)
    for cell in page.markdown:
        text = ASIDE.sub("", cell.prose)
        for term in own:  # 内部协变量偏移 holds 偏移
            text = text.replace(term, "")
        for word, term in avoided.items():
            if word in text:
                yield page.fault(f"“{word}”在本书里叫“{term}”（见术语表）", cell)


def bare_english(page: Page, glossary: Glossary) -> Iterator[Fault]:
    """An English term comes after its Chinese, at least in brackets: 步幅（stride）."""
    said = ""
    for cell in page.markdown:
        said += cell.prose
        text = ASIDE.sub("", cell.prose)
        for english, term in glossary.english.items():
            if english in ENGLISH or english == term.lower() or not english.islower():
                continue
            found = re.search(rf"(?<![\w`$-]){re.escape(english)}(?![\w`$-])", text)
            if found and not any(word in said for word in term.split("、")):
                yield page.fault(f"先用中文：{term}（{found[0]}）", cell)


def unknown_terms(page: Page, glossary: Glossary) -> Iterator[Fault]:
    """A term that is introduced in bold, with its English, is looked for in the glossary."""
    names = {chinese.lower() for chinese in glossary.terms} | set(glossary.english)
    for cell in page.markdown:
        for chinese, english in NEW.findall(cell.prose):
            related = any(chinese in term or term in chinese for term in glossary.terms)
            if not related and not {chinese.lower(), english, english.rstrip("s")} & names:
                yield page.fault(f"新术语 {chinese}（{english}）不在术语表里，请加上", cell, True)
