"""Tables in text and in HTML."""

from bs4 import BeautifulSoup

from d2lnotes.tables import html_table, text_table

HEADINGS = ("层", "n")
ROWS = [("卷积", "7"), ("a<b", "1,000")]


def test_text_is_aligned_with_chinese_two_wide():
    assert text_table(HEADINGS, ROWS, left=1).splitlines() == [
        "层        n",
        "卷积      7",
        "a<b   1,000",
    ]


def test_html_holds_every_cell_and_escapes():
    soup = BeautifulSoup(html_table(HEADINGS, iter(ROWS), left=1, bold=[1]), "html.parser")
    assert [cell.text for cell in soup.select("td")] == ["卷积", "7", "a<b", "1,000"]
    assert "bold" in soup.select("td")[2]["style"] and "bold" not in soup.select("td")[0]["style"]
    assert "right" in soup.select("td")[3]["style"]
