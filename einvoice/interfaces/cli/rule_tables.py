"""Pages for `explain` about rules that stand in tables: syntax rules, Factur-X profiles, our own findings."""

import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from einvoice import data, rulebook
from einvoice.interfaces.cli.rule_examples import breaks
from einvoice.interfaces.cli.rule_page import SYNTAXES, Lang, Page, example_in_cii, unfilled
from einvoice.model.terms import terms
from einvoice.rulebook.facturx import PROFILES, VERSION
from einvoice.rulebook.facturx.plan import rows
from einvoice.rulebook.facturx.states import Row
from einvoice.rulebook.facturx.words import STRICT, TITLES, hint
from einvoice.rulebook.profiles import profiles
from einvoice.rulebook.syntax import SyntaxRule, SyntaxRules, syntax_rules

UNSPECIFIC = "UNSPECIFIC"
_TERM = re.compile(r"\bB[TG]-[0-9]+")
_WITHOUT_ID = {
    "de": "Amtliche Meldungen der Factur-X-Profile, die selbst keine Kennung tragen: Das Profil sieht eine Angabe an "
    "dieser Stelle nicht vor. Sie gelten als Fehler. Was verletzt ist, sagt die Meldung.",
    "en": "Official reports of the Factur-X profiles that carry no id: the profile does not provide for something in "
    "that place. They count as errors. What is broken stands in the message.",
}
_PROFILE = {
    "de": "Vom Aussteller eine Rechnung anfordern, die nur enthält, was ihr Profil vorsieht, oder ein höheres nennt.",
    "en": "Ask the sender for an invoice that has only what its profile provides for, or states a higher one.",
}
_SAMPLES = {
    "expected": "119.00",
    "stated": "118.99",
    "difference": "-0.01",
    "value": "1.005",
    "limit": "2",
    "rows": "0",
    "lines": "1",
    "group": "1",
    "list": "?",
}
"""Values that make a sentence about any document an example of one."""

_NEVER = {
    "de": "Keine Rechnung ist bekannt, die diese Regel verletzt.",
    "en": "No invoice is known that breaks this rule.",
}
_SYNTAXES = ("ubl-invoice", "cii")
"""One syntax of each table of syntax rules."""


def syntax_ids(release: rulebook.Release) -> set[str]:
    """Every id of the syntax rules of a release."""
    return {row.id for syntax in _SYNTAXES for row in _rules(release, syntax).rows}


def _rules(release: rulebook.Release, syntax: str) -> SyntaxRules:
    return syntax_rules(release.versions["en16931"], syntax, release.rules)


def syntax_page(rule: str, release: rulebook.Release, lang: Lang) -> Page | None:
    """The page of a UBL-CR, UBL-SR, UBL-DT, CII-SR or CII-DT rule."""
    for syntax in _SYNTAXES:
        row = _rules(release, syntax).by_id.get(rule)
        if row is not None:
            place = row.source[row.source.rfind("/rules/") + 1 :]
            page = Page(rule, f"en16931 {release.versions['en16931']}, {place}", [syntax_sentence(row, lang)])
            page.since, page.until = (text and f"en16931 {text}" for text in (row.since, row.until))
            page.fix = _rules(release, syntax).hint(lang, rule)
            page.severities = _syntax_severities(row, syntax, release)
            page.computed = {
                syntax.split("-")[0].upper(): _columns(row.context, row.kind, row.path, row.limit)
            }
            page.example = breaks(row.context, row.kind, row.path, row.limit, lang)
            return page
    return None


def syntax_sentence(row: SyntaxRule, lang: Lang) -> str:
    """What a syntax rule says, without the values of any document."""
    words = _toml("syntax/messages.toml")
    kind = words["rule"].get(row.id) or words[row.kind]
    if row.kind == "absent" and row.id not in words["rule"]:
        kind = kind["attribute" if "@" in row.path else "element"]
    element = row.path if row.kind == "absent" and "@" not in row.path else row.context.partition(" | ")[0]
    values = {
        "element": re.sub(r"\[[^]]*]", "", element.partition("@")[0]).strip("/").rpartition("/")[2],
        "attribute": row.path.rpartition("@")[2],
        "path": re.sub(r"\[[^]]*]", "", row.path.removeprefix("//")),
        "limit": row.limit,
        "text": "…",
    }
    return str(kind[lang]).format_map(values)


def _syntax_severities(row: SyntaxRule, syntax: str, release: rulebook.Release) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for profile in _profiles(release.rules):
        for own in profile.syntaxes:
            if own.startswith(syntax.split("-")[0]):
                severity = profile.severities(own).get(row.id, row.severity)
                found.setdefault(profile.name, {})[SYNTAXES[own]] = severity
    return found


@cache
def _profiles(rules: Path) -> tuple[rulebook.Profile, ...]:
    return tuple(profiles(rules).values())


def facturx_ids() -> set[str]:
    """Every id of the Factur-X profiles."""
    return {rule for profile in PROFILES for rule in _by_id(profile)}


