"""One exercise: the right answer, the wrong ones that are known, and what to say to each."""

import inspect
from itertools import islice

import torch

from ._compare import difference, show
from ._result import Hint, Result
from ._student import error_line, is_stub, run

TEXTS = {
    "right": "对了：{count} 组例子全部符合。",
    "unattempted": "还没有作答：把 ... 换成你的代码，再运行这一格。",
    "no_kernel": "（正在读网页的话：请在 Colab 或 Jupyter 里打开这一章，代码在那里运行。）",
    "wrong": "还不对。",
    "crashed": "运行到一半出错了。",
    "line": "出错的是你的第 {number} 行：{source}",
    "arguments": "应能这样调用：{call}。",
    "nothing": "函数没有返回值：最后是不是少了 return？",
    "printed": "你的代码打印了：{text}",
    "edited": "你的代码改动了传进来的 {names}：别人还要用它。"
    "请先复制一份（张量用 .clone()），或者写进新的。",
    "mistake": "看起来：{reason}",
    "values_right": "数都对，可是：{reason}",
    "example": "例子：{example}",
    "expected": "应得：{value}",
    "got": "你的：{value}",
    "error": "{kind}: {message}",
    "hint": "提示：运行 check.{name}.hint()，一共 {count} 条。",
    "hint_title": "提示 {number}/{count}",
    "no_hint": "check.{name} 有 {count} 条提示：请给 1 到 {count} 的整数，现在是 {number!r}",
}

LONGEST_ERROR = 250
# what a wrong shape or place raises depends on how the code is written, other kinds do not
MISFITS = (RuntimeError, ValueError, IndexError)


def call(submission, *args):
    """The plainest use of a submission: a function, called."""
    return submission(*args)


