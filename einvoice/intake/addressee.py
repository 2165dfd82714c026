"""Whom an answer may go to, if to anybody: never a loop, never a stranger whose address someone else wrote down.

RFC 3834 (automatic answers), RFC 8601 (what one's own server found out about the sender).
"""

import re
from collections.abc import Collection, Sequence

from einvoice.formats.mail import address

Heads = Sequence[tuple[str, str]]
"""Fields of a mail in their order, as `formats.mail.heads` gives them."""

_NOBODY = re.compile(
    r"(?:mailer-daemon|postmaster|no-?reply|do-?not-?reply|noreply.*|.*-noreply|bounces?([+-].*)?|owner-.*|.*-request)@.*"
)
_DMARC = re.compile(r"\bdmarc\s*=\s*pass\b(?=[^;]*\bheader\.from\s*=\s*([A-Za-z0-9.-]+))", re.I)
_SPF = re.compile(r"\bspf\s*=\s*pass\b(?=[^;]*\bsmtp\.mailfrom\s*=\s*(?:[^\s;@]*@)?([A-Za-z0-9.-]+))", re.I)


def loop(heads: Heads, own: Collection[str]) -> str | None:
    """Why this mail must not be answered by a machine; None if it may. own: our addresses, in lower case."""
    said = dict(reversed(list(heads)))
    sender = _sender(heads)
    if said.get("auto-submitted", "no").partition(";")[0].strip().lower() != "no":
        return "auto-submitted"
    if said.get("precedence", "").lower() in ("bulk", "list", "junk") or any(
        n.startswith("list-") for n, _ in heads
    ):
        return "list"
    if said.get("content-type", "").lower().startswith("multipart/report"):
        return "bounce"
    if re.search(r"\b(?:all|autoreply|oof)\b", said.get("x-auto-response-suppress", ""), re.I):
        return "suppressed"
    for one in filter(None, (sender, address(said.get("from", "")))):
        if _NOBODY.fullmatch(one):
            return "nobody-reads-it"
        if one in own:
            return "our-own"
    if said.get("return-path", "<>").strip() == "<>":
        return "null-sender"
    return None


def proved_sender(heads: Heads, authserv_id: str | None) -> str | None:
    """The envelope sender of a mail that passed DMARC by our own server's word and whose address that covers.

    Only fields of that server count, and none of them may say otherwise: a sender can write such fields too.
    The address counts where its domain is that of the passed From, or passed SPF itself.
    """
    sender = _sender(heads)
    if not authserv_id or sender is None:
        return None
    results = [value for name, value in heads if name == "authentication-results" and _by(value, authserv_id)]
    if not results or any(not _DMARC.search(one) for one in results):
        return None
    domain = sender.rpartition("@")[2]
    passed = {found[1].lower() for one in results[:1] for found in _DMARC.finditer(one)}
    by_spf = {found[1].lower() for one in results[:1] for found in _SPF.finditer(one)}
    akin = any(domain == one or domain.endswith("." + one) or one.endswith("." + domain) for one in passed)
    return sender if akin or domain in by_spf else None


def _sender(heads: Heads) -> str | None:
    """The envelope sender, as the server that delivered the mail wrote it at its top."""
    return next((address(value) for name, value in heads if name == "return-path"), None)


def _by(value: str, authserv_id: str) -> bool:
    return value.partition(";")[0].split(" ")[0].strip().lower() == authserv_id.lower()