@cache
def _by_id(profile: str) -> Mapping[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows(profile):
        found.setdefault(row.rule, []).append(row)
    return found


def facturx_page(rule: str, lang: Lang) -> Page | None:
    """The page of a rule of the Factur-X profiles; None if none of them has it."""
    found = {profile: _by_id(profile)[rule] for profile in PROFILES if rule in _by_id(profile)}
    if not found:
        return None
    first = next(iter(found))
    page = Page(rule, f"Factur-X {VERSION}, rules/factur-x/{first}.tsv:{found[first][0].line}", [])
    every = [row for own in found.values() for row in own]
    if rule == UNSPECIFIC:
        return _unspecific(page, found, lang)
    page.says = _sentences(found, lang)
    page.fix = " ".join(dict.fromkeys(hint(lang, row.kind, row.path) for row in every if row.kind != "never"))
    named = [term for says in page.says for term in _TERM.findall(says)]
    page.terms = tuple(dict.fromkeys((*named, *(t for row in every for t in _terms(row)))))
    page.example = next((one for row in every if (one := _example(row, lang))), None)
    if not any(row.fires for row in every):
        page.remarks.append(_NEVER[lang])
    _facturx_severities(page, found)
    for profile, own in found.items():
        page.computed[TITLES[profile]] = [
            line for row in own for line in _columns(row.context, row.kind, row.path, row.limit)
        ]
        norms = sorted({row.norm for row in own} - {"", rule})
        page.remarks += [f"{TITLES[profile]}: {', '.join(norms)} (EN 16931)"] if norms else []
    return page


def _example(row: Row, lang: Lang) -> tuple[str, str] | None:
    """What breaks a row: in words, as the example of the rule of the norm it stands for, or what is then said."""
    if not row.fires or row.kind == "never":
        return None
    if found := breaks(row.context, row.kind, row.path, row.limit, lang):
        return found
    sentence = _sentence(row, lang)
    for rule in (row.norm, row.rule):
        if changed := example_in_cii(rule, lang):
            return changed, unfilled(sentence.replace("{profile}", TITLES["extended"]))
    told = {"de": "Eine Rechnung, von der der Bericht sagt: ", "en": "An invoice of which the report says: "}
    return (told[lang] if row.kind == "holds" else "") + _filled(sentence, row), ""


def _filled(sentence: str, row: Row) -> str:
    values = {**_SAMPLES, "category": row.limit.partition(" ")[0], "profile": TITLES["extended"]}
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], "…"), sentence)


def _facturx_severities(page: Page, found: dict[str, list[Row]]) -> None:
    for profile, own in found.items():
        page.severities[f"facturx-{profile}"] = {
            "CII": " / ".join(dict.fromkeys(row.severity for row in own))
        }


def _unspecific(page: Page, found: dict[str, list[Row]], lang: Lang) -> Page:
    """The page of all official reports without an id, which are too many to be listed: how many, by kind."""
    page.says, page.fix = [_WITHOUT_ID[lang]], _PROFILE[lang]
    _facturx_severities(page, found)
    for profile, own in found.items():
        kinds = Counter(row.kind for row in own)
        page.computed[TITLES[profile]] = [f"{kind}: {count}" for kind, count in kinds.most_common()]
    first = next(row for own in found.values() for row in own if row.kind == "absent")
    page.example = breaks(first.context, first.kind, first.path, first.limit, lang)
    return page


def _sentences(found: dict[str, list[Row]], lang: Lang) -> list[str]:
    """What the rows say, each sentence once for all profiles that share it."""
    said: dict[str, list[str]] = {}
    for profile, own in found.items():
        for row in own:
            profiles = said.setdefault(_unfilled(_sentence(row, lang)), [])
            profiles += [TITLES[profile]] if TITLES[profile] not in profiles else []
    return [sentence.replace("{profile}", ", ".join(profiles)) for sentence, profiles in said.items()]


def _unfilled(sentence: str) -> str:
    return unfilled(sentence.replace("{profile}", "{{profile}}"))


def _sentence(row: Row, lang: Lang) -> str:
    """A row's message, `{profile}` and the values of a document left open."""
    words = _toml("factur-x/messages.toml")
    named = _terms(row)
    what = (
        " / ".join(f"{terms()[t].de if lang == 'de' else terms()[t].en} ({t})" for t in named[:2]) or row.path
    )
    if row.kind == "always":
        what = "Ein Element" if lang == "de" else "An element"
    conditions = _toml("factur-x/conditions.toml")
    own = conditions.get(row.path.partition(" ")[0], {}).get(lang) if row.kind == "holds" else None
    key = STRICT.get(row.path, row.path) if row.kind == "computed" else row.kind
    template = own or words.get(key, {}).get(lang, "{what}")
    values = {"what": what, "profile": "{profile}", "limit": row.limit, "list": row.limit}
    return re.sub(r"\{(what|profile|limit|list)\}", lambda found: values[found[1]], template)


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
    page.example = entry[f"example_{lang}"], ""
    return page


def _columns(context: str, kind: str, path: str, limit: str) -> list[str]:
    return [f"{context}: {' '.join(part for part in (kind, path, limit) if part)}"]


@cache
def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((data.folder("rules") / name).read_text("utf-8"))