class Exercise:
    """A checker: call it with a submission, and it says what it thinks.

    Args:
        name: Name in ``check``.
        answer: A right submission.
        cases: Function of a ``torch.Generator`` that yields tuples of arguments.
        mistakes: Wrong submissions by name, the more special first; what an examined submission
            does is compared with each.
        texts: Chinese: ``'task'``, ``'hints'`` (a tuple, from a question to nearly the code), and
            a sentence for each name in ``mistakes`` and ``rules``.
        use: What is done with a submission and a case's arguments; calls it if left out.
        rules: Predicates by name of what a submission must not be, although its values are right
            (a loop where none is wanted).
        count: How many cases are tried.
    """

    def __init__(
        self, name, *, answer, cases, mistakes, texts, use=call, rules=None, count=40, seed=0
    ):
        self.name, self.answer, self.mistakes, self.texts = name, answer, mistakes, texts
        self.use, self.rules = use, rules or {}
        self._make_cases, self._count, self._seed = cases, count, seed
        self._hints_shown = 0
        self.__doc__ = texts["task"]

    def __repr__(self):
        return f"check.{self.name}：{self.texts['task']}"

    def __call__(self, submission):
        """Examine a submission on all cases.

        Args:
            submission: What the exercise asks for: mostly a function.

        Returns:
            A :class:`Result`, true only if the submission is right.
        """
        cases = self.cases()
        runs = [run(self.use, submission, args) for args in cases[:1]]
        if is_stub(submission, runs[0]):
            return Result("unattempted", TEXTS["unattempted"], (TEXTS["no_kernel"], self._way_on()))
        runs += [run(self.use, submission, args) for args in cases[1:]]
        expected = [run(self.use, self.answer, args).value for args in cases]
        failing = [i for i in range(len(cases)) if not _is_right(expected[i], runs[i])]
        if failing:
            smallest = min(failing, key=lambda i: _size(cases[i]))
            mistake = self._mistake(cases, runs)
            return self._refuse(
                submission, cases[smallest], expected[smallest], runs[smallest], mistake
            )
        rules = self.rules.items()
        broken = next((rule for rule, breaks in rules if run(breaks, submission, ()).value), None)
        if broken:
            reason = TEXTS["values_right"].format(reason=self.texts[broken])
            return Result("wrong", TEXTS["wrong"], (reason, self._way_on()), broken)
        return Result("right", TEXTS["right"].format(count=len(cases)))

    def cases(self):
        """The cases that a submission is tried on, the same at each call."""
        generator = torch.Generator().manual_seed(self._seed)
        return list(islice(self._make_cases(generator), self._count))

    def hint(self, number=None):
        """A hint: the next one, or the one with this number, from 1.

        Raises:
            ValueError: If there is no such hint.
        """
        hints = self.texts["hints"]
        if number is None:
            number = self._hints_shown = min(self._hints_shown + 1, len(hints))
        if isinstance(number, bool) or number not in range(1, len(hints) + 1):
            raise ValueError(
                TEXTS["no_hint"].format(name=self.name, count=len(hints), number=number)
            )
        title = TEXTS["hint_title"].format(number=number, count=len(hints))
        return Hint(f"{title}\n{hints[number - 1]}")

    def _mistake(self, cases, runs):
        pairs = list(zip(cases, runs, strict=True))
        # one misfit resembles another: where nothing else speaks, the words must be the same
        alike = _same_error if all(mine.error for mine in runs) else _alike
        for name, wrong in self.mistakes.items():
            if all(alike(run(self.use, wrong, args), mine) for args, mine in pairs):
                return name
        return None

    def _refuse(self, submission, args, expected, mine, mistake):
        reason = [TEXTS["mistake"].format(reason=self.texts[mistake])] if mistake else []
        names = self._argument_names(args)
        pairs = "，".join(f"{name} = {show(arg)}" for name, arg in zip(names, args, strict=True))
        example = [
            TEXTS["example"].format(example=pairs),
            TEXTS["expected"].format(value=show(expected)),
        ]
        if mine.printed:
            example.append(TEXTS["printed"].format(text=show_printed(mine.printed)))
        if mine.error:
            details = [*self._crash(submission, args, mine.error), *reason, *example]
            return Result("crashed", TEXTS["crashed"], (*details, self._way_on()), mistake)
        if mine.value is None:
            return Result("wrong", TEXTS["wrong"], (TEXTS["nothing"], *example), "nothing")
        if mine.edited:
            edited = "、".join(names[i] for i in mine.edited)
            reason.insert(0, TEXTS["edited"].format(names=edited))
            mistake = mistake or "edited"
        example.append(TEXTS["got"].format(value=show(mine.value)))
        how = difference(expected, mine.value)
        details = [*(reason or [how]), *example, self._way_on()]
        return Result("wrong", TEXTS["wrong"], tuple(details), mistake)

    def _crash(self, submission, args, error):
        lines = [TEXTS["error"].format(kind=type(error).__name__, message=shortened(str(error)))]
        place = error_line(error)
        if place:
            lines.insert(0, TEXTS["line"].format(number=place[0], source=place[1]))
        elif isinstance(error, TypeError) and not inspect.isclass(submission):
            names = ", ".join(self._argument_names(args))
            name = getattr(submission, "__name__", type(submission).__name__)
            lines.append(TEXTS["arguments"].format(call=f"{name}({names})"))
        return lines

    def _argument_names(self, args):
        """Names for the arguments of a case: those of ``use``, else those of the answer."""
        for function, skipped in ((self.use, 1), (self.answer, 0)):
            try:
                parameters = list(inspect.signature(function).parameters.values())[skipped:]
            except (TypeError, ValueError):
                continue
            names = [p.name for p in parameters if p.kind is not p.VAR_POSITIONAL][: len(args)]
            if len(names) == len(args):
                return names
        return [f"参数 {i}" for i in range(1, len(args) + 1)]

    def _way_on(self):
        return TEXTS["hint"].format(name=self.name, count=len(self.texts["hints"]))


def show_printed(text):
    """The first lines of what a student's code printed."""
    lines = text.strip().splitlines()
    return " ⏎ ".join(lines[:3]) + (" …" if len(lines) > 3 else "")


def shortened(text):
    """Errors of torch may list every overload of a function."""
    return text if len(text) <= LONGEST_ERROR else text[:LONGEST_ERROR] + "…"


def _is_right(expected, mine):
    return mine.error is None and not mine.edited and difference(expected, mine.value) is None


def _alike(wrong, mine):
    if wrong.error and mine.error:
        both_misfit = isinstance(wrong.error, MISFITS) and isinstance(mine.error, MISFITS)
        return both_misfit or type(wrong.error) is type(mine.error)
    if wrong.error or mine.error:
        return False
    return wrong.value is not None and difference(wrong.value, mine.value) is None


def _same_error(wrong, mine):
    return type(wrong.error) is type(mine.error) and wrong.told == mine.told


def _size(args):
    """How much a reader of a failing example has to read."""
    return sum(arg.numel() if isinstance(arg, torch.Tensor) else _length(arg) for arg in args)


def _length(arg):
    if isinstance(arg, (tuple, list)):
        return _size(arg)
    return abs(arg) if isinstance(arg, (int, float)) else 1
