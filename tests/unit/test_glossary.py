"""The glossary's two halves agree: terms by topic, and the index from English."""

import re
from pathlib import Path

import pytest

GLOSSARY = Path(__file__).parents[2] / "chapters" / "appendix" / "glossary.md"
ENTRY = re.compile(
    r"- \*\*(?P<chinese>[^*]+)\*\*"
    r"(（(?P<english>[^（），]+)(，[^）]+)?）)?"  # none where both are the same
    r"：.+[。$]见\[[^\]]+\]\([\w./#-]+\)。"
)


@pytest.fixture(scope="module")
def halves():
    """The lines of entries and the lines of the index."""
    terms, index = GLOSSARY.read_text(encoding="utf-8").split("\n## 英文索引\n")
    rows = [line for line in index.splitlines() if line.startswith("|")][2:]
    return [line for line in terms.splitlines() if line.startswith("- ")], rows


def test_entries_have_one_form(halves):
    entries, _ = halves
    assert len(entries) > 60
    assert [line for line in entries if not ENTRY.fullmatch(line)] == []


def test_no_term_stands_twice(halves):
    terms = [ENTRY.fullmatch(line)["chinese"] for line in halves[0]]
    assert len(set(terms)) == len(terms)


def test_index_holds_every_english_word_in_order(halves):
    entries, rows = halves
    expected = []
    for entry in map(ENTRY.fullmatch, entries):
        for english in (entry["english"] or entry["chinese"]).split(", "):
            expected.append(f"| {english} | {entry['chinese']} |")
    assert rows == sorted(expected, key=str.lower)
