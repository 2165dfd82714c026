"""The public invoice: every term of EN 16931 and of the XRechnung extension, typed, by its name in the norm."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from einvoice.model.computing import compute_totals
from einvoice.model.content import Content
from einvoice.model.documents import (
    InvoicingPeriod,
    Note,
    PrecedingInvoiceReference,
    ProcessControl,
    SupportingDocument,
)
from einvoice.model.fields import Day, Group, Identifier, Model
from einvoice.model.lines import Line
from einvoice.model.mapping import content_of, table_of
from einvoice.model.parties import Buyer, Delivery, Payee, Seller, SellerTaxRepresentative
from einvoice.model.payment import PaymentInstructions, ThirdPartyPayment
from einvoice.model.totals import Allowance, Charge, Totals, VatBreakdown


class Unplaced(Model):
    """What the document states, but the invoice's fields cannot hold: a number or date that is none, or one more
    of what the norm allows once.

    `term` is the term or group, `place` the group it stands in (`BG-25[2]/BG-29[1]`, "" is the invoice), `stated`
    its text; for a group or a value with components a table by ids.
    """

    term: str
    place: str
    stated: str | dict[str, Any]


class FurtherDetail(Model):
    """A text of the document that no term of the norm stands for, with its XPath."""

    path: str
    text: str


class Invoice(Group):
    """One invoice or credit note. Dates are days, amounts exact decimals in the invoice's currency.

    `unplaced` is what could not be read as its term demands; `further` what has no term (not part of the JSON).
    """

    group: ClassVar[str] = ""

    number: str | None = None
    issue_date: Day | None = None
    type_code: str | None = None
    currency_code: str | None = None
    vat_accounting_currency_code: str | None = None
    value_added_tax_point_date: Day | None = None
    value_added_tax_point_date_code: str | None = None
    payment_due_date: Day | None = None
    buyer_reference: str | None = None
    project_reference: str | None = None
    contract_reference: str | None = None
    purchase_order_reference: str | None = None
    sales_order_reference: str | None = None
    receiving_advice_reference: str | None = None
    despatch_advice_reference: str | None = None
    tender_or_lot_reference: str | None = None
    invoiced_object_identifier: Identifier | None = None
    buyer_accounting_reference: str | None = None
    payment_terms: str | None = None
    notes: list[Note] = Field(default_factory=list)
    process_control: ProcessControl | None = None
    preceding_invoice_references: list[PrecedingInvoiceReference] = Field(default_factory=list)
    seller: Seller | None = None
    buyer: Buyer | None = None
    payee: Payee | None = None
    seller_tax_representative: SellerTaxRepresentative | None = None
    delivery: Delivery | None = None
    invoicing_period: InvoicingPeriod | None = None
    payment_instructions: PaymentInstructions | None = None
    allowances: list[Allowance] = Field(default_factory=list)
    charges: list[Charge] = Field(default_factory=list)
    totals: Totals | None = None
    vat_breakdown: list[VatBreakdown] = Field(default_factory=list)
    additional_supporting_documents: list[SupportingDocument] = Field(default_factory=list)
    lines: list[Line] = Field(default_factory=list)
    third_party_payments: list[ThirdPartyPayment] = Field(default_factory=list)
    unplaced: list[Unplaced] = Field(default_factory=list)
    further: Annotated[list[FurtherDetail], SkipJsonSchema()] = Field(default_factory=list, exclude=True)

    @classmethod
    def from_content(cls, content: Content, further: list[FurtherDetail] | None = None) -> Invoice:
        """The invoice that a content states. Never fails: what does not fit is in `unplaced`."""
        return cls.from_table(table_of(content), further)

    @classmethod
    def from_table(cls, table: dict[str, Any], further: list[FurtherDetail] | None = None) -> Invoice:
        """The invoice that a table by field names states, as `mapping.table_of` makes it: it holds known names only,
        so none is looked for that is not."""
        stated = {"unplaced": [], **table, "further": further or []}
        return cls.model_validate(stated, extra="ignore", strict=True)

    def to_content(self) -> Content:
        """The counterpart of `from_content`, ready to be written."""
        return content_of(self)

    def compute_totals(self) -> Invoice:
        """Fills in line net amounts, totals and VAT breakdown where they are left out; gives the invoice itself.

        NotComputable, a ValueError, names what is missing to compute them.
        """
        compute_totals(self)
        return self
