"""What every explorer has in Python: real sliders tied to a view in the browser."""

from typing import ClassVar

import anywidget
import ipywidgets
import traitlets
from IPython.display import display

from ._checks import Knob, checked_int
from ._esm import stylesheet

LAST_SEED = 999999  # of a quiz, as in js/view/quiz.js
QUIZ = Knob(0, LAST_SEED, LAST_SEED)
_CSS = stylesheet("explorer.css")

# What a reader sees. Another language is another table.
_TEXT = {
    "fallback": "{title}：{settings}。这里不能操作，请用 Jupyter、Colab 或本书网站打开。",
}


def limited_int(knob):
    """A synchronised int within a knob's utmost range."""
    return traitlets.Int(knob.least, min=knob.least, max=knob.most).tag(sync=True)


class ExplorerView(anywidget.AnyWidget):
    """The picture alone. Its traits are the state; an ``Explorer`` adds the sliders."""

    _css = _CSS

    # Seed of the question that is asked; 0: none.
    quiz = traitlets.Int(0, min=0, max=LAST_SEED).tag(sync=True)
    # {trait: [least, most]} of what has a slider: no link may set what no slider can.
    limits = traitlets.Dict().tag(sync=True)


class Explorer(ipywidgets.VBox):
    """Sliders above a view.

    Subclasses say in ``knobs`` what can be slid, in ``labels`` how the sliders are called and in
    ``title`` how they are called themselves.

    Attributes:
        view: The ``ExplorerView``; in a live kernel its traits follow what the reader does.
        sliders: The ``IntSlider`` of each knob.
        note: Text above the explorer, if there is one.
    """

    title: ClassVar[str] = ""
    knobs: ClassVar[dict[str, Knob]] = {}
    labels: ClassVar[dict[str, str]] = {}

    def __init__(self, view):
        self.view = view
        self.note = ""
        self.sliders = {name: self._slider(name) for name in self.labels}
        self._tell_limits()
        # In the browser, by jslink: works with no kernel, and no message goes back and forth.
        for name, slider in self.sliders.items():
            ipywidgets.jslink((slider, "value"), (view, name))
        row = ipywidgets.HBox(
            list(self.sliders.values()),
            layout=ipywidgets.Layout(flex_flow="row wrap", width="100%"),
        )
        super().__init__([row, view], layout=ipywidgets.Layout(width="100%"))

    def _slider(self, name):
        knob, value = self.knobs[name], getattr(self.view, name)
        return ipywidgets.IntSlider(
            value=value,
            min=knob.least,
            max=max(knob.usual, value),  # IntSlider would clamp a larger value without a word
            description=self.labels[name],
            style={"description_width": "5em"},
            layout=ipywidgets.Layout(width="auto", min_width="230px", flex="1 1 300px"),
        )

    def _tell_limits(self):
        self.view.limits = {name: [s.min, s.max] for name, s in self.sliders.items()}

    def _show(self, name, value):
        """Set a trait of the view, and its slider: before the first display the slider wins."""
        slider = self.sliders.get(name)
        if slider is not None:
            slider.max = max(slider.max, value)
            slider.value = value
            self._tell_limits()
        setattr(self.view, name, value)

    @property
    def quiz(self):
        """Seed of the question that is asked, 1 to 999999; 0: none. The same seed, the same one."""
        return self.view.quiz

    @quiz.setter
    def quiz(self, seed):
        self.view.quiz = checked_int("quiz", seed, QUIZ)

    def settings(self):
        """What the sliders stand at, in words."""
        parts = []
        for name, label in self.labels.items():
            value = getattr(self, name)
            if name == "input_size" and isinstance(value, int):
                value = (value, value)
            parts.append(f"{label.split()[0]} {_told(value)}")
        return "，".join(parts)

    def __repr__(self):
        """Text that stands in where neither widgets nor pictures show."""
        return _TEXT["fallback"].format(title=self.title, settings=self.settings())

    def _repr_mimebundle_(self, **kwargs):
        """The widget, and for GitHub, nbconvert and print a still picture and a text."""
        from ._picture import picture  # needs torch

        view = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        return {
            "text/plain": repr(self),
            "image/svg+xml": picture(self),
            "application/vnd.jupyter.widget-view+json": view,
        }


def _told(value):
    return "×".join(map(str, value)) if isinstance(value, tuple) else str(value)


if hasattr(ipywidgets.Widget, "_ipython_display_"):  # ipywidgets 7 asks for this instead

    def _ipython_display_(self, **kwargs):
        display(self._repr_mimebundle_(), raw=True)
        self._handle_displayed(**kwargs)

    Explorer._ipython_display_ = _ipython_display_
