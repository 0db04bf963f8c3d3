"""What of google.colab the book and anywidget look at, in every kernel before its first cell.

Colab's kernel does the same: the set-up cell knows Colab by it, and anywidget asks it to let
scripts run that are not ipywidgets' own. Colab then marks each widget that is displayed.
"""

import sys
from types import ModuleType, SimpleNamespace

from IPython import get_ipython

VIEW = "application/vnd.jupyter.widget-view+json"
MANAGER = {"custom_widget_manager": {"url": "stand-in"}}


def enable_custom_widget_manager():
    """From now on, widgets on display are marked."""
    if not output._widgets._installed_url:
        output._widgets._installed_url = MANAGER["custom_widget_manager"]["url"]
        get_ipython().display_pub.register_hook(mark)


def mark(message):
    """A message on its way to the page."""
    content = message.get("content", {})
    if VIEW in content.get("data", {}):
        content.setdefault("metadata", {}).setdefault(VIEW, {})["colab"] = MANAGER
    return message


google, colab, output = map(ModuleType, ("google", "google.colab", "google.colab.output"))
google.colab, colab.output = colab, output
output.enable_custom_widget_manager = enable_custom_widget_manager
output._widgets = SimpleNamespace(_installed_url=None)
sys.modules.update({module.__name__: module for module in (google, colab, output)})
