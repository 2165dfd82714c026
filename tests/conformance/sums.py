"""Invoices whose amounts add up, or miss it by what the official rules just allow or just refuse."""

from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, InvalidOperation

from lxml import etree

from tests.conformance.bed import Bed

_OFF = (
    *("0.01", "-0.01", "0.005", "0.004", "0.5", "0.49", "0.99", "1.00", "1.01", "-0.99", "-1.00", "-1.01"),
    *("0.02", "-0.02", "0.03", "0.001", "-0.001", "10"),
)
_WIDE = Context(prec=100)
_ROUNDINGS = (ROUND_HALF_UP, ROUND_HALF_UP, ROUND_HALF_EVEN, ROUND_FLOOR)


@dataclass(frozen=True, slots=True)
class Names:
    """What a syntax calls lines, VAT groups, document allowances, the breakdown and the totals."""

    line: tuple[str, ...]
    net: str
    tax: str
    code: str
    rate: str
    extra: str
    row: str
    base: str
    amount: str
    totals: str
    sums: tuple[str, ...]


_UBL = Names(
    ("InvoiceLine", "CreditNoteLine"),
    "LineExtensionAmount",
    "ClassifiedTaxCategory",
    "ID",
    "Percent",
    "AllowanceCharge",
    "TaxSubtotal",
    "TaxableAmount",
    "TaxAmount",
    "LegalMonetaryTotal",
    (
        "LineExtensionAmount",
        "AllowanceTotalAmount",
        "ChargeTotalAmount",
        "TaxExclusiveAmount",
        "TaxInclusiveAmount",
        "PrepaidAmount",
        "PayableRoundingAmount",
        "PayableAmount",
    ),
)
_CII = Names(
    ("IncludedSupplyChainTradeLineItem",),
    "LineTotalAmount",
    "ApplicableTradeTax",
    "CategoryCode",
    "RateApplicablePercent",
    "SpecifiedTradeAllowanceCharge",
    "ApplicableTradeTax",
    "BasisAmount",
    "CalculatedAmount",
    "SpecifiedTradeSettlementHeaderMonetarySummation",
    (
        "LineTotalAmount",
        "AllowanceTotalAmount",
        "ChargeTotalAmount",
        "TaxBasisTotalAmount",
        "GrandTotalAmount",
        "TotalPrepaidAmount",
        "RoundingAmount",
        "DuePayableAmount",
    ),
)


def settle(bed: Bed) -> None:
    """New amounts on every line and all sums that follow from them; mostly one of them is a little off."""
    names = _UBL if bed.root.tag.endswith(("}Invoice", "}CreditNote")) else _CII
    _Books(bed, names).settle()


