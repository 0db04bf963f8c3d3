"""Which slider is tied to which trait, as the browser is told."""

import ipywidgets
from ipywidgets import Widget


def links_of(explorer):
    """{slider's model id: (slider's trait, (view, view's trait))}."""
    registry = getattr(ipywidgets.widgets.widget, "_instances", None) or Widget.widgets
    links = [w for w in registry.values() if w.trait_values().get("_model_name") == "LinkModel"]
    return {
        link.source[0].model_id: (link.source[1], link.target)
        for link in links
        if link.target[0] is explorer.view
    }
