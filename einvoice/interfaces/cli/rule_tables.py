"""Pages for `explain` about rules that stand in tables: syntax rules, Factur-X profiles, our own findings."""

import re
import tomllib
from functools import cache
from typing import Any

from einvoice import data, rulebook
from einvoice.interfaces.cli.rule_page import SYNTAXES, Lang, Page, unfilled
from einvoice.model.terms import terms
from einvoice.rulebook.facturx import PROFILES, VERSION
from einvoice.rulebook.facturx.plan import rows
from einvoice.rulebook.facturx.states import Row
from einvoice.rulebook.facturx.words import TITLES
from einvoice.rulebook.syntax import SyntaxRule, syntax_rules


def syntax_ids(release: str) -> set[str]:
    """Every id of the syntax rules of a release."""
    version = rulebook.release(release).versions["en16931"]
    return {row.id for syntax in ("ubl-invoice", "cii") for row in syntax_rules(version, syntax).rows}


def syntax_page(rule: str, release: str, lang: Lang) -> Page | None:
    """The page of a UBL-CR, UBL-SR, UBL-DT, CII-SR or CII-DT rule."""
    version = rulebook.release(release).versions["en16931"]
    for syntax in ("ubl-invoice", "cii"):
        row = syntax_rules(version, syntax).by_id.get(rule)
        if row is not None:
            place = row.source[row.source.rfind("/rules/") + 1 :]
            page = Page(rule, f"en16931 {version}, {place}", [syntax_sentence(row, lang)])
            page.artefact, page.since, page.until = "en16931", row.since, row.until
            page.fix = syntax_rules(version, syntax).hint(lang, rule)
            page.severities = _syntax_severities(row, syntax)
            page.computed = {
                syntax.split("-")[0].upper(): _columns(row.context, row.kind, row.path, row.limit)
            }
            return page
    return None


def syntax_sentence(row: SyntaxRule, lang: Lang) -> str:
    """What a syntax rule says, without the values of any document."""
    words = _toml("syntax/messages.toml")
    kind = words["rule"].get(row.id) or words[row.kind]
    if row.kind == "absent" and row.id not in words["rule"]:
        kind = kind["attribute" if "@" in row.path else "element"]
    element = row.path if row.kind == "absent" and "@" not in row.path else row.context
    values = {
        "element": re.sub(r"\[[^]]*]", "", element.partition("@")[0]).strip("/").rpartition("/")[2],
        "attribute": row.path.rpartition("@")[2],
        "path": re.sub(r"\[[^]]*]", "", row.path.removeprefix("//")),
        "limit": row.limit,
        "text": "…",
    }
    return str(kind[lang]).format_map(values)


def _syntax_severities(row: SyntaxRule, syntax: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for profile in rulebook.profiles().values():
        for own in profile.syntaxes:
            if own.startswith(syntax.split("-")[0]):
                severity = profile.severities(own).get(row.id, row.severity)
                found.setdefault(profile.name, {})[SYNTAXES[own]] = severity
    return found


def facturx_ids() -> set[str]:
    """Every id of the Factur-X profiles."""
    return {row.rule for profile in PROFILES for row in rows(profile)}


def facturx_page(rule: str, lang: Lang) -> Page | None:
    """The page of a rule of the Factur-X profiles; None if none of them has it."""
    found = {profile: [row for row in rows(profile) if row.rule == rule] for profile in PROFILES}
    found = {profile: own for profile, own in found.items() if own}
    if not found:
        return None
    first = next(iter(found))
    page = Page(rule, f"Factur-X {VERSION}, rules/factur-x/{first}.tsv:{found[first][0].line}", [])
    page.says = _sentences(found, lang)
    page.terms = tuple(dict.fromkeys(t for own in found.values() for row in own for t in _terms(row)))
    for profile, own in found.items():
        page.severities[f"facturx-{profile}"] = {
            "CII": " / ".join(dict.fromkeys(row.severity for row in own))
        }
        page.computed[TITLES[profile]] = [
            line for row in own for line in _columns(row.context, row.kind, row.path, row.limit)
        ]
        norms = sorted({row.norm for row in own} - {"", rule})
        page.remarks += [f"{TITLES[profile]}: {', '.join(norms)} (EN 16931)"] if norms else []
    return page


def _sentences(found: dict[str, list[Row]], lang: Lang) -> list[str]:
    """What the rows say, each sentence once for all profiles that share it."""
    said: dict[str, list[str]] = {}
    for profile, own in found.items():
        for row in own:
            profiles = said.setdefault(_sentence(row, lang), [])
            profiles += [TITLES[profile]] if TITLES[profile] not in profiles else []
    return [sentence.replace("{profile}", ", ".join(profiles)) for sentence, profiles in said.items()]


def _sentence(row: Row, lang: Lang) -> str:
    """A row's message, `{profile}` left open."""
    words = _toml("factur-x/messages.toml")
    named = _terms(row)
    what = (
        " / ".join(f"{terms()[t].de if lang == 'de' else terms()[t].en} ({t})" for t in named[:2]) or row.path
    )
    if row.kind == "always":
        what = "Ein Element" if lang == "de" else "An element"
    conditions = _toml("factur-x/conditions.toml")
    own = conditions.get(row.path.partition(" ")[0], {}).get(lang) if row.kind == "holds" else None
    key = row.path if row.kind == "computed" else row.kind
    template = own or words.get(key, words.get(key.removesuffix("_nearly"), {})).get(lang, "{what}")
    values = {"what": what, "profile": "{{profile}}", "limit": row.limit, "list": row.limit}
    return unfilled(re.sub(r"\{(what|profile|limit|list)\}", lambda found: values[found[1]], template))


def _terms(row: Row) -> tuple[str, ...]:
    """The terms at a row's place, as far as a path without conditions tells."""
    place = re.sub(r"\[[^]]*]", "", f"{row.context}/{row.path}" if row.path not in (".", "") else row.context)
    last = place.strip("/").split("/")
    tail = "/" + "/".join(last[-2:])
    return tuple(
        term.id
        for term in terms().values()
        if any(re.sub(r"\[[^]]*]", "", path).endswith(tail) for path in term.cii.split(" | ") if path)
    )[:4]


def own_ids() -> set[str]:
    """Every id of our own findings."""
    return set(_toml("own.toml"))


def own_page(rule: str, lang: Lang) -> Page | None:
    """The page of a finding of our own (EI-…)."""
    entry = _toml("own.toml").get(rule)
    if entry is None:
        return None
    page = Page(rule, "rules/own.toml", [])
    page.says = [unfilled(text[lang]) for text in entry.values() if isinstance(text, dict)]
    page.terms = tuple(entry.get("terms", ()))
    everywhere = "alle Profile" if lang == "de" else "all profiles"
    page.severities = {everywhere: {"": entry["severity"]}}
    decides = {
        ("de", True): "Entscheidet über das Urteil.",
        ("en", True): "It decides the verdict.",
        ("de", False): "Ändert das Urteil nicht, es sei denn, die Kommune hat es so festgelegt.",
        ("en", False): "It does not change the verdict, unless the tenant's policy says so.",
    }
    page.remarks = [decides[lang, bool(entry.get("decides"))]]
    return page


def _columns(context: str, kind: str, path: str, limit: str) -> list[str]:
    return [f"{context}: {' '.join(part for part in (kind, path, limit) if part)}"]


@cache
def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((data.folder("rules") / name).read_text("utf-8"))
