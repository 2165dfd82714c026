"""Loading a book: from the cache, or built from the files that make it up."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from einvoice import data
from einvoice.errors import RulebookError, UsageError
from einvoice.rulebook import cache, codelists, official
from einvoice.rulebook.book import Book, Plan
from einvoice.rulebook.profiles import Profile, profile
from einvoice.rulebook.releases import Release, release
from einvoice.rulebook.variants import Scope


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the rules and the tables lie. `None`: those shipped with einvoice."""

    rules: Path
    schemas: Path

    @classmethod
    def shipped(cls) -> "Sources":
        """The rules that come with einvoice."""
        return cls(data.folder("rules"), data.folder("schemas"))

    @classmethod
    def of(cls, release: Release) -> "Sources":
        """The rules that a release is part of, with the tables beside them."""
        return _beside(release.path)


@functools.lru_cache(maxsize=64)
def _beside(release: Path) -> Sources:
    rules = release.parent.parent
    return Sources(rules, rules.parent / "schemas")


@dataclass(frozen=True, slots=True)
class _Files:
    """The files of one book."""

    names: Path
    words: Path
    chapters: dict[str, list[Path]]
    codes: dict[str, Path]
    common: list[Path]

    def all(self) -> list[Path]:
        """Each of them, in a fixed order."""
        every = [path for paths in self.chapters.values() for path in paths]
        return [self.names, self.words, *self.common, *every, *self.codes.values()]


def load(of: str | Release, of_profile: str, syntax: str, sources: Sources | None = None) -> Book:
    """The book of a release (or its name), a profile and a syntax (ubl-invoice, ubl-creditnote, cii).

    Raises UsageError for a name that is unknown, RulebookError (file:line) for rules that do not make sense.
    """
    if isinstance(of, Release):
        return _load(of.name, of_profile, syntax, sources or Sources.of(of))
    return _load(of, of_profile, syntax, sources or Sources.shipped())


def forget() -> None:
    """Lets go of every book: the files that say the rules have changed."""
    _load.cache_clear()


@functools.lru_cache(maxsize=64)
def _load(release_name: str, profile_name: str, syntax: str, sources: Sources) -> Book:
    chosen, wanted = release(release_name, rules=sources.rules), profile(profile_name, sources.rules)
    if syntax not in wanted.syntaxes:
        raise UsageError(
            f"profile {wanted.name!r} does not exist in {syntax}",
            f"Das Profil {wanted.name!r} gibt es nicht in {syntax}.",
        )
    scope = Scope(syntax, chosen.versions)
    files = _files(sources, wanted, chosen, scope)
    contents = cache.digests(files.all())
    proofs = cache.digests([sources.rules / official.OFFICIAL, sources.rules / official.WRITTEN])
    name = cache.key(*contents.values(), *proofs.values(), wanted.name, syntax, chosen.name)
    kept = cache.fetch(name)
    if kept is None:
        parts = [f"{part} {syntax[:3]}" for part in _artefacts(files, chosen)]
        official.check(sources.rules, parts, chosen.versions, chosen.path)
        plan = _build(files, wanted, scope)
        cache.keep(name, plan.parts())
    else:
        plan = Plan(*kept)
    return Book(plan, wanted.name, syntax, chosen, _digests(files, chosen, contents))


def _build(files: _Files, wanted: Profile, scope: Scope) -> Plan:
    from einvoice.rulebook.building import build  # most loads find their book in the cache

    every = [path for paths in files.chapters.values() for path in paths]
    codes = codelists.read(files.codes)
    return build(scope, files.names, [files.words], every, codes, wanted.severities(scope.syntax))


def _files(sources: Sources, wanted: Profile, chosen: Release, scope: Scope) -> _Files:
    return _Files(
        names=sources.schemas / "names.txt",
        words=sources.rules / "words.toml",
        chapters={folder: chapters(sources, folder) for folder in wanted.chapters},
        codes=codelists.files(sources.rules / "codelists", scope),
        common=[sources.rules / "profiles.toml", chosen.path],
    )


def chapters(sources: Sources, folder: str) -> list[Path]:
    """The rule files of a folder of chapters, in their order. Raises RulebookError if there are none."""
    found = sorted((sources.rules / folder).glob("*.toml"))
    if not found:
        raise RulebookError.at(
            f"{sources.rules / 'profiles.toml'}:1",
            f"there are no chapters in {folder}/",
            f"in {folder}/ liegen keine Kapitel",
        )
    return found


def _artefacts(files: _Files, chosen: Release) -> dict[str, list[Path]]:
    """The artefacts whose rules are in a book, each with its chapters."""
    found = {
        artefact: [
            p for chapter, paths in files.chapters.items() if chapter.startswith(artefact) for p in paths
        ]
        for artefact in chosen.versions
    }
    return {artefact: own for artefact, own in found.items() if own}


def _digests(files: _Files, chosen: Release, contents: Mapping[Path, str]) -> dict[str, str]:
    """A digest for each artefact whose rules are in a book, over its chapters and all that they rest on."""
    shared = [files.names, files.words, *files.common, *files.codes.values()]
    return {
        artefact: "sha256:" + cache.digest(contents[path] for path in (*shared, *own))
        for artefact, own in _artefacts(files, chosen).items()
    }
