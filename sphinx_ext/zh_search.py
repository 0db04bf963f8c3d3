"""Chinese full-text search by bigrams.

Sphinx cuts Chinese pages into words with jieba but leaves the query whole, so a query of two words
finds nothing. Here both sides are cut the same way, into overlapping pairs of characters.
"""

import re
from typing import ClassVar

from sphinx.application import Sphinx
from sphinx.search.zh import SearchChinese

HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")

SPLIT_QUERY = r"""
// Pages opened as files cannot be fetched for an excerpt; results are then listed without one.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

/** Cuts a query as zh_search.py cut the pages: Chinese into pairs, the rest at anything odd. */
var splitQuery = (query) => {
  const HAN = /[\u3400-\u4dbf\u4e00-\u9fff]+/g;
  const words = query.replace(HAN, " ").match(/[\p{Letter}\p{Number}_]+/gu) ?? [];
  for (const run of query.match(HAN) ?? []) {
    if (run.length === 1) words.push(run);
    for (let i = 0; i + 2 <= run.length; i++) words.push(run.slice(i, i + 2));
  }
  return words;
};
"""


class BigramSearch(SearchChinese):
    """The index language: single Chinese characters and pairs, and Latin words."""

    js_splitter_code: ClassVar[str] = SPLIT_QUERY

    def split(self, input: str) -> list[str]:
        """Cuts the text of a page into terms."""
        terms = []
        for run in HAN.findall(input):
            terms += run
            terms += (run[i : i + 2] for i in range(len(run) - 1))
        latin = self.latin1_letters.findall(input)
        self.latin_terms.extend(latin)
        return terms + latin

    def word_filter(self, stemmed_word: str) -> bool:
        """Keeps single Chinese characters, which the parent drops as too short."""
        return len(stemmed_word) > 1 or HAN.match(stemmed_word) is not None


def setup(app: Sphinx) -> dict:
    """Registers the language under Sphinx's own code for Chinese."""
    app.add_search_language(BigramSearch)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
