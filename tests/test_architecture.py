"""What the code promises about its own shape: one door per parser, budgets, nothing forgotten."""

import ast
import builtins
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parts import ROOT

MODULES = sorted((ROOT / "einvoice").rglob("*.py"))
OURS = [path for path in MODULES if "migrations/versions" not in path.as_posix()]
TESTS = sorted((ROOT / "tests").rglob("*.py"))

DOORS = {
    "pypdf": {"formats/pdf.py"},
    "pikepdf": {"formats/hybrid/putting.py"},
    "zipfile": {"exports/packing.py", "formats/zipped.py", "validation/official/configuration.py"},
    "email": {"formats/mail.py", "formats/letter.py"},
    "xml": {"validation/reports/markup.py"},
    "facturx": set(),
    "pickle": {"validation/schema_explain.py"},
    "tarfile": set(),
    "gzip": set(),
    "typst": {"render/pdf.py"},
    "distributed": {"cluster/connection.py", "cluster/working.py"},
}
"""Parser → the only modules that may import it (markup only escapes text, letter and packing only write)."""

XML_DOORS = {
    "formats/xml.py",  # invoices
    "validation/schema.py",  # official schemas, by digest
    "validation/schema_files.py",
    "validation/schema_explain.py",
    "validation/official/configuration.py",  # a configuration the user names
    "exports/provided_schema.py",  # a schema the operator provides, and what we have written ourselves
    "exports/sepa/schema.py",  # the official schema, by digest, and what we have written ourselves
    "validation/official/svrl.py",  # what the official stylesheets answer
}
_PARSES = re.compile(r"etree\.(?:fromstring|parse|XMLParser|iterparse|XML|HTML|ETCompatXMLParser)\b")


def _name(path: Path) -> str:
    return path.relative_to(ROOT / "einvoice").as_posix()


@functools.cache
def _imported(path: Path) -> frozenset[str]:
    return frozenset(_imports(ast.parse(path.read_text("utf-8"))))


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("parser", DOORS)
def test_a_parser_has_one_door(parser: str) -> None:
    users = {_name(path) for path in OURS if parser in _imported(path)}
    assert users <= DOORS[parser]


def test_xml_has_one_door() -> None:
    assert {_name(path) for path in OURS if _PARSES.search(path.read_text("utf-8"))} <= XML_DOORS


@pytest.mark.parametrize("path", [*OURS, *TESTS], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_budgets_hold(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.count("\n") <= 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert (node.end_lineno or 0) - node.lineno < 60, f"{node.name} is too long"


@pytest.mark.parametrize("path", OURS, ids=lambda path: _name(path))
def test_what_is_public_is_documented(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    public = [
        node
        for node in tree.body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_")
    ]
    missing = [node.name for node in public if not ast.get_docstring(node)]
    assert not missing
    assert not tree.body or ast.get_docstring(tree)


ERRORS = re.compile(
    r"\b(?:\w+Error|Refused|Unchecked|Wrong|NotAnInvoice|NotComputable|NotEmbedded|BadExample)\b"
)
ENGLISH = re.compile(r"\b(?:is|are|was|were|has|have|the|no|not|cannot|needs|there|of)\b")


def _english_only(tree: ast.Module) -> Iterator[int]:
    """The lines of errors that are said in one sentence, and that one English."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and len(node.exc.args) == 1:
            said = node.exc.args[0]
            parts = said.values if isinstance(said, ast.JoinedStr) else [said]
            texts = [str(part.value) for part in parts if isinstance(part, ast.Constant)]
            name = ast.unparse(node.exc.func)
            if ERRORS.fullmatch(name) and name not in vars(builtins) and ENGLISH.search(" ".join(texts)):
                yield node.lineno


def test_what_goes_wrong_is_said_in_german_too() -> None:
    found = {_name(path): list(_english_only(ast.parse(path.read_text("utf-8")))) for path in OURS}
    assert not {name: lines for name, lines in found.items() if lines}


def test_nothing_is_left_for_later() -> None:
    later = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b|raise NotImplementedError")
    assert not [path for path in MODULES if later.search(path.read_text("utf-8"))]


def test_no_host_of_a_package_registry_is_named() -> None:
    hosts = re.compile(r"pypi\.org|pythonhosted|registry\.npmjs|repo1?\.maven|crates\.io|deb\.debian")
    kinds = {".toml", ".txt", ".md", ".py", ".sh"}
    made = {".venv", ".git", "demo", ".conformance"}
    ours = [
        p
        for top in ROOT.iterdir()
        if top.name not in made
        for p in (top, *top.rglob("*"))
        if p.suffix in kinds
    ]
    assert not [
        p for p in ours if hosts.search(p.read_text("utf-8", "replace")) and p.name != "test_architecture.py"
    ]
