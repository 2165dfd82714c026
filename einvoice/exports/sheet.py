"""The batch sheet: the page by which the cash office compares a batch with the file that it got.

Number, count, sums by VAT group and creditor, the digest in short groups, who confirmed and authorised, and the files
that were made, each with its digest. The same batch gives the same page.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, select

from einvoice.approval.batches import name
from einvoice.exports.closed import Closed
from einvoice.exports.making import ARCHIVE
from einvoice.render import words
from einvoice.render.forms import Form, Grid, Line, Part
from einvoice.store.tables import Export
from einvoice.store.times import in_berlin

_MOST = 18
"""So many creditors stand on the page by name; the others are one line, so that it stays one page."""

_PAGE = {"de": {"page": "Seite", "of": "von"}, "en": {"page": "Page", "of": "of"}}
_ACTS = {
    "confirm-factual": ("sachlich richtig", "confirmed in substance"),
    "confirm-arithmetic": ("rechnerisch richtig", "confirmed in figures"),
    "authorise": ("angeordnet", "authorised"),
    "take-over": ("trotz Ablehnung übernommen", "taken over although rejected"),
    "visa": ("Prüfungsvermerk", "audit visa"),
    "budget": ("Haushalt geprüft", "budget checked"),
}
"""What the acts of an approval are called on the page; others stand under their own name."""


def sheet(closed: Closed, exports: Sequence[Export], lang: str) -> Form:
    """The page of a closed batch with the files made of it so far, in `de` or `en`."""
    return _Page(closed, exports, lang).form()


def exports_of(session: Session, batch_id: int) -> list[Export]:
    """The files made of a batch, in the order they were made."""
    query = select(Export).where(Export.batch_id == batch_id, Export.target == ARCHIVE)
    return list(session.exec(query.order_by(col(Export.id))))


def short_groups(digest: str) -> str:
    """A digest as people compare it: groups of four."""
    return " ".join(digest[at : at + 4] for at in range(0, len(digest), 4))


class _Page:
    def __init__(self, closed: Closed, exports: Sequence[Export], lang: str) -> None:
        self.closed, self.exports, self.lang = closed, exports, lang
        self.batch, self.rows = closed.batch, closed.rows

    def say(self, de: str, en: str) -> str:
        return de if self.lang == "de" else en

    def money(self, amount: Decimal | str | None) -> str:
        return words.amount(str(amount or "0.00"), self.lang, self.batch.currency)

    def form(self) -> Form:
        called, say = name(self.batch), self.say
        made = in_berlin(self.batch.closed or self.batch.created)
        by = self.closed.persons.get(self.batch.closed_by or 0, "")
        return Form(
            lang=self.lang,
            kicker=say("Stapelblatt", "Batch sheet"),
            title=say(f"Zahlungsstapel {called}", f"Payment batch {called}"),
            author=self.closed.tenant.title,
            time=int(made.timestamp()),
            facts=[
                Line(say("Kommune", "Town"), self.closed.tenant.title),
                Line(say("Zeilen", "Rows"), str(len(self.rows))),
                Line(say("Summe", "Total"), self.money(self.batch.total), strong=True),
                Line(
                    say("Geschlossen", "Closed"),
                    f"{made:%d.%m.%Y %H:%M}" if self.lang == "de" else f"{made:%Y-%m-%d %H:%M}",
                ),
                Line(say("Von", "By"), by),
                Line(say("Bezeichnung", "Title"), self.batch.title or "–"),
            ],
            parts=[self.vat(), self.creditors(), self.acts(), self.files(), self.digest()],
            colophon=[
                say(
                    "Ob eine Datei unverändert ist, sagt: einvoice batch verify DATEI",
                    "Whether a file is unchanged is told by: einvoice batch verify FILE",
                ),
            ],
            mark="DEMO" if self.batch.demo else "",
            words=_PAGE[self.lang],
        )

    def vat(self) -> Part:
        groups: dict[str, dict[str, str]] = (self.batch.sums or {}).get("groups", {})
        rows = [
            (f"{key} %", *(self.money(figures[one]) for one in ("net", "vat", "gross")))
            for key, figures in groups.items()
        ]
        sums = [sum((Decimal(f[one]) for f in groups.values()), Decimal()) for one in ("net", "vat", "gross")]
        say = self.say
        heads = (
            say("Steuergruppe", "VAT group"), say("Netto", "Net"), say("Steuer", "VAT"), say("Brutto", "Gross"),
        )  # fmt: skip
        total = (say("Summe", "Total"), *map(self.money, sums))
        return Part(
            say("Summen nach Steuergruppe", "Sums by VAT group"),
            grid=Grid(heads, (False, True, True, True), tuple(rows), total),
        )

    def creditors(self) -> Part:
        counts: Counter[str] = Counter((row.content or {})["seller"] or "" for row in self.rows)
        sums = {key: Decimal(text) for key, text in (self.batch.sums or {}).get("creditors", {}).items()}
        ordered = sorted(sums, key=lambda key: (-abs(sums[key]), key))
        shown, rest = ordered[:_MOST], ordered[_MOST:]
        rows = [(key or "–", str(counts[key]), self.money(sums[key])) for key in shown]
        if rest:
            further = self.say(f"{len(rest)} weitere", f"{len(rest)} others")
            count = sum(counts[key] for key in rest)
            rows.append((further, str(count), self.money(sum((sums[key] for key in rest), Decimal()))))
        heads = (self.say("Kreditor", "Creditor"), self.say("Zeilen", "Rows"), self.say("Summe", "Sum"))
        total = (self.say("Summe", "Total"), str(len(self.rows)), self.money(self.batch.total))
        return Part(
            self.say("Summen nach Kreditor", "Sums by creditor"),
            grid=Grid(heads, (False, True, True), tuple(rows), total),
        )

    def acts(self) -> Part:
        """Who did what on how many rows, and their sum."""
        found: dict[tuple[str, int], list[Decimal]] = {}
        for row in self.rows:
            for kind, person in sorted({(one["kind"], one["person"]) for one in _acts(row.content)}):
                found.setdefault((kind, person), []).append(row.amount or Decimal())
        order = [*_ACTS, *sorted({kind for kind, _ in found} - _ACTS.keys())]
        rows = [
            (
                self.act(kind),
                self.closed.persons.get(person, f"#{person}"),
                str(len(amounts)),
                self.money(sum(amounts, Decimal())),
            )
            for (kind, person), amounts in sorted(
                found.items(), key=lambda one: (order.index(one[0][0]), one[0][1])
            )
        ]
        say = self.say
        heads = (say("Vermerk", "Act"), say("Person", "Person"), say("Zeilen", "Rows"), say("Summe", "Sum"))
        return Part(
            say("Bestätigt und angeordnet", "Confirmed and authorised"),
            grid=Grid(heads, (False, False, True, True), tuple(rows)),
        )

    def act(self, kind: str) -> str:
        return self.say(*_ACTS[kind]) if kind in _ACTS else kind

    def files(self) -> Part:
        say, title = self.say, self.say("Dateien", "Files")
        if not self.exports:
            return Part(title, texts=[say("Noch nicht exportiert.", "Not exported yet.")])
        return Part(
            title,
            [
                Line(f"{one.format}, {one.size} Bytes", one.name, note=f"SHA-256 {short_groups(one.sha256)}")
                for one in self.exports
            ],
        )

    def digest(self) -> Part:
        text = short_groups(self.batch.digest or "")
        return Part(
            self.say("Prüfsumme der Zeilen", "Digest of the rows"),
            [Line("SHA-256", text, strong=True)],
        )


def _acts(content: Any) -> Iterable[dict[str, Any]]:
    found: Iterable[dict[str, Any]] = (content or {}).get("acts", ())
    return found