class _Books:
    """The amounts of one invoice, in the names of its syntax."""

    def __init__(self, bed: Bed, names: Names) -> None:
        self.bed, self.names, self.random = bed, names, bed.random
        self.rounding = bed.random.choice(_ROUNDINGS)
        self.step = Decimal(bed.random.choice(("0.01", "0.01", "0.01", "0.001", "0.1", "1", "0.005")))
        self.size = bed.random.choice((5, 1000, 10**6, 10**6, 10**9, 10**14))

    def settle(self) -> None:
        """Lines, then the breakdown, then the totals."""
        nets: dict[tuple[str, str], Decimal] = {}
        total = Decimal()
        for line in self.found(*self.names.line):
            net = self.first(line, self.names.net)
            if net is None:
                continue
            amount = self.step * self.random.randint(-self.size // 10, self.size)
            net.text = self.written(amount)
            total += amount
            key = self.key(self.first(line, self.names.tax))
            nets[key] = nets.get(key, Decimal()) + amount
        allowances, charges = self.extras(nets)
        tax = self.breakdown(nets)
        self.totals(total, allowances, charges, tax)

    def extras(self, nets: dict[tuple[str, str], Decimal]) -> tuple[Decimal, Decimal]:
        """Allowances and charges of the document as they stand: their sums."""
        sums = {False: Decimal(), True: Decimal()}
        for extra in self.found(self.names.extra):
            parent = extra.getparent()
            if parent is None:
                continue
            if parent is not self.bed.root and not str(parent.tag).endswith("HeaderTradeSettlement"):
                continue
            amount = self.number(self.first(extra, "Amount", "ActualAmount"))
            indicator = self.first(extra, "ChargeIndicator", "Indicator")
            text = "".join(map(str, indicator.itertext())).strip() if indicator is not None else ""
            charge = text in ("true", "1")
            sums[charge] += amount
            key = self.key(self.first(extra, "TaxCategory", "CategoryTradeTax"))
            nets[key] = nets.get(key, Decimal()) + (amount if charge else -amount)
        return sums[False], sums[True]

    def breakdown(self, nets: dict[tuple[str, str], Decimal]) -> Decimal:
        """States bases and taxes of the rows there are; their tax in sum."""
        tax = Decimal()
        for row in self.found(self.names.row):
            base = self.first(row, self.names.base)
            amount = self.first(row, self.names.amount)
            if base is None or amount is None:
                continue
            key = self.key(row)
            value = nets.get(key, Decimal())
            base.text = self.written(value)
            due = self.rounded(value * self.decimal(key[1]) / 100)
            amount.text = self.written(due)
            tax += self.number(amount)
        for stated in self.found("TaxTotalAmount"):
            stated.text = self.written(tax)
        for total in self.found("TaxTotal"):
            for stated in total.iterchildren("{*}TaxAmount"):
                stated.text = self.written(tax)
        return tax

    def totals(self, lines: Decimal, allowances: Decimal, charges: Decimal, tax: Decimal) -> None:
        """States the totals there are."""
        net = lines - allowances + charges
        for totals in self.found(self.names.totals):
            names = self.names.sums
            paid, extra = self.number(self.first(totals, names[5])), self.number(self.first(totals, names[6]))
            wanted = (lines, allowances, charges, net, net + tax, paid, extra, net + tax - paid + extra)
            for name, value in zip(names, wanted, strict=True):
                if (element := self.first(totals, name)) is not None:
                    element.text = self.written(value)

    def written(self, value: Decimal) -> str:
        """An amount as text: in cents mostly, now and then raw, off by a little, or with zeros behind."""
        chance = self.random.random()
        if chance < 0.75:
            return f"{self.rounded(value):f}"
        if chance < 0.85:
            return f"{value:f}"
        if chance < 0.95:
            return f"{self.rounded(value) + Decimal(self.random.choice(_OFF)):f}"
        return f"{self.rounded(value):f}0"

    def rounded(self, value: Decimal) -> Decimal:
        """To cents, as this invoice rounds."""
        return value.quantize(Decimal("0.01"), self.rounding, _WIDE)

    def key(self, owner: etree._Element | None) -> tuple[str, str]:
        """The VAT category and rate that an element states first."""
        if owner is None:
            return "", "0"
        code = self.first(owner, self.names.code)
        if str(owner.tag).endswith("TaxSubtotal"):
            code = self.first(self.first(owner, "TaxCategory"), "ID")
        rate = self.number(self.first(owner, self.names.rate))
        return (code.text or "" if code is not None else "", f"{rate.normalize():f}")

    def found(self, *names: str) -> list[etree._Element]:
        """All elements of those names."""
        return list(self.bed.root.iter(*("{*}" + name for name in names)))

    @staticmethod
    def first(owner: etree._Element | None, *names: str) -> etree._Element | None:
        """The first element of one of those names below an owner."""
        return next(owner.iter(*("{*}" + name for name in names)), None) if owner is not None else None

    def number(self, element: etree._Element | None) -> Decimal:
        """What an element states as a number; 0 where it states none."""
        return self.decimal(element.text or "") if element is not None else Decimal()

    @staticmethod
    def decimal(text: str) -> Decimal:
        """A number of reasonable size; 0 for anything else."""
        try:
            value = Decimal(text.strip())
        except InvalidOperation:
            return Decimal()
        return value if value.is_finite() and abs(value) < 10**20 else Decimal()
