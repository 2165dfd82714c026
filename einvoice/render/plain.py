"""A page as plain values (JSON) for a template."""

import re
from typing import Any

from einvoice.render.remarks import Remark
from einvoice.render.sections import Entry, Row, Section, Table
from einvoice.render.sheet import Sheet
from einvoice.render.wording import WORDING
from einvoice.validation.reports.text_report import WORDS
from einvoice.validation.reports.visible import visible as _visible

_LONG = 1500
"""Characters from which a section gets the whole width of the paper."""


_LONGEST_FIGURE = 24
_RUN = re.compile(r"\S{24,}")
_JOINT = re.compile(r"([/#:@._?&=-]|.{16})(?=.)")


def visible(text: str) -> str:
    """The text made safe to look at; long runs without blanks may break at joints (zero-width space)."""
    return _RUN.sub(lambda run: _JOINT.sub("\\1\u200b", run[0]), _visible(text))


def plain(sheet: Sheet) -> dict[str, Any]:
    """The page as dictionaries, lists and texts that are safe to show."""
    return _Plain(sheet.lang).sheet(sheet)


class _Plain:
    def __init__(self, lang: str) -> None:
        self.lang, self.words, self.levels = lang, WORDING[lang], WORDS[lang]

    def sheet(self, sheet: Sheet) -> dict[str, Any]:
        report = sheet.report
        seller = next((fact.value for fact in sheet.facts if fact.term == "BT-27"), "")
        return {
            "lang": self.lang,
            "title": visible(sheet.title),
            "author": visible(seller),
            "footer": visible(sheet.title)[:100],
            "words": self.words,
            "verdict": report
            and {"kind": report.verdict, "word": self.levels[report.verdict], "about": report.profile or ""},
            "facts": [{"label": fact.label, "value": visible(fact.value)} for fact in sheet.facts],
            "unreadable": sheet.unreadable,
            "remarks": [self.remark(remark) for remark in sheet.remarks],
            "sections": [self.section(section) for section in sheet.sections],
            "colophon": self.colophon(sheet),
        }

    def colophon(self, sheet: Sheet) -> list[str]:
        report = sheet.report
        if report is None:
            return [self.words["footer"]]
        ran = ", ".join(f"{rules.name} {rules.version}" for rules in report.rules)
        lines = [self.words["footer"], f"{self.words['file']}: {visible(report.name)}"]
        lines += [f"SHA-256 (XML): {report.sha256}"] if report.sha256 else []
        return lines + ([f"{self.words['rules']}: {ran}"] if ran else [])

    def section(self, section: Section) -> dict[str, Any]:
        return {
            "title": section.title,
            "style": section.style,
            "long": sum(len(entry.value) for entry in section.entries) > _LONG,
            "remarks": [self.remark(remark) for remark in section.remarks],
            "entries": [self.entry(entry) for entry in section.entries],
            "table": self.table(section.table) if section.table else None,
            "within": [self.section(inner) for inner in section.within],
        }

    def entry(self, entry: Entry) -> dict[str, Any]:
        return {
            "label": visible(entry.label),
            "path": not entry.term,
            "value": visible(entry.value),
            "missing": entry.missing,
            "notes": [visible(note) for note in entry.notes],
            "remarks": [self.remark(remark) for remark in entry.remarks],
        }

    def table(self, table: Table) -> dict[str, Any]:
        return {
            "heads": [{"label": h.label, "figure": h.is_figure, "below": h.below} for h in table.heads],
            "widths": widths(table),
            "rows": [self.row(row) for row in table.rows],
        }

    def row(self, row: Row) -> dict[str, Any]:
        return {
            "depth": min(row.depth, 6),
            "cells": [[self.entry(entry) for entry in cell] for cell in row.cells],
            "more": None if row.more.empty else self.section(row.more),
        }

    def remark(self, remark: Remark) -> dict[str, Any]:
        found = remark.finding
        line = [f"{self.levels['line']} {found.line}"] if found.line else []
        return {
            "severity": found.severity,
            "level": self.levels[found.severity].capitalize(),
            "message": visible(found.message),
            "hint": visible(found.hint),
            "rule": found.rule,
            "place": " · ".join([*line, found.rule]),
        }


def widths(table: Table) -> list[dict[str, Any]]:
    """How wide each column is: figures as wide as the longest of them (points), texts a share of the rest."""
    found = []
    for number, head in enumerate(table.heads):
        longest = max(
            (sum(len(entry.value) + 1 for entry in row.cells[number]) for row in table.rows), default=0
        )
        if head.is_figure and longest <= _LONGEST_FIGURE:
            heading = max(map(len, head.label.split()), default=0) * 6.4
            found.append({"fixed": True, "size": round(max(longest * 4.9, heading) + 9, 1)})
        else:
            found.append({"fixed": False, "size": max(8, len(head.label) // 2, min(longest, 48))})
    return found
