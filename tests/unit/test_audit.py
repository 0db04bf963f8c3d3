"""`make audit`: what it makes of the answers of pip-audit and npm, of licences and of the zip."""

import io
import json
import zipfile
from pathlib import Path

import pytest

import audit
from licences import RULE, UNKNOWN

OURS = "MIT License; texts CC BY-SA 4.0"


@pytest.mark.parametrize(
    ("licence", "may"),
    [
        ("MIT", True),
        ("BSD License", True),
        ("(MPL-2.0 OR Apache-2.0)", True),
        ("MIT AND ISC", True),
        ("MIT AND GPL-3.0-only", False),
        ("AGPL-3.0 OR GPL-3.0-only", False),
        ("ISC License (ISCL)", True),
        ("unknown", False),
        ("", False),
    ],
)
def test_what_may_be_shipped(licence: str, may: bool) -> None:
    assert audit.allowed(licence, audit.TO_SHIP) is may


def test_every_installed_package_has_a_known_licence(capsys: pytest.CaptureFixture) -> None:
    assert audit.used_licences() == []
    assert "MIT" in capsys.readouterr().out


def pip_audit_says(**package: object) -> list[str]:
    answer = {"dependencies": [{"name": "left", "version": "1.0", "vulns": []}, package]}
    return audit.read_pip_audit(json.dumps(answer), "")


def test_a_vulnerable_python_package_is_named_with_the_version_that_mends_it() -> None:
    hole = {"id": "PYSEC-2026-1", "fix_versions": ["3.1.3"], "aliases": []}
    (problem,) = pip_audit_says(name="jinja2", version="3.1.2", vulns=[hole])
    assert all(word in problem for word in ("jinja2 3.1.2", "PYSEC-2026-1", "3.1.3"))
    assert pip_audit_says(name="jinja2", version="3.1.6", vulns=[]) == []


def test_a_package_that_was_not_looked_up_is_no_clean_package() -> None:
    (problem,) = pip_audit_says(name="jinja2", skip_reason="Dependency not found on PyPI")
    assert "没有查到 jinja2" in problem
    (problem,) = audit.read_pip_audit("", "WARNING: a\nERROR:pip_audit._cli:jinja2: not found\n")
    assert "不等于没有漏洞" in problem and "jinja2: not found" in problem


def test_npm() -> None:
    found = {"lodash": {"severity": "high", "range": "<4.17.21"}}
    (problem,) = audit.read_npm_audit(json.dumps({"vulnerabilities": found}), "")
    assert "lodash（<4.17.21）" in problem and "high" in problem
    assert audit.read_npm_audit('{"vulnerabilities": {}}', "") == []
    refused = '{"message": "405 Method Not Allowed", "statusCode": 405}'
    for problems in (audit.read_npm_audit(refused, ""), audit.read_npm_audit("", "no network")):
        assert len(problems) == 1 and "不等于没有漏洞" in problems[0]


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a built book, with no site in it yet."""
    monkeypatch.setattr(audit, "SHIPPED", tmp_path / "html/_static/LICENSES.txt")
    audit.SHIPPED.parent.mkdir(parents=True)
    return tmp_path


def test_what_the_site_carries(build: Path) -> None:
    assert "make book" in audit.shipped_licences()[0]
    entries = [
        f"The book itself\n\n{OURS}",
        "good 1.0 (BSD License)\n\nCopyright somebody",
        "copyleft 2.0 (GPL-3.0-only)\n\nCopyright somebody",
        "bare 3.0 (MIT)",
        f"{UNKNOWN}\nscripts/found.js",
    ]
    audit.SHIPPED.write_text(RULE.join(entries) + "\n", encoding="utf-8")
    named = ("copyleft 2.0", "bare 3.0", "_static/scripts/found.js")
    problems = audit.shipped_licences()
    assert len(problems) == len(named)
    assert all(name in problem for name, problem in zip(named, problems, strict=True))


def packed(files: dict[str, str | bytes]) -> bytes:
    """A zip of these files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


def test_notices_in_the_zip_and_in_its_wheel(build: Path) -> None:
    assert "make zip" in audit.zip_notices()[0]
    files = {
        "book/LICENSE.txt": "\ufeff" + OURS,
        "book/site/_static/LICENSES.txt": f"{OURS}; Zalando SE",
        "book/wheels/d2lnotes.whl": packed({"d2lnotes-1.dist-info/licenses/LICENSE": OURS}),
    }
    (build / "book.zip").write_bytes(packed(files))
    assert audit.zip_notices() == []
    files["book/wheels/d2lnotes.whl"] = packed({"d2lnotes-1.dist-info/METADATA": ""})
    files["book/LICENSE.txt"] = "MIT License"
    del files["book/site/_static/LICENSES.txt"]
    (build / "book.zip").write_bytes(packed(files))
    assert len(audit.zip_notices()) == 3
