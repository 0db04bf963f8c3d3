"""Hides buttons that would lead nowhere: those to a repository whose owner is not yet known."""

from sphinx.application import Sphinx
from sphinx.config import Config

PLACEHOLDER = "OWNER"


def hide_dead_buttons(app: Sphinx, config: Config) -> None:
    """Drops Colab and repository buttons while the repository's address is the placeholder."""
    options = config.html_theme_options
    if PLACEHOLDER in options.get("repository_url", ""):
        options["launch_buttons"] = {}
        options["use_repository_button"] = False


def setup(app: Sphinx) -> dict:
    """Connects the extension to Sphinx."""
    app.connect("config-inited", hide_dead_buttons)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
