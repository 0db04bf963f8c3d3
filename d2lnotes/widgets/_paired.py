"""Explorers whose sizes may differ for rows and columns, as PyTorch's do."""

from ._checks import checked_pair
from ._explorer import Explorer

LABELS = {
    "input_size": "输入 n",
    "kernel_size": "卷积核 k",
    "padding": "填充 p",
    "stride": "步幅 s",
    "dilation": "空洞率 d",
}


class PairedExplorer(Explorer):
    """An explorer whose view keeps the rows in traits and, where they differ, ``columns``."""

    def sides(self, name):
        """One size as (rows, columns)."""
        rows = getattr(self.view, name)
        return rows, self.view.columns.get(name, rows)

    def put_sides(self, name, sides):
        """Set one size, given as (rows, columns), and its slider."""
        rows, cols = sides
        others = {key: value for key, value in self.view.columns.items() if key != name}
        self._show(name, rows)
        self.view.columns = others if rows == cols else {**others, name: cols}


def size_setting(name):
    """A property of a ``PairedExplorer``: one size, as an int or a pair."""

    def get(explorer):
        rows, cols = explorer.sides(name)
        return rows if rows == cols else (rows, cols)

    def put(explorer, value):
        explorer.put_sides(name, checked_pair(name, value, explorer.knobs[name]))

    return property(get, put, doc=f"``{name}`` of the layer: an int, or (rows, columns).")
