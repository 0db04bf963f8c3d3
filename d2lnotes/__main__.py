"""Command line: ``python -m d2lnotes doctor | data | train | record | stamp``."""

import argparse
import sys
from pathlib import Path

from .download import SHA256, DatasetError, fashion_mnist_files

INTERRUPTED = 130  # what a shell expects after Ctrl-C


def main(arguments=None):
    """Run one command.

    Args:
        arguments: Words after ``python -m d2lnotes``; those of the process unless given.

    Returns:
        The exit status.
    """
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except (DatasetError, ArithmeticError, OSError, RuntimeError, TypeError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1


def _parser():
    parser = argparse.ArgumentParser(prog="python -m d2lnotes", description="本书的命令行工具")
    commands = parser.add_subparsers(dest="command", required=True)

    doctor = commands.add_parser("doctor", help="检查这台机器缺什么，怎样补上")
    doctor.set_defaults(run=_doctor)
    data = commands.add_parser("data", help="查找或下载 Fashion-MNIST，并核对校验和")
    data.set_defaults(run=_data)
    train = commands.add_parser("train", help="按方案训练一个网络")
    train.set_defaults(run=_train)
    train.add_argument("model", help="网络的名字，例如 lenet")
    train.add_argument("--recipe", default="textbook", help="方案（默认 textbook）")
    train.add_argument("--seed", type=int, default=0, help="随机种子（默认 0）")
    train.add_argument("--epochs", type=int, help="迭代周期数（默认照方案）")
    train.add_argument("--limit", type=int, help="只用这么多张图像，试运行时用")
    train.add_argument("--device", help="设备（默认用这台机器最好的）")
    train.add_argument("--checkpoint", type=Path, help="每个周期保存一次；文件已存在时接着训练")
    train.add_argument("--json", type=Path, help="把训练记录写进这个文件")
    record = commands.add_parser("record", help="用多个种子训练一个方案，把结果写进 results/")
    record.set_defaults(run=_record)
    record.add_argument("model", help="网络的名字，例如 lenet")
    record.add_argument("--recipe", default="quick", help="方案（默认 quick）")
    record.add_argument("--seeds", type=int, default=5, help="种子数（默认 5），已有的不再训练")
    record.add_argument("--limit", type=int, help="只用这么多张图像，试运行时用")
    record.add_argument("--device", help="设备（默认用这台机器最好的）")
    record.add_argument("--results", type=Path, help="写到这个文件夹（默认是仓库的 results）")
    record.add_argument("--again", action="store_true", help="丢掉已有的记录，全部重来")
    for command in (doctor, data, train, record):
        command.add_argument("--root", type=Path, help="存放数据的文件夹")
    stamp = commands.add_parser("stamp", help="把 _config.yml 里的仓库地址写进每本笔记和 README")
    stamp.set_defaults(run=_stamp)
    stamp.add_argument("book", type=Path, nargs="?", default=Path(), help="书所在的文件夹")
    return parser


def _doctor(options):
    from .doctor import examine

    return int(examine(options.root) > 0)


def _data(options):
    fashion_mnist_files(options.root)
    print(f"Fashion-MNIST：{len(SHA256)} 个文件齐全，校验和全部正确")
    return 0


def _train(options):
    from .distributed import process_group, rank_and_size
    from .recipes import find_recipe, train_recipe

    settings = find_recipe(options.model, options.recipe)
    if options.json and not options.json.parent.is_dir():
        raise OSError(f"--json {options.json}：没有文件夹 {options.json.parent}，请先建好")
    with process_group() as device:
        _, history = train_recipe(
            options.model,
            options.recipe,
            device=device or options.device,
            root=options.root,
            limit=options.limit,
            seed=options.seed,
            num_epochs=settings.num_epochs if options.epochs is None else options.epochs,
            checkpoint=options.checkpoint,
        )
        if rank_and_size()[0] == 0:
            print(history)
            if options.json:
                history.to_json(options.json)
    return INTERRUPTED if history.interrupted else 0


def _record(options):
    from .distributed import process_group, rank_and_size
    from .record import record

    with process_group() as device:
        recorded = record(
            options.model,
            options.recipe,
            seeds=options.seeds,
            device=device or options.device,
            root=options.root,
            limit=options.limit,
            folder=options.results,
            again=options.again,
        )
        if rank_and_size()[0] == 0:
            print(recorded)
    return 0 if len(recorded.runs) >= options.seeds else INTERRUPTED


def _stamp(options):
    from .repository import on_github, repository
    from .stamp import stamp

    changed = stamp(options.book)
    url, _ = repository(options.book)
    if not on_github(url):
        print(f"{url} 不在 GitHub 上：Colab 打不开那里的笔记本，所以没有写打开的链接")
    print("\n".join(f"已写入 {path}" for path in changed) or "都已是最新，没有要写的")
    if changed:
        print("提交并推送之后（branch 是标签的话，再打上标签并推送），Colab 才找得到")
    return 0


if __name__ == "__main__":
    sys.exit(main())
