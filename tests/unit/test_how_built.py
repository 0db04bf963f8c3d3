"""The figures in chapters/appendix/how-built.md are those that were measured."""

import json
import re
from pathlib import Path

from d2lnotes import check

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "chapters/appendix/how-built.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| .+；与.+比 \| ([\d.]+) \|$", re.M)
SETTINGS = re.compile(r"^\| .+ \| (\d+) 组 \|", re.M)


def test_speeds_are_those_of_make_bench():
    rows = json.loads((ROOT / "benchmarks/results/cpu.json").read_text(encoding="utf-8"))["rows"]
    assert ROW.findall(PAGE) == [f"{row['times_faster']:.2g}" for row in rows]


def test_counts_of_random_settings_are_those_of_the_test():
    source = (ROOT / "tests/site/test_core.py").read_text(encoding="utf-8")
    drawn = dict(re.findall(r"\[(\w+)\(rng\) for _ in range\((\d+)\)\]\n    truths", source))
    drawn |= dict(re.findall(r"cases = \[(stack)\(rng\) for _ in range\((\d+)\)\]", source))
    names = ("conv_setting", "transposed_setting", "pool_setting", "stack")
    assert SETTINGS.findall(PAGE) == [drawn[name] for name in names]


def test_counts_of_checkers_and_of_known_wrong_answers():
    checkers, mistakes = map(int, re.search(r"(\d+) 多个检查器，认得 (\d+) 多种", PAGE).groups())
    exercises = [getattr(check, name) for name in check.__all__]
    assert 0 <= len(exercises) - checkers < 10
    assert 0 <= sum(len(e.mistakes) + len(e.rules) for e in exercises) - mistakes < 100


def test_every_file_that_it_names_is_there():
    paths = re.findall(r"`([\w.-]+/[\w./-]*)`", PAGE, re.ASCII)
    written = ("_static/", "js/")  # by the build; a folder told beside its parent
    assert len(paths) > 10
    assert not [p for p in paths if not (ROOT / p).exists() and not p.startswith(written)]
