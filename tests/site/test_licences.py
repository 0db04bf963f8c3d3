"""The licences of what the site carries from others travel with it."""

from importlib import metadata
from pathlib import Path

from conftest import ROOT
from licences import HEADING, NAME, RULE, owners


def test_licences_travel_with_the_site(html: Path) -> None:
    first, *entries = (html / "_static" / NAME).read_text(encoding="utf-8").split(RULE)
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").strip() in first
    headings = [entry.partition("\n")[0] for entry in entries]
    names = {match["name"] for heading in headings if (match := HEADING.match(heading))}
    assert {"pydata-sphinx-theme", "Sphinx", "Font Awesome Free", "anywidget", "mathjax"} <= names


def test_every_file_of_the_theme_is_found_to_be_its(html: Path) -> None:
    theme = metadata.distribution("pydata-sphinx-theme")
    found = owners(html / "_static", [theme])
    assert found["styles/pydata-sphinx-theme.css"] == theme.name  # changed by offline_assets
    assert found["vendor/fontawesome/webfonts/fa-solid-900.woff2"] == theme.name
    assert found["book.css"] == ""
    assert found["basic.css"] is None  # of Sphinx, which was not asked


def test_a_file_from_nowhere_is_named(tmp_path: Path) -> None:
    (tmp_path / "jquery.js").write_text("")
    assert owners(tmp_path, [metadata.distribution("Sphinx")]) == {"jquery.js": None}
