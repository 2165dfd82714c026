"""How is paid: credit transfer, card, direct debit, and the extension's payments for third parties."""

from typing import ClassVar

from pydantic import Field

from einvoice.model.fields import Group, Number


class CreditTransfer(Group):
    """An account to pay to (BG-17)."""

    group: ClassVar[str] = "BG-17"

    account_identifier: str | None = None
    account_name: str | None = None
    service_provider_identifier: str | None = None


class PaymentCard(Group):
    """The card that was charged (BG-18)."""

    group: ClassVar[str] = "BG-18"

    primary_account_number: str | None = None
    holder_name: str | None = None


class DirectDebit(Group):
    """The mandate and the account that will be debited (BG-19)."""

    group: ClassVar[str] = "BG-19"

    mandate_reference_identifier: str | None = None
    bank_assigned_creditor_identifier: str | None = None
    debited_account_identifier: str | None = None


class PaymentInstructions(Group):
    """How the amount due is to be paid (BG-16)."""

    group: ClassVar[str] = "BG-16"

    means_type_code: str | None = None
    means_text: str | None = None
    remittance_information: str | None = None
    credit_transfers: list[CreditTransfer] = Field(default_factory=list)
    payment_card: PaymentCard | None = None
    direct_debit: DirectDebit | None = None


class ThirdPartyPayment(Group):
    """An amount collected for somebody else (BG-DEX-09, XRechnung extension); it adds to the amount due."""

    group: ClassVar[str] = "BG-DEX-09"

    type: str | None = None
    amount: Number | None = None
    description: str | None = None
