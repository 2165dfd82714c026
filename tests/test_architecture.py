"""What the code promises about its own shape: one door per parser, budgets, nothing forgotten."""

import ast
import builtins
import functools
import re
from dataclasses import dataclass, field
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


@dataclass(slots=True)
class _Seen:
    """What one look at a module shows: parsers it imports, functions that are too long, what is public without a
    docstring, the lines of errors that are said in English only.
    """

    imported: set[str] = field(default_factory=set)
    too_long: list[str] = field(default_factory=list)
    bare: list[str] = field(default_factory=list)
    english: list[int] = field(default_factory=list)


@functools.cache
def _seen(path: Path) -> _Seen:
    tree = ast.parse(path.read_text("utf-8"))
    seen = _Seen(bare=_without_docstring(tree))
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                seen.imported.update(alias.name.split(".")[0] for alias in node.names)
            case ast.ImportFrom(module=str(module), level=0):
                seen.imported.add(module.split(".")[0])
            case ast.FunctionDef() | ast.AsyncFunctionDef() if (node.end_lineno or 0) - node.lineno >= 60:
                seen.too_long.append(node.name)
            case ast.Raise(exc=ast.Call(args=[said]) as made) if _is_english(made, said):
                seen.english.append(node.lineno)
    return seen


def _without_docstring(tree: ast.Module) -> list[str]:
    public = [
        node
        for node in tree.body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_")
    ]
    missing = [node.name for node in public if not ast.get_docstring(node)]
    return missing if not tree.body or ast.get_docstring(tree) else ["the module", *missing]


@pytest.mark.parametrize("parser", DOORS)
def test_a_parser_has_one_door(parser: str) -> None:
    users = {_name(path) for path in OURS if parser in _seen(path).imported}
    assert users <= DOORS[parser]


def test_xml_has_one_door() -> None:
    assert {_name(path) for path in OURS if _PARSES.search(path.read_text("utf-8"))} <= XML_DOORS


@pytest.mark.parametrize("path", [*OURS, *TESTS], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_budgets_hold(path: Path) -> None:
    assert path.read_text("utf-8").count("\n") <= 400
    assert not _seen(path).too_long


@pytest.mark.parametrize("path", OURS, ids=lambda path: _name(path))
def test_what_is_public_is_documented(path: Path) -> None:
    assert not _seen(path).bare


ERRORS = re.compile(
    r"\b(?:\w+Error|Refused|Unchecked|Wrong|NotAnInvoice|NotComputable|NotEmbedded|BadExample)\b"
)
ENGLISH = re.compile(r"\b(?:is|are|was|were|has|have|the|no|not|cannot|needs|there|of)\b")


def _is_english(made: ast.Call, said: ast.expr) -> bool:
    """Whether an error that is raised is said in one sentence, and that one English."""
    parts = said.values if isinstance(said, ast.JoinedStr) else [said]
    texts = [str(part.value) for part in parts if isinstance(part, ast.Constant)]
    name = ast.unparse(made.func)
    return (
        bool(ERRORS.fullmatch(name)) and name not in vars(builtins) and bool(ENGLISH.search(" ".join(texts)))
    )


def test_what_goes_wrong_is_said_in_german_too() -> None:
    found = {_name(path): _seen(path).english for path in OURS}
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
