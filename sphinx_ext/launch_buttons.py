"""Hides buttons that would lead nowhere, or that the theme cannot make.

Those of a repository whose owner is not yet known; the Colab and Binder buttons of one that is not
on GitHub, since Colab opens no other; and all of a host that the theme does not know, for which it
would stop the build.
"""

from sphinx.application import Sphinx
from sphinx.config import Config

PLACEHOLDERS = {"OWNER", "REPO"}
KNOWN = ("bitbucket", "github", "gitlab")  # to sphinx-book-theme


def hide_dead_buttons(app: Sphinx, config: Config) -> None:
    """Drops the buttons that the repository's address does not carry."""
    options = config.html_theme_options
    url = options.get("repository_url", "")
    nowhere = bool(PLACEHOLDERS & set(url.split("/")))
    if nowhere or not url.startswith("https://github.com/"):
        options["launch_buttons"] = {}
    if nowhere or not any(name in url for name in KNOWN):
        options["use_repository_button"] = False
        options.pop("repository_url", None)


def setup(app: Sphinx) -> dict:
    """Connects the extension to Sphinx."""
    app.connect("config-inited", hide_dead_buttons)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
