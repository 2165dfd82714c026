"""What it comes to: allowances and charges of the whole invoice, totals, VAT breakdown."""

from typing import ClassVar

from einvoice.model.fields import Group, Number


class AllowanceOrCharge(Group):
    """What is taken off or added, with its VAT; base amount × percentage is the amount."""

    amount: Number | None = None
    base_amount: Number | None = None
    percentage: Number | None = None
    vat_category_code: str | None = None
    vat_rate: Number | None = None
    reason: str | None = None
    reason_code: str | None = None


class Allowance(AllowanceOrCharge):
    """BG-20."""

    group: ClassVar[str] = "BG-20"


class Charge(AllowanceOrCharge):
    """BG-21."""

    group: ClassVar[str] = "BG-21"


class Totals(Group):
    """The sums of the invoice (BG-22), in its currency but for the last VAT total."""

    group: ClassVar[str] = "BG-22"

    sum_of_line_net_amounts: Number | None = None
    sum_of_allowances: Number | None = None
    sum_of_charges: Number | None = None
    total_amount_without_vat: Number | None = None
    total_vat_amount: Number | None = None
    total_vat_amount_in_accounting_currency: Number | None = None
    total_amount_with_vat: Number | None = None
    paid_amount: Number | None = None
    rounding_amount: Number | None = None
    amount_due_for_payment: Number | None = None


class VatBreakdown(Group):
    """What one VAT category at one rate comes to (BG-23)."""

    group: ClassVar[str] = "BG-23"

    taxable_amount: Number | None = None
    tax_amount: Number | None = None
    category_code: str | None = None
    rate: Number | None = None
    exemption_reason_text: str | None = None
    exemption_reason_code: str | None = None
