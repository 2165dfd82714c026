"""Every command says what it does, in both languages, with an example; nothing is left in the other one."""

import re
from collections.abc import Iterator

import pytest

from einvoice.interfaces.cli import commands
from tests.interfaces.calls import call

GROUPS = {
    "rules": ("list", "releases", "diff", "install", "use", "remove", "decide"),
    "inbox": (
        "list",
        "show",
        "open-to-operator",
        "note",
        "ask",
        "answer",
        "release",
        "reject-duplicate",
        "assign",
        "dunning",
    ),
    "posting": (
        "show",
        "set",
        "split",
        "propose",
        "linked",
        "standing-order",
        "standing-orders",
        "end-standing-order",
        "deduct",
        "retain",
        "skonto",
        "take-back",
        "retained",
        "release",
    ),
    "master": ("import", "list"),
    "outbox": ("list", "show", "send", "discard"),
    "approve": (
        "confirm",
        "budget",
        "authorise",
        "visa",
        "assign",
        "hold",
        "release",
        "take-over",
        "undo",
        "return",
        "list",
        "proposals",
        "accept",
        "decline",
        "voucher",
    ),
    "batch": (
        "list",
        "show",
        "build",
        "take-out",
        "close",
        "export",
        "protocol",
        "verify",
        "sheet",
        "acknowledge",
        "reopen",
        "acknowledge-file",
    ),
    "export": ("columns", "formats", "profile", "target"),
    "supplier": ("list", "show", "confirm-iban", "withdraw-iban", "merge"),
    "tenant": (
        "list",
        "add",
        "import",
        "show",
        "answers",
        "route",
        "routing",
        "exports",
        "overview",
        "payment",
        "datev",
        "datev-xml",
        "xdomea",
        "trial",
        "export",
        "remove",
        "chain",
        "office",
        "reply",
        "deadlines",
        "posting",
        "posting-rules",
    ),
    "archive": (
        "verify",
        "head",
        "export",
        "bundle",
        "retention",
        "expire",
        "hold",
        "release",
        "procedure",
        "move",
    ),
    "user": (
        "list",
        "add",
        "mail",
        "role",
        "deputy",
        "leave",
        "own",
        "web-invite",
        "web-link",
        "web-reset",
        "token",
    ),
}
INNER = {
    ("export", "profile"): ("list", "show", "check", "preview", "names"),
    ("export", "target"): ("list", "set", "remove", "due"),
}
ENGLISH = re.compile(r"Usage|Options:|Arguments:|Commands:|Show this|\[required|default:|OPTIONS|Example")
GERMAN = re.compile(r"Aufruf|Optionen|Angaben|Befehle|Zeigt|nötig|Standard:|Beispiel|[äöüß]")


def _calls() -> Iterator[tuple[str, ...]]:
    for name in commands.MODULES:
        yield (name,)
        yield from ((name, inner) for inner in GROUPS.get(name, ()))
    for group, names in INNER.items():
        yield from ((*group, inner) for inner in names)


@pytest.mark.parametrize("words", list(_calls()), ids=" ".join)
@pytest.mark.parametrize(("lang", "other"), [("de", ENGLISH), ("en", GERMAN)])
def test_help_is_in_one_language(words: tuple[str, ...], lang: str, other: re.Pattern[str]) -> None:
    page = call(*words, "--help", lang=lang)
    assert (page.code, page.err) == (0, "")
    assert page.out.startswith("Aufruf: einvoice" if lang == "de" else "Usage: einvoice")
    assert not other.findall(page.out)


@pytest.mark.parametrize("name", commands.MODULES)
@pytest.mark.parametrize("lang", ["de", "en"])
def test_help_has_an_example(name: str, lang: str) -> None:
    page = " ".join(call(name, "--help", lang=lang).out.split())
    assert re.search(rf"(?:Beispiel|Example):? einvoice {name}\b", page)


@pytest.mark.parametrize("lang", ["de", "en"])
def test_the_first_page_names_every_command(lang: str) -> None:
    page = call("--help", lang=lang)
    assert page.code == 0
    assert [line.split()[0] for line in page.out.splitlines() if re.match(r"  [a-z]+  ", line)] == list(
        commands.MODULES
    )


@pytest.mark.parametrize(("alias", "name"), commands.ALIASES.items())
def test_german_names_of_commands(alias: str, name: str) -> None:
    of_alias, of_name = call(alias, "--help"), call(name, "--help")
    assert of_alias.code == of_name.code == 0
    assert of_alias.out.splitlines()[1:] == of_name.out.splitlines()[1:]


def test_groups_are_complete() -> None:
    groups: list[tuple[tuple[str, ...], tuple[str, ...]]] = [
        ((name,), inner) for name, inner in GROUPS.items()
    ]
    for words, inner in [*groups, *INNER.items()]:
        page = call(*words, "--help").out
        found = re.findall(r"^  ([a-z-]+)(?:  |$)", page.partition("Befehle:")[2], re.MULTILINE)
        assert tuple(found) == inner
