"""Checkers: what every exercise must hold, and what the framework says to whatever is handed in."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from d2lnotes import check
from d2lnotes.check._compare import difference, show
from d2lnotes.check._exercise import Exercise

EXERCISES = [getattr(check, name) for name in check.__all__]


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
class TestEveryExercise:
    def test_its_answer_is_right(self, exercise):
        assert exercise(exercise.answer), exercise(exercise.answer)

    def test_it_tells_its_mistakes_apart(self, exercise):
        assert len(exercise.mistakes) + len(exercise.rules) >= 4
        for name, wrong in exercise.mistakes.items():
            result = exercise(wrong)
            assert not result
            assert result.mistake == name, result

    def test_it_has_words_for_all(self, exercise):
        hints = exercise.texts["hints"]
        assert isinstance(hints, tuple) and len(hints) >= 2
        assert set(exercise.texts) == {"task", "hints", *exercise.mistakes, *exercise.rules}
        assert exercise.texts["task"].endswith("。") and exercise.__doc__

    def test_it_carries_its_own_name(self, exercise):
        assert getattr(check, exercise.name) is exercise

    def test_nothing_is_not_an_attempt(self, exercise):
        for nothing in (None, ...):
            assert exercise(nothing).outcome == "unattempted"

    def test_its_cases_are_the_same_each_time_and_leave_chance_alone(self, exercise):
        torch.manual_seed(7)
        before = torch.get_rng_state()
        first, second = exercise.cases(), exercise.cases()
        exercise(exercise.answer)
        assert torch.equal(before, torch.get_rng_state())
        assert [show(args) for args in first] == [show(args) for args in second]
        assert len(first) >= 5


def test_names_are_given_once():
    assert len(check.__all__) == len(set(check.__all__))
    assert dir(check) == sorted(check.__all__)


def test_importing_the_catalogue_loads_no_torch():
    code = "import sys, d2lnotes.check; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_a_wrong_name_is_answered_with_near_ones():
    with pytest.raises(AttributeError, match=r"check\.cor2d .*corr2d"):
        check.cor2d  # noqa: B018
    with pytest.raises(AttributeError, match="dir"):
        check.xyzzy  # noqa: B018


def double_cases(generator):
    while True:
        yield (torch.randint(1, 9, (2, 2), generator=generator).float(),)


@pytest.fixture
def double():
    """A small exercise: twice X."""
    return Exercise(
        "double",
        answer=lambda X: 2 * X,
        cases=double_cases,
        mistakes={"square": lambda X: X * X, "half": lambda X: X / 2},
        texts={"task": "两倍。", "hints": ("一", "二"), "square": "平方了。", "half": "一半。"},
    )


def test_right(double):
    result = double(lambda X: X + X)
    assert result.outcome == "right" and bool(result) is True
    assert "40" in repr(result)


class TestUnattempted:
    def test_stubs(self, double):
        def dots(X): ...

        def nothing(X):
            """Only a docstring."""

        def unwritten(X):
            raise NotImplementedError

        def returned(X):
            return ...

        for stub in (dots, nothing, unwritten, returned, None, ...):
            assert double(stub).outcome == "unattempted", stub

    def test_work_without_return_is_an_attempt(self, double):
        def forgot(X):
            Y = 2 * X  # noqa: F841

        result = double(forgot)
        assert result.outcome == "wrong" and result.mistake == "nothing"
        assert "return" in repr(result)

    def test_torchs_own_not_implemented_is_a_crash(self, double):
        def whole(X):
            return F.avg_pool2d(X.bool()[None, None], 2)

        result = double(whole)
        assert result.outcome == "crashed"
        assert "F.avg_pool2d" in repr(result)


class TestWrong:
    def test_a_known_mistake_is_named(self, double):
        result = double(lambda X: torch.stack([row**2 for row in X]))
        assert result.mistake == "square"
        assert "平方了" in repr(result)

    def test_an_unknown_one_shows_the_smallest_example(self):
        def growing(generator):
            for size in (3, 1, 2):
                yield (torch.ones(size, size),)

        exercise = Exercise(
            "x",
            answer=lambda X: 2 * X,
            cases=growing,
            mistakes={},
            texts={"task": "", "hints": ("",)},
        )
        result = exercise(lambda X: 2 * X + (X.numel() > 1))
        assert result.mistake is None
        assert "例子：X = [[1, 1], [1, 1]]" in repr(result)
        assert "应得：[[2, 2], [2, 2]]" in repr(result)
        assert "你的：[[3, 3], [3, 3]]" in repr(result)

    def test_an_edited_argument_is_named(self, double):
        def in_place(X):
            return X.mul_(2)

        result = double(in_place)
        assert result.outcome == "wrong" and result.mistake == "edited"
        assert "改动了传进来的 X" in repr(result)

    def test_prints_are_caught_and_shown(self, double, capsys):
        def talks(X):
            print("看", X.shape)
            return X

        assert "打印了：看 torch.Size([2, 2])" in repr(double(talks))
        assert capsys.readouterr().out == ""

    def test_other_types_are_named(self, double):
        assert "list" in repr(double(lambda X: (2 * X).tolist()))
        assert "ndarray" in repr(double(lambda X: (2 * X).numpy()))

    def test_a_broken_rule(self, double):
        double.rules["loops"] = lambda function: True
        double.texts["loops"] = "不要循环。"
        result = double(lambda X: 2 * X)
        assert not result and result.mistake == "loops"
        assert "数都对，可是：不要循环" in repr(result)


class TestCrashed:
    def test_the_students_line_is_shown_and_not_ours(self, double):
        def broken(X):
            rows = X.shape[0]
            return helper(rows)

        def helper(rows):
            return rows / 0  # this line

        result = double(broken)
        assert result.outcome == "crashed"
        assert "return rows / 0  # this line" in repr(result)
        assert "ZeroDivisionError: division by zero" in repr(result)
        assert "_student.py" not in repr(result)

    def test_an_error_inside_torch_shows_the_call(self, double):
        def wrong_shapes(X):
            return X @ torch.ones(3, 3)

        assert "X @ torch.ones(3, 3)" in repr(double(wrong_shapes))

    def test_wrong_arguments(self, double):
        def two(X, Y):
            return X

        assert "two(X)" in repr(double(two))
        assert "int(X)" in repr(double(5))

    def test_only_on_some_cases(self, double):
        def fussy(X):
            assert X[0, 0] < 5, "太大"
            return 2 * X

        result = double(fussy)
        assert result.outcome == "crashed" and "太大" in repr(result)

    def test_an_error_each_time_is_named_by_its_words(self, double):
        def transposed(X):
            return X @ torch.ones(3, 1)

        def misspelled(X):
            return X.sums()

        double.mistakes["product"] = transposed
        double.texts["product"] = "形状对不上。"
        assert double(lambda X: X @ torch.ones(3, 1)).mistake == "product"
        assert double(misspelled).mistake is None

        def two(X, Y): ...

        def lonely(X, Y):
            return X + Y

        double.mistakes["product"] = two
        assert double(lonely).mistake == "product"

    def test_an_error_of_another_kind_is_another_mistake(self, double):
        def sometimes(error):
            def attempt(X):
                if X[0, 0] > 4:
                    raise error
                return X

            return attempt

        double.mistakes["large"] = sometimes(RuntimeError())
        double.texts["large"] = "大的数错了。"
        assert double(sometimes(ValueError())).mistake == "large"
        assert double(sometimes(AttributeError())).mistake is None

    def test_long_errors_are_cut(self, double):
        assert len(repr(double(lambda X: torch.rand(X, X, "x")))) < 700

    def test_an_interrupt_passes(self, double):
        def endless(X):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            double(endless)


class TestHints:
    def test_by_number_and_one_after_the_other(self, double):
        assert str(double.hint(2)) == "提示 2/2\n二"
        assert [str(double.hint()) for _ in range(3)] == [
            "提示 1/2\n一",
            "提示 2/2\n二",
            "提示 2/2\n二",
        ]
        assert repr(double.hint(1)) == str(double.hint(1))

    @pytest.mark.parametrize("number", [0, 3, -1, True, "1", 1.5])
    def test_no_such_hint(self, double, number):
        with pytest.raises(ValueError, match=r"有 2 条提示"):
            double.hint(number)


def test_html_is_escaped(double):
    def evil(X):
        raise ValueError("<script>alert(1)</script>")

    html = double(evil)._repr_html_()
    assert "<script>" not in html and "&lt;script&gt;" in html
    assert "<b>" not in double.hint(1)._repr_html_()


class TestDifference:
    @pytest.mark.parametrize(
        ("expected", "got"),
        [
            (3, 3),
            (3, torch.tensor(3)),
            (3, np.int64(3)),
            (0.5, torch.tensor(0.5)),
            (0.5, 0.5 + 1e-7),
            (True, True),
            (True, torch.tensor(True)),
            ((1, 2), [1, 2]),
            ((1, 2), torch.Size([1, 2])),
            ((1, 2), torch.tensor([1, 2])),
            (torch.ones(2), torch.ones(2).double()),
            (torch.ones(2), torch.ones(2, dtype=torch.long)),
            (torch.ones(2), torch.ones(2, requires_grad=True)),
        ],
    )
    def test_same(self, expected, got):
        assert difference(expected, got) is None

    @pytest.mark.parametrize(
        ("expected", "got", "says"),
        [
            (3, 4, "数不对"),
            (3, 3.0, "整数"),
            (100_000, 100_001, "数不对"),
            (3, True, "bool"),
            (3, "3", "str"),
            (3, float("nan"), "数不对"),
            (True, 1, "int"),
            (0.5, 0.51, "数不对"),
            ((1, 2), 1, "int"),
            ((1, 2), (1, 2, 3), "3 个"),
            ((1, 2), (2, 1), "第 1 个值：数不对"),
            (("竖边", 2), ("竖边", 3), "第 2 个值：数不对"),
            ("竖边", "横边", "结果不对"),
            (torch.ones(2), torch.ones(2, 1), r"(2, 1)"),
            (torch.ones(2), 1.0, "float"),
            (torch.ones(2), torch.tensor([1.0, 2.0]), "有 1 个数不对"),
            (torch.ones(2), torch.tensor([1.0, float("nan")]), "NaN"),
            (torch.ones(2), [1.0, 1.0], "list"),
        ],
    )
    def test_different(self, expected, got, says):
        assert says in difference(expected, got)


def test_a_picture_is_shown_row_by_row():
    assert show(torch.ones(2, 2)) == "[[1, 1], [1, 1]]"
    assert show(torch.eye(3)) == "\n[[1, 0, 0],\n [0, 1, 0],\n [0, 0, 1]]"
    assert show(torch.ones(3, 1)) == "[[1], [1], [1]]"


def test_modules_and_classes_may_be_handed_in():
    def through(layer, X):
        return layer(X)

    exercise = Exercise(
        "layer",
        answer=nn.Identity(),
        cases=double_cases,
        use=through,
        mistakes={"relu": nn.Tanh()},
        texts={"task": "", "hints": ("",), "relu": "tanh。"},
    )
    assert exercise(nn.Sequential())
    assert exercise(nn.Tanh()).mistake == "relu"

    class Unwritten(nn.Module): ...

    assert exercise(Unwritten()).outcome == "unattempted"


def test_a_class_is_attempted_once_it_has_a_method():
    exercise = Exercise(
        "layer",
        answer=nn.Identity,
        cases=double_cases,
        use=lambda layer_class, X: layer_class()(X),
        mistakes={},
        texts={"task": "", "hints": ("",)},
    )

    class Unwritten(nn.Module): ...

    class Sketched(nn.Module):
        def forward(self, X): ...

    class Misspelled(nn.Module):
        def foward(self, X):
            return X

    assert exercise(nn.Identity)
    assert exercise(Unwritten).outcome == exercise(Sketched).outcome == "unattempted"
    assert 'missing the required "forward"' in repr(exercise(Misspelled))
