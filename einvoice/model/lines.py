"""What is invoiced: lines, with the extension's sub lines."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from einvoice.model.fields import Classification, Day, Group, Identifier, Number


class LinePeriod(Group):
    """When a line was supplied (BG-26)."""

    group: ClassVar[str] = "BG-26"

    start_date: Day | None = None
    end_date: Day | None = None


class LineAllowanceOrCharge(Group):
    """What is taken off or added in a line; base amount × percentage is the amount."""

    amount: Number | None = None
    base_amount: Number | None = None
    percentage: Number | None = None
    reason: str | None = None
    reason_code: str | None = None


class LineAllowance(LineAllowanceOrCharge):
    """BG-27."""

    group: ClassVar[str] = "BG-27"


class LineCharge(LineAllowanceOrCharge):
    """BG-28."""

    group: ClassVar[str] = "BG-28"


class Price(Group):
    """What a line's price is, for how much of it (BG-29); net price = gross price - discount."""

    group: ClassVar[str] = "BG-29"

    net_price: Number | None = None
    price_discount: Number | None = None
    gross_price: Number | None = None
    base_quantity: Number | None = None
    base_quantity_unit_code: str | None = None


class LineVat(Group):
    """A line's VAT (BG-30)."""

    group: ClassVar[str] = "BG-30"

    category_code: str | None = None
    rate: Number | None = None


class ItemAttribute(Group):
    """A property of an item (BG-32)."""

    group: ClassVar[str] = "BG-32"

    name: str | None = None
    value: str | None = None


class Item(Group):
    """What a line is about (BG-31)."""

    group: ClassVar[str] = "BG-31"

    name: str | None = None
    description: str | None = None
    sellers_identifier: str | None = None
    buyers_identifier: str | None = None
    standard_identifier: Identifier | None = None
    classification_identifiers: list[Classification] = Field(default_factory=list)
    country_of_origin: str | None = None
    attributes: list[ItemAttribute] = Field(default_factory=list)


class LineTerms(Group):
    """What lines and sub lines both state. Sub lines carry a line's terms in groups of their own (BG-DEX-…)."""

    identifier: str | None = None
    note: str | None = None
    object_identifier: Identifier | None = None
    invoiced_quantity: Number | None = None
    invoiced_quantity_unit_code: str | None = None
    net_amount: Number | None = None
    purchase_order_line_reference: str | None = None
    buyer_accounting_reference: str | None = None
    period: LinePeriod | None = None
    allowances: list[LineAllowance] = Field(default_factory=list)
    charges: list[LineCharge] = Field(default_factory=list)
    price: Price | None = None
    vat: LineVat | None = None
    item: Item | None = None
    sub_lines: list[SubLine] = Field(default_factory=list)


class SubLine(LineTerms):
    """A part of a line or of another sub line (BG-DEX-01, XRechnung extension)."""

    group: ClassVar[str] = "BG-DEX-01"


class Line(LineTerms):
    """One thing that is invoiced (BG-25)."""

    group: ClassVar[str] = "BG-25"
