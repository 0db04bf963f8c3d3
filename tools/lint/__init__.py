"""What the book's chapters have in common, checked in a second: `make lint`.

Each module holds the rules of one kind, and a rule stands in one place: the tests call it too. A
rule is a function of a page (or, in `contents`, of the whole book) that yields faults. Nothing is
executed, and torch is not needed. What only a run can tell is left to `make book` and `make test`.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "sphinx_ext"))  # `solutions` holds a rule of ours
