"""Where the book's repository is, as ``_config.yml`` says it, and how Colab opens its files."""

import re
from pathlib import Path
from urllib.parse import urlsplit

PLACEHOLDERS = {"OWNER", "REPO"}
COLAB = "https://colab.research.google.com/github"


def is_placeholder(url):
    """Whether an address is the one the book comes with, which leads nowhere."""
    return bool(PLACEHOLDERS & set(urlsplit(url).path.split("/")))


def on_github(url):
    """Whether an address is one that Colab can open notebooks from."""
    return url.startswith("https://github.com/")


def colab_address(url, ref, path):
    """Where Colab opens a file of a repository on GitHub."""
    return f"{COLAB}{urlsplit(url).path}/blob/{ref}/{path}"


def repository(book):
    """The repository's URL, which may be the placeholder, and its branch or tag.

    Args:
        book: Folder of ``_config.yml``.

    Raises:
        ValueError: If they are missing or malformed.
    """
    file = Path(book) / "_config.yml"
    if not file.is_file():
        raise ValueError(f"没有 {file}：请在书的文件夹里运行")
    try:
        import yaml  # comes with jupyter-book; readers do not need it
    except ModuleNotFoundError as error:
        raise ValueError("要读 _config.yml：请先运行 pip install pyyaml") from error
    try:
        config = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ValueError(f"_config.yml 不是合法的 YAML：{error}") from error
    section = config.get("repository") if isinstance(config, dict) else None
    if not isinstance(section, dict) or not {"url", "branch"} <= set(section):
        raise ValueError("_config.yml 里要有 repository，下面要有 url 和 branch 两项")
    if fault := _fault_of_url(section["url"]):
        raise ValueError(
            f"_config.yml 里的 repository.url {fault}。应像 https://github.com/zhang/cnn"
        )
    if fault := _fault_of_ref(section["branch"]):
        raise ValueError(f"_config.yml 里的 repository.branch {fault}")
    return section["url"], section["branch"]


def _fault_of_url(url):
    """What keeps pip, Colab or a link from using an address, or None."""
    if not isinstance(url, str) or not re.fullmatch(r"[\w./:@~%+-]+", url, re.ASCII):
        return f"是 {url!r}：有空格，或网址里不能有的字符"
    parts = urlsplit(url)
    if "@" in parts.netloc:  # not repeated here: it may hold a password
        return "里有用户名或密码，它会写进每本笔记，人人看得到"
    if parts.scheme not in ("https", "http", "file"):
        return f"是 {url!r}：要以 https:// 开头"
    if url.endswith(("/", ".git")):
        return f"是 {url!r}：末尾不要斜线和 .git"
    names = [name for name in parts.path.split("/") if name]
    if len(names) < 2 or (on_github(url) and len(names) > 2):
        return f"是 {url!r}：网站后面要有两段，所有者和仓库"
    return None


def _fault_of_ref(ref):
    if not isinstance(ref, str):
        return f'是 {ref!r}，不是文字：请加引号，例如 branch: "1.10"'
    if not re.fullmatch(r"\w[\w.+-]*(/\w[\w.+-]*)*", ref, re.ASCII):
        return f"是 {ref!r}：应是分支或标签的名字，例如 main 或 v1"
    return None
