"""Exports by profile: the samples by name, a town's own as its export target holds it: `profile/TARGET/DIGEST`.

The digest names the very text that two persons agreed on; a changed profile is another format.
"""

import re

from sqlmodel import select

from einvoice.errors import Refused
from einvoice.exports.closed import Closed
from einvoice.exports.files import Output
from einvoice.exports.profiles.batches import export
from einvoice.exports.profiles.profile import Profile
from einvoice.exports.profiles.reading import named, parse, read
from einvoice.store.tables import ExportTarget

_OWN = re.compile(r"profile/([^/]+)/([0-9a-f]{12})")


def is_own(form: str) -> bool:
    """Whether a format is a town's own profile."""
    return _OWN.fullmatch(form) is not None


def form_of(target: str, profile: Profile) -> str:
    """The name of the format that a target's profile is."""
    return f"profile/{target}/{profile.sha256[:12]}"


def of_sample(name: str, closed: Closed) -> Output:
    """A batch by a profile that comes along."""
    return export(read(named(name)), closed)


def of_target(form: str, closed: Closed) -> Output:
    """A batch by the profile of one of the town's targets. Raises Refused if the target has another by now."""
    found = _OWN.fullmatch(form)
    assert found is not None
    with closed.reading() as session:
        query = select(ExportTarget).where(
            ExportTarget.tenant_id == closed.tenant.id, ExportTarget.name == found[1]
        )
        target = session.exec(query).one_or_none()
    text = (target.settings or {}).get("profile") if target is not None and target.until is None else None
    profile = parse(text, found[1], found[1]) if isinstance(text, str) else None
    if profile is None or not profile.sha256.startswith(found[2]):
        raise Refused(
            f"The target {found[1]} of {closed.tenant.title} has no such profile any more.",
            f"Das Ziel {found[1]} von {closed.tenant.title} hat dieses Profil nicht mehr.",
        )
    return export(profile, closed)
