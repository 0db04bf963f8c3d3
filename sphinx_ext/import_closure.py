"""Which files of a package a piece of Python reaches: modules by import, data by name.

Nothing is imported; the sources are read. The rules, in doubt, count a file too many:

* `import a.b` reaches a/__init__.py and a/b.py, and what those reach in turn, wherever the import
  stands (in a function too, but not under `if TYPE_CHECKING:`).
* `from a import n` reaches a and, where `n` is a submodule, a/n.py.
* Where `a` is a package that only passes names on, `n` reaches the module that owns it and not the
  others: by `from .b import n` in a/__init__.py, or, where `a` loads names on first use (a
  module-level `__getattr__`, PEP 562), by its tables, dict literals from names to modules. A name
  in no table reaches all of them. `a.n` after `import a` counts like `from a import n`.
* A string that names a file reaches it: relative to the module's folder, to the root or to
  results/; with or without .js, .css or .json; with `*`; a folder of data means all its files.
* A .js file reaches the files that it imports with a relative address.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

DATA_SUFFIXES = ("", ".js", ".css", ".json")
SOURCE_SUFFIXES = {".py", ".pyc", ".ipynb", ".md"}  # reached by import, or not at all
JS_IMPORT = re.compile(r"""(?:from|import)\s*\(?\s*["'](\.{1,2}/[^"']+)["']""")


class Closure:
    """Answers for one source tree; keeps what it has read, so make a new one for each build.

    Args:
        root: Folder that holds the packages.
        packages: Names of the packages to follow; other imports are only reported by name.
    """

    def __init__(self, root: Path, packages: Iterable[str]) -> None:
        self.root = root.resolve()
        self.packages = frozenset(packages)
        self._direct = cache(self._direct)
        self._passed_on = cache(self._passed_on)

    def files(self, source: str, folder: Path | None = None) -> tuple[set[Path], set[str]]:
        """Follows a source to its end.

        Args:
            source: Python, such as the joined code cells of a notebook.
            folder: Where its relative file names start; none are looked up if None.

        Returns:
            The files reached, and the top-level names of outside packages imported on the way.
        """
        modules, data = self._reached(ast.parse(source), "", folder)
        reached, outside = set(data), set()
        queue, seen = list(modules), set()
        while queue:
            module = queue.pop()
            top = module.partition(".")[0]
            if module in seen:
                continue
            seen.add(module)
            if top not in self.packages:
                outside.add(top)
                continue
            file = self._file(module)
            if file is None:
                continue
            more, data = self._direct(module)
            reached |= {file} | data
            queue += more
            if "." in module:  # importing a.b runs a/__init__.py
                queue.append(module.rpartition(".")[0])
        return reached, outside

    def everything(self) -> set[Path]:
        """Every file of the packages: the answer when a source cannot be read."""
        files = (file for name in self.packages for file in (self.root / name).rglob("*"))
        return {file for file in files if file.is_file() and "__pycache__" not in file.parts}

    def _file(self, module: str) -> Path | None:
        """The source of a module, or None if it is not in the tree."""
        path = self.root.joinpath(*module.split("."))
        candidates = (path / "__init__.py", path.with_suffix(".py"))
        return next((file for file in candidates if file.is_file()), None)

    def _tree(self, module: str) -> ast.Module:
        return ast.parse(self._file(module).read_text(encoding="utf-8"))

    def _direct(self, module: str) -> tuple[frozenset[str], frozenset[Path]]:
        """Modules and data files that one module names itself."""
        file = self._file(module)
        package = module if file.name == "__init__.py" else module.rpartition(".")[0]
        tree = self._tree(module)
        passed_on = [*_lazy_tables(tree), *(_reexports(tree) if package == module else [])]
        modules, data = self._reached(tree, package, file.parent, passed_on)
        return frozenset(modules), frozenset(data)

    def _reached(
        self, tree: ast.Module, package: str, folder: Path | None, skip: Iterable[ast.AST] = ()
    ) -> tuple[set[str], set[Path]]:
        nodes = list(_walk(tree, skip=skip))
        modules, bound = set(), {}
        for node in nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    modules.add(alias.name)
                    name = alias.asname or alias.name.partition(".")[0]
                    bound[name] = alias.name if alias.asname else name
            elif isinstance(node, ast.ImportFrom):
                base = _absolute(node, package)
                modules.add(base)
                for alias in node.names:
                    found = self._names(base, alias.name)
                    modules |= found
                    if self._is_local(f"{base}.{alias.name}"):
                        bound[alias.asname or alias.name] = f"{base}.{alias.name}"
            elif _is_import_module(node):
                name = node.args[0].value
                modules.add(package + name if name.startswith(".") else name)
        for chain in _chains(nodes):
            module = bound.get(chain[0])
            for name in chain[1:] if module else ():
                modules |= self._names(module, name)
                if not self._is_local(f"{module}.{name}"):
                    break
                module = f"{module}.{name}"
        return modules, self._data(nodes, folder)

    def _is_local(self, module: str) -> bool:
        return module.partition(".")[0] in self.packages and self._file(module) is not None

    def _names(self, module: str, name: str) -> set[str]:
        """Modules that `from module import name` reaches beyond `module` itself."""
        if not self._is_local(module):
            return set()
        found = {f"{module}.{name}"} if self._is_local(f"{module}.{name}") else set()
        owners = self._passed_on(module)
        if name in owners:
            return found | owners[name]
        if found or name in _defined(self._tree(module)):
            return found
        return set().union(*owners.values())  # computed in a way we do not see: `*`, or a typo

    def _passed_on(self, module: str) -> dict[str, set[str]]:
        """Names that a package passes on -> the modules that own them."""
        tree = self._tree(module)
        owners = {}
        for node in _reexports(tree) if self._file(module).name == "__init__.py" else ():
            for alias in node.names:
                owners[alias.asname or alias.name] = {_absolute(node, module)}
        for table in _lazy_tables(tree):
            for key, value in zip(table.keys, table.values, strict=True):
                strings = {n.value for n in ast.walk(value) if _is_string(n)}
                targets = {t for s in strings if (t := self._target(module, s))}
                if targets:
                    owners.setdefault(key.value, set()).update(targets)
                elif target := self._target(module, key.value):  # module -> its names
                    for name in strings:
                        owners.setdefault(name, set()).add(target)
        return owners

    def _target(self, module: str, value: str) -> str | None:
        """The module that an entry such as "lenet", ".lenet", "a.lenet" or "lenet:f" means."""
        value = value.partition(":")[0]
        for candidate in (f"{module}.{value.lstrip('.')}", value):
            if value and self._is_local(candidate):
                return candidate
        return None

    def _data(self, nodes: list[ast.AST], folder: Path | None) -> set[Path]:
        """Files that the strings of a source name, and what those import if they are scripts."""
        folders = [self.root, self.root / "results", *([folder] if folder else [])]
        files = set()
        for node in nodes:
            if _is_string(node) and re.fullmatch(r"[\w.*/+-][\w.*/+ -]{0,99}", node.value):
                for base in folders:
                    files |= _named(base, node.value)
        queue = [file for file in files if file.suffix == ".js"]
        while queue:
            script = queue.pop()
            for address in JS_IMPORT.findall(script.read_text(encoding="utf-8")):
                target = (script.parent / address).resolve()
                if target.is_file() and target not in files:
                    files.add(target)
                    queue.append(target)
        return {file for file in files if file.is_relative_to(self.root)}


def _is_string(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_import_module(node: ast.AST) -> bool:
    if not (isinstance(node, ast.Call) and node.args and _is_string(node.args[0])):
        return False
    function = node.func
    return getattr(function, "attr", getattr(function, "id", "")) == "import_module"


def _walk(tree: ast.AST, skip: list[ast.AST]) -> Iterator[ast.AST]:
    """Every node, but not those in `skip` nor under `if TYPE_CHECKING:`."""
    for node in ast.iter_child_nodes(tree):
        if node in skip:
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            for other in node.orelse:
                yield from _walk(other, skip)
            continue
        yield node
        yield from _walk(node, skip)


def _lazy_tables(tree: ast.Module) -> list[ast.Dict]:
    """Dict literals at module level of a module that has a `__getattr__`."""
    if not any(isinstance(n, ast.FunctionDef) and n.name == "__getattr__" for n in tree.body):
        return []
    assignments = [n for n in tree.body if isinstance(n, (ast.Assign, ast.AnnAssign))]
    return [
        node
        for assignment in assignments
        if assignment.value is not None
        for node in ast.walk(assignment.value)
        if isinstance(node, ast.Dict) and node.keys and all(map(_is_string, node.keys))
    ]


def _reexports(tree: ast.Module) -> list[ast.ImportFrom]:
    """`from .b import n` at the top level."""
    return [n for n in tree.body if isinstance(n, ast.ImportFrom) and n.level == 1 and n.module]


def _defined(tree: ast.Module) -> set[str]:
    """Names that a module binds itself at its top level."""
    names = set()
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        else:
            stored = (n for n in ast.walk(node) if isinstance(n, ast.Name))
            names |= {n.id for n in stored if isinstance(n.ctx, ast.Store)}
    return names


def _absolute(node: ast.ImportFrom, package: str) -> str:
    """The full name of the module in `from .x import y`."""
    if not node.level:
        return node.module or ""
    parents = package.split(".")
    base = parents[: len(parents) - node.level + 1]
    return ".".join([*base, *([node.module] if node.module else [])])


def _chains(nodes: list[ast.AST]) -> Iterator[list[str]]:
    """Every `a.b.c` as ["a", "b", "c"]; a bare name, which may be passed on, as ["a", "*"]."""
    inner = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    for node in nodes:
        if id(node) in inner:
            continue
        chain = []
        while isinstance(node, ast.Attribute):
            chain.append(node.attr)
            node = node.value
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield [node.id, *reversed(chain or ["*"])]


def _named(base: Path, name: str) -> set[Path]:
    """Files that a string means when it is read from a folder, without sources of code and text."""
    if not re.search(r"\w", name) or "**" in name:  # "." or "**/*.json" would mean half the tree
        return set()
    if "*" in name:
        found = [] if name.startswith("/") else base.glob(name)
    else:
        found = [base / (name + suffix) for suffix in DATA_SUFFIXES]
    files = set()
    for path in found:
        if path.is_dir():
            inside = [p for p in path.iterdir() if not p.name.startswith(".")]
            if all(p.is_file() and p.suffix not in SOURCE_SUFFIXES for p in inside):
                files |= set(inside)
        elif path.is_file():
            files.add(path)
    return {file.resolve() for file in files if file.suffix not in SOURCE_SUFFIXES}
