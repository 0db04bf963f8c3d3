"""Command line: ``python -m d2lnotes data | stamp``."""

import argparse
import sys
from pathlib import Path

from .download import SHA256, DatasetError, fashion_mnist_files


def main(arguments=None):
    """Run one command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m d2lnotes", description="本书的命令行工具")
    commands = parser.add_subparsers(dest="command", required=True)
    data = commands.add_parser("data", help="查找或下载 Fashion-MNIST，并核对校验和")
    data.add_argument(
        "--root", type=Path, help="存放数据的文件夹（默认用 $D2LNOTES_DATA 或用户缓存）"
    )
    stamp = commands.add_parser(
        "stamp", help="把 _config.yml 里的仓库地址写进每本笔记的第一个单元格"
    )
    stamp.add_argument(
        "book", type=Path, nargs="?", default=Path(), help="_config.yml 所在的文件夹"
    )
    options = parser.parse_args(arguments)
    return {"data": _data, "stamp": _stamp}[options.command](options)


def _data(options):
    try:
        fashion_mnist_files(options.root)
    except DatasetError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Fashion-MNIST：{len(SHA256)} 个文件齐全，校验和全部正确")
    return 0


def _stamp(options):
    from .stamp import stamp

    changed = stamp(options.book)
    print("\n".join(f"已写入 {path}" for path in changed) or "所有笔记本都已是最新")
    return 0


if __name__ == "__main__":
    sys.exit(main())
