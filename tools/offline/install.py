"""装好本书的 d2lnotes 和数据，再检查还缺什么。不联网。

终端里运行 python install.py，或者在 Jupyter 里打开 notebooks/install.ipynb。
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PIP = ["-m", "pip", "install", "--no-index", "--no-deps", "--force-reinstall"]
HOW_TO = """没有装上 d2lnotes，原因在上面。常见的是：
  - 这个 Python 由系统管理（externally-managed）：用 python -m venv 文件夹 建一个环境，激活后再来；
  - 没有 pip：python -m ensurepip，或在 conda 里 conda install pip；
  - wheels 文件夹里没有 d2lnotes：重新解压一遍。"""


def run(*words):
    """这个 Python 的一条命令：退出码和它说的话。"""
    variables = {**os.environ, "PYTHONUTF8": "1"}  # Windows 的管道默认不是 UTF-8
    done = subprocess.run(
        [sys.executable, *words],
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    return done.returncode, done.stdout


def main():
    """安装，复制，检查。"""
    if sys.version_info < (3, 10):  # noqa: UP036 - an older one gets this far, and no further
        sys.exit("需要 Python 3.10 或更新的版本，现在是 " + sys.version.split()[0])
    failed, said = run(*PIP, "--find-links", str(HERE / "wheels"), "d2lnotes")
    if failed:
        print(said)
        sys.exit(HOW_TO)
    print("d2lnotes 已装好，装进的 Python 是", sys.executable)

    sys.path.insert(0, str(next(HERE.glob("wheels/d2lnotes-*.whl"))))
    from d2lnotes.download import user_cache

    user_cache().mkdir(parents=True, exist_ok=True)
    for file in sorted(HERE.glob("data/*.gz")):
        shutil.copyfile(file, user_cache() / file.name)
    print("数据已复制到", user_cache())

    missing, said = run("-m", "d2lnotes", "doctor")
    print(said)
    if not missing:
        print("打开笔记本：python -m jupyterlab notebooks")


if __name__ == "__main__":
    main()
