"""An invoice's postings in other parts: by lines, by VAT group, by percentage, fractions or amounts; always exact.

Each part of a split keeps to the VAT groups: per group the parts add up to what the invoice states, net and VAT.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from einvoice.approval.postings import NOTHING, Part
from einvoice.approval.said import said
from einvoice.approval.settling import group_of
from einvoice.approval.shares import grid, shares
from einvoice.errors import UsageError
from einvoice.intake.positions import Line

MOST = 999
"""Postings an invoice may have."""

_SHARE = re.compile(
    r"(?P<whole>\d{1,12})(?:[.,](?P<part>\d{1,8}))?(?P<percent>%?)|(?P<up>\d{1,6})/(?P<down>\d{1,6})"
)
_NEARLY = Decimal("0.0000001")
"""By which percentages made of fractions (three times 1/3) may miss 100."""

_LINES = re.compile(r"(?:zeilen?|lines?|pos)[:=]?(?P<list>.+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Share:
    """One part of a split: percent, amount (gross), lines, or with none of them the rest; and where it is booked."""

    percent: Decimal | None = None
    amount: Decimal | None = None
    lines: tuple[str, ...] = ()
    said: dict[str, str] = field(default_factory=dict)

    @property
    def rest(self) -> bool:
        """Whether it takes what the others leave."""
        return self.percent is None and self.amount is None and not self.lines


def share_of(word: str) -> Share:
    """A share as a person writes it: `60%`, `1/3`, `250,00`, `zeile:1,3-5`, `rest`. Raises UsageError."""
    text = word.strip()
    if text.lower() == "rest":
        return Share()
    if lines := _LINES.fullmatch(text):
        return Share(lines=tuple(_listed(lines["list"])))
    found = _SHARE.fullmatch(text)
    if found is None or (found["down"] and not int(found["down"])):
        raise UsageError(
            f"{word}: a part is 60%, 1/3, 250.00, lines:1,3-5 or rest.",
            f"{word}: ein Teil ist 60%, 1/3, 250,00, zeilen:1,3-5 oder rest.",
        )
    if found["down"]:
        return Share(percent=Decimal(found["up"]) * 100 / Decimal(found["down"]))
    number = Decimal(f"{found['whole']}.{found['part'] or '0'}")
    return Share(percent=number) if found["percent"] else Share(amount=number)


def part_of(text: str) -> Share:
    """A part as a person writes it: a share, then codes (`60% kst=4010`). Raises UsageError."""
    share, _, codes = text.strip().partition(" ")
    return replace(share_of(share), said=said(codes))


def _listed(text: str) -> list[str]:
    """Line ids of a list; `3-5` between whole numbers counts up."""
    found: list[str] = []
    for piece in filter(None, (one.strip() for one in text.split(","))):
        first, dash, last = piece.partition("-")
        if dash and first.isdigit() and last.isdigit() and 0 <= int(last) - int(first) < MOST:
            found += [str(number) for number in range(int(first), int(last) + 1)]
        else:
            found.append(piece)
    return found


def by_vat(parts: Sequence[Part]) -> list[Part]:
    """One part per VAT group; of where its parts are booked stays what they have in common."""
    groups: dict[tuple[str, str], list[Part]] = {}
    for part in parts:
        groups.setdefault(part.group, []).append(part)
    return [_together(members) for members in groups.values()]


def _together(parts: Sequence[Part]) -> Part:
    """Parts of one VAT group as one."""
    first = parts[0]
    if len(parts) == 1 and first.line is None:
        return first
    amount, net, vat = (sum((getattr(p, name) for p in parts), NOTHING) for name in ("amount", "net", "vat"))
    common = {key: code for key, code in first.said.items() if all(p.said.get(key) == code for p in parts)}
    if any(part.line for part in parts):
        common.pop("text", None)
    return Part(amount, net, vat, first.rate, first.category, None, common, first.why)


def by_line(parts: Sequence[Part], lines: Sequence[Line]) -> list[Part]:
    """One part per line of the invoice; document-level allowances and charges are spread over their group's lines.

    Lines that come to nothing are left out. A VAT group without lines stays as it is.
    """
    found: list[Part] = []
    for group in by_vat(parts):
        members = [line for line in lines if group_of(line.category, line.rate) == group.group]
        if not members:
            found.append(group)
            continue
        nets = shares(group.net, [line.net for line in members])
        vats = shares(group.vat, nets)
        for line, net, vat in zip(members, nets, vats, strict=True):
            said = {
                **group.said,
                **({"text": line.name[:60]} if line.name.isprintable() and line.name else {}),
            }
            found.append(Part(net + vat, net, vat, group.rate, group.category, line.id, said, group.why))
    order = {line.id: number for number, line in enumerate(lines)}
    found = [part for part in found if part.amount] or found[:1]
    return _few(sorted(found, key=lambda part: order.get(part.line or "", len(order))))


def by_shares(parts: Sequence[Part], wanted: Sequence[Share], lines: Sequence[Line] = ()) -> list[Part]:
    """Parts as wanted: all by percentage or amount (or the rest), or all by lines (or the rest).

    Raises UsageError where they do not make up the invoice, with what is missing or too much.
    """
    if sum(one.rest for one in wanted) > 1:
        raise UsageError("Only one part can be the rest.", "Nur ein Teil kann der Rest sein.")
    if any(one.lines for one in wanted):
        return _by_lines(parts, wanted, lines)
    groups = by_vat(parts)
    amounts = _amounts(wanted, sum((group.amount for group in groups), NOTHING))
    cells = grid(amounts, [group.amount for group in groups])
    return _few(_cells(groups, wanted, cells))


def _amounts(wanted: Sequence[Share], total: Decimal) -> list[Decimal]:
    """What each part comes to: percentages of the total by the largest remainder, amounts as they are said."""
    percents = [one.percent or Decimal() for one in wanted]
    percent = sum(percents, Decimal())
    fixed = [(-1 if total < 0 else 1) * (one.amount or NOTHING) for one in wanted]
    if any(one.rest for one in wanted) and percent <= 100:
        parts = shares(total, [*percents, 100 - percent]) if percent else [NOTHING] * len(wanted)
        amounts = [one + part for one, part in zip(fixed, parts, strict=False)]
        left = total - sum(amounts, NOTHING)
        if left * total < 0:
            raise _unequal(total, total - left)
        return [left if one.rest else amount for one, amount in zip(wanted, amounts, strict=True)]
    if percent and (any(fixed) or abs(percent - 100) > _NEARLY):
        raise UsageError(
            f"The parts make up {percent:.2f}%: say 100%, or give one part as rest.",
            f"Die Teile ergeben {percent:.2f} %: bitte 100 %, oder einen Teil als rest.",
        )
    if not percent and sum(fixed, NOTHING) != total:
        raise _unequal(total, sum(fixed, NOTHING))
    return shares(total, percents) if percent else fixed


def _unequal(total: Decimal, said: Decimal) -> UsageError:
    return UsageError(
        f"The parts make up {said}, the invoice {total}: {total - said} is missing (or give one part as rest).",
        f"Die Teile ergeben {said}, die Rechnung {total}: es fehlen {total - said} (oder einen Teil als rest).",
    )


def _by_lines(parts: Sequence[Part], wanted: Sequence[Share], lines: Sequence[Line]) -> list[Part]:
    if any(one.percent is not None or one.amount is not None for one in wanted):
        raise UsageError(
            "Split by lines or by shares, not by both.", "Bitte nach Zeilen oder nach Anteilen aufteilen."
        )
    known = [line.id for line in lines]
    owner: dict[str, int] = {}
    for index, one in enumerate(wanted):
        for line in one.lines:
            if line not in known or line in owner:
                raise UsageError(
                    f"Line {line}: there is none, or it is said twice. Lines: {', '.join(known[:20])}",
                    f"Zeile {line}: gibt es nicht oder steht zweimal da. Zeilen: {', '.join(known[:20])}",
                )
            owner[line] = index
    rest = next((index for index, one in enumerate(wanted) if one.rest), None)
    found: dict[tuple[int, tuple[str, str]], Part] = {}
    for part in by_line(parts, lines):
        to = owner.get(part.line or "", rest)
        if to is None:
            raise UsageError(
                f"Line {part.line} ({part.amount}) is in no part (or give one part as rest).",
                f"Zeile {part.line} ({part.amount}) ist in keinem Teil (oder einen Teil als rest).",
            )
        same = found.setdefault(
            (to, part.group), Part(rate=part.rate, category=part.category, said=dict(part.said))
        )
        same.amount, same.net, same.vat = same.amount + part.amount, same.net + part.net, same.vat + part.vat
        same.line = part.line if len(wanted[to].lines) == 1 else None
    for (to, _), part in found.items():
        part.said = {**part.said, **wanted[to].said}
    return _few([found[key] for key in sorted(found, key=lambda key: key[0])])


def _cells(groups: Sequence[Part], wanted: Sequence[Share], cells: Sequence[Sequence[Decimal]]) -> list[Part]:
    """A part for each share and VAT group; the VAT of a group is spread as its gross is."""
    vats = [shares(group.vat, [row[column] for row in cells]) for column, group in enumerate(groups)]
    return [
        Part(
            amount,
            amount - vats[column][row],
            vats[column][row],
            group.rate,
            group.category,
            None,
            {**group.said, **one.said},
            None if one.said else group.why,
        )
        for row, one in enumerate(wanted)
        for column, group in enumerate(groups)
        if (amount := cells[row][column]) or len(cells) * len(groups) == 1
    ]


def _few(parts: list[Part]) -> list[Part]:
    if len(parts) > MOST:
        raise UsageError(
            f"That would be {len(parts)} postings, {MOST} are possible: put lines together.",
            f"Das wären {len(parts)} Kontierungen, möglich sind {MOST}: bitte Zeilen zusammenfassen.",
        )
    return parts
