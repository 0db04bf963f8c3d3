"""Finds a Chromium, or gets one: `python tools/browser.py` prints its path."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

COMMANDS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
)
HOW_TO = (
    "没有找到 Chromium：请安装 Chromium 或 Chrome（Debian/Ubuntu：sudo apt-get install chromium），"
    "或运行 python -m playwright install chromium，或把 $CHROMIUM 设为浏览器的路径。"
)
FLAGS = [
    "--no-sandbox",  # in a container we are root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find() -> str | None:
    """Looks at $CHROMIUM, the PATH and Playwright's own, in this order.

    Raises:
        FileNotFoundError: $CHROMIUM is set, but to nothing that can be run.
    """
    if chosen := os.environ.get("CHROMIUM"):
        path = shutil.which(chosen)
        if path is None:
            raise FileNotFoundError(f"$CHROMIUM 不是可以运行的文件：{chosen}")
        return path
    for command in COMMANDS:
        if path := shutil.which(command):
            return path
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def install() -> None:
    """Tries Playwright's download, then Debian's package when we are root."""
    attempts = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        attempts.append(["apt-get", "update"])
        attempts.append(["apt-get", "install", "-y", "--no-install-recommends", "chromium"])
    for command in attempts:
        subprocess.run(command, stdout=sys.stderr, check=False)
        if find():
            return


def main() -> int:
    """Prints the path of a browser, which it may have to install first."""
    try:
        if find() is None:
            install()
        path = find()
    except FileNotFoundError as error:
        path, reason = None, str(error)
    else:
        reason = HOW_TO
    print(path if path else reason, file=sys.stdout if path else sys.stderr)
    return 0 if path else 1


if __name__ == "__main__":
    sys.exit(main())
