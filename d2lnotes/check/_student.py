"""Running a student's code: what it gives back, prints, changes, and where it breaks."""

import ast
import contextlib
import dis
import inspect
import io
import linecache
import re
import sysconfig
import textwrap
import traceback
from dataclasses import dataclass
from pathlib import Path

import torch

OURS = str(Path(__file__).parents[1])
OTHERS = tuple(sysconfig.get_paths()[name] for name in ("stdlib", "purelib", "platlib"))
IDLE = {"RESUME", "NOP", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST", "COPY_FREE_VARS"}


@dataclass(frozen=True)
class Run:
    """One call of the student's code.

    Attributes:
        value: What came back.
        error: The exception that came instead, or None.
        printed: What was printed.
        edited: Positions of the arguments that the call changed in place.
        told: The exception's words, without the submission's own name.
    """

    value: object = None
    error: Exception | None = None
    printed: str = ""
    edited: tuple[int, ...] = ()
    told: str = ""


def run(use, submission, args):
    """Apply a submission to copies of the arguments, with a random state of its own."""
    given = [copied(arg) for arg in args]
    printed, value, error = io.StringIO(), None, None
    with torch.random.fork_rng(devices=[]), contextlib.redirect_stdout(printed):
        torch.manual_seed(0)
        try:
            value = use(submission, *given)
        except Exception as caught:  # whatever the student's code raises is theirs to read
            error = caught
    edited = tuple(i for i, pair in enumerate(zip(args, given, strict=True)) if changed(*pair))
    return Run(value, error, printed.getvalue(), edited, told(error, submission))


def told(error, submission):
    """What an exception says, whatever the submission is called."""
    words = str(error or "")
    for attribute in ("__qualname__", "__name__"):
        name = getattr(submission, attribute, None)
        if isinstance(name, str):  # Python writes f() and C.__init__()
            words = re.sub(rf"(?<!\w){re.escape(name)}(?=\(\)|\.)", "?", words)
    return words


def copied(arg):
    """A copy of a tensor, or of a list of arguments; other values cannot be changed in place."""
    if isinstance(arg, torch.Tensor):
        return arg.clone()
    return [copied(item) for item in arg] if isinstance(arg, list) else arg


def changed(before, after):
    """Whether a call has changed its argument."""
    if isinstance(before, torch.Tensor):
        return before.shape != after.shape or not torch.equal(before, after.detach())
    if isinstance(before, list):
        return len(before) != len(after) or any(map(changed, before, after))
    return False


def is_stub(submission, result):
    """Whether the student has not written anything yet: ``...``, ``pass``, ``None``."""
    if submission is None or submission is ...:
        return True
    if inspect.isclass(submission):
        return all(map(_is_idle, filter(inspect.isfunction, vars(submission).values())))
    if result.value is ... or _raises_unwritten(result.error):
        return True
    if result.error or result.value is not None or not inspect.isfunction(submission):
        return False
    return _is_idle(submission)


def _is_idle(function):
    return {step.opname for step in dis.get_instructions(function)} <= IDLE


def _raises_unwritten(error):
    """Whether a line says so; torch's kernels raise NotImplementedError too, for other reasons."""
    if not isinstance(error, NotImplementedError):
        return False
    return "raise NotImplementedError" in (traceback.extract_tb(error.__traceback__)[-1].line or "")


def error_line(error):
    """The student's line that an exception passed last: its number and its text.

    Returns:
        ``(line number, source line)``, or None if no line of the student's was reached.
    """
    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
        file = frame.f_code.co_filename
        if not file.startswith((OURS, *OTHERS, "<frozen")):
            return line, linecache.getline(file, line, frame.f_globals).strip()
    return None


def has_loop(function):
    """Whether a function's own source has a loop or a comprehension; no source, no loop."""
    loops = (ast.For, ast.While, ast.comprehension)
    return any(isinstance(node, loops) for node in _nodes(function))


def mentions(function, *names):
    """Whether a function's own source uses one of these attributes: ``x.name``."""
    return any(isinstance(node, ast.Attribute) and node.attr in names for node in _nodes(function))


def calls(name):
    """A rule: the function uses this name from outside, which the chapter has defined."""

    def breaks(function):
        code = getattr(function, "__code__", None)
        return bool(code) and name in code.co_names + code.co_freevars

    return breaks


def _nodes(function):
    try:
        return list(ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))))
    except (OSError, TypeError, SyntaxError):
        return []
