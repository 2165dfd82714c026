"""Who takes part: seller, buyer, payee, the seller's tax representative, and where is delivered to."""

from typing import ClassVar

from pydantic import Field

from einvoice.model.fields import Day, Group, Identifier


class PostalAddress(Group):
    """An address; the terms differ by whose it is."""

    address_line_1: str | None = None
    address_line_2: str | None = None
    address_line_3: str | None = None
    city: str | None = None
    post_code: str | None = None
    country_subdivision: str | None = None
    country_code: str | None = None


class SellerPostalAddress(PostalAddress):
    """BG-5."""

    group: ClassVar[str] = "BG-5"


class BuyerPostalAddress(PostalAddress):
    """BG-8."""

    group: ClassVar[str] = "BG-8"


class TaxRepresentativePostalAddress(PostalAddress):
    """BG-12."""

    group: ClassVar[str] = "BG-12"


class DeliverToAddress(PostalAddress):
    """BG-15."""

    group: ClassVar[str] = "BG-15"


class Contact(Group):
    """A person or department to ask; the terms differ by whose it is."""

    contact_point: str | None = None
    telephone_number: str | None = None
    email_address: str | None = None


class SellerContact(Contact):
    """BG-6."""

    group: ClassVar[str] = "BG-6"


class BuyerContact(Contact):
    """BG-9."""

    group: ClassVar[str] = "BG-9"


class Seller(Group):
    """Who supplies and invoices (BG-4)."""

    group: ClassVar[str] = "BG-4"

    name: str | None = None
    trading_name: str | None = None
    identifiers: list[Identifier] = Field(default_factory=list)
    legal_registration_identifier: Identifier | None = None
    vat_identifier: str | None = None
    tax_registration_identifier: str | None = None
    additional_legal_information: str | None = None
    electronic_address: Identifier | None = None
    postal_address: SellerPostalAddress | None = None
    contact: SellerContact | None = None


class Buyer(Group):
    """Who is invoiced (BG-7)."""

    group: ClassVar[str] = "BG-7"

    name: str | None = None
    trading_name: str | None = None
    identifier: Identifier | None = None
    legal_registration_identifier: Identifier | None = None
    vat_identifier: str | None = None
    electronic_address: Identifier | None = None
    postal_address: BuyerPostalAddress | None = None
    contact: BuyerContact | None = None


class Payee(Group):
    """Who is paid, if not the seller (BG-10)."""

    group: ClassVar[str] = "BG-10"

    name: str | None = None
    identifier: Identifier | None = None
    legal_registration_identifier: Identifier | None = None


class SellerTaxRepresentative(Group):
    """Who answers for the seller's VAT (BG-11)."""

    group: ClassVar[str] = "BG-11"

    name: str | None = None
    vat_identifier: str | None = None
    postal_address: TaxRepresentativePostalAddress | None = None


class Delivery(Group):
    """Where and when was delivered (BG-13)."""

    group: ClassVar[str] = "BG-13"

    party_name: str | None = None
    location_identifier: Identifier | None = None
    actual_delivery_date: Day | None = None
    address: DeliverToAddress | None = None
