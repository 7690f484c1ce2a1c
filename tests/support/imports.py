"""Every import of the program, read with `ast`: at the top, inside functions and under TYPE_CHECKING alike."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "liqdesk"


class Import(NamedTuple):
    """One imported name. `importer` is the importing module, such as `liqdesk.net.rest`; `target` the imported one."""

    importer: str
    target: str
    line: int
    at_start: bool  # runs when the module is imported


def modules() -> dict[str, Path]:
    """Return every module of the program by dotted name; a package stands for its `__init__`."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = list(path.relative_to(ROOT).with_suffix("").parts)
        if parts[-1] == "__init__":
            parts.pop()
        found[".".join(parts)] = path
    return found


def imports_of(name: str, text: str, is_package: bool = False, known: frozenset[str] = frozenset()) -> list[Import]:
    """Return the imports of one module; `from a import b` means `a.b` where that is a known module, else `a`."""
    return list(_walk(ast.parse(text), name, is_package, known, True))


@functools.cache
def all_imports() -> tuple[Import, ...]:
    known = modules()
    found: list[Import] = []
    for name, path in known.items():
        found += imports_of(name, path.read_text("utf-8"), path.name == "__init__.py", frozenset(known))
    return tuple(found)


def _walk(node: ast.AST, name: str, is_package: bool, known: frozenset[str], at_start: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        inner = at_start and not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            inner = False
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(name, alias.name, child.lineno, at_start)
        elif isinstance(child, ast.ImportFrom):
            base = child.module or ""
            if child.level:
                parts = name.split(".")
                kept = parts[: len(parts) - child.level + (1 if is_package else 0)]
                base = ".".join([*kept, *([child.module] if child.module else [])])
            for alias in child.names:
                full = f"{base}.{alias.name}"
                yield Import(name, full if full in known else base, child.lineno, at_start)
        else:
            yield from _walk(child, name, is_package, known, inner)
