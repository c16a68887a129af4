"""The core is pure: it loads no framework, and looks at no clock, disk or environment."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import policygen.core

FOLDER = Path(policygen.core.__file__).parent
MODULES = sorted(FOLDER.rglob("*.py"))
ALLOWED = {
    *(
        "__future__",
        "bisect",
        "heapq",
        "calendar",
        "collections",
        "dataclasses",
        "datetime",
        "difflib",
        "enum",
        "functools",
    ),
    *("hashlib", "itertools", "json", "re", "typing", "unicodedata", "urllib"),
    *("jinja2", "markdown_it", "policygen"),
}


def _name(module: Path) -> str:
    return ".".join(("policygen.core", *module.relative_to(FOLDER).with_suffix("").parts))


def test_there_are_modules_to_look_at() -> None:
    assert len(MODULES) > 10


@pytest.mark.parametrize("module", MODULES, ids=_name)
def test_a_module_imports_only_what_is_pure(module: Path) -> None:
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            assert name.partition(".")[0] in ALLOWED
            assert not name.startswith("policygen") or name.startswith("policygen.core")


@pytest.mark.parametrize("module", MODULES, ids=_name)
def test_a_module_calls_no_clock_no_file_and_no_template_and_builds_no_format_string(
    module: Path,
) -> None:
    banned = {"today", "now", "open", "print", "eval", "exec", "input", "__import__", "utcnow"}
    banned |= {"format", "format_map", "from_string", "compile_expression", "render", "strftime"}
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            assert name not in banned, f"line {node.lineno}: {name}"
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            assert not isinstance(node.left, ast.Constant | ast.JoinedStr), f"line {node.lineno}"


def test_the_core_loads_no_django_and_no_yaml() -> None:
    names = [_name(module) for module in MODULES if module.stem != "__init__"]
    program = f"import sys, {', '.join(names)}\n" + (
        "print(sorted({n.partition('.')[0] for n in sys.modules} & "
        "{'django', 'yaml', 'weasyprint', 'formtools', 'sqlite3', 'socket'}))"
    )
    found = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == "[]"
