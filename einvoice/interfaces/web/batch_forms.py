"""What a batch can be exported as, and what its answers can be read by: the formats and profiles open to a town."""

from sqlmodel import Session

from einvoice.exports.formats import FORMATS, TRIAL
from einvoice.exports.profiles.profiled import is_own
from einvoice.exports.profiles.reading import read, shipped
from einvoice.exports.targets import targets
from einvoice.store import people
from einvoice.store.tables import Tenant

TO = "target/"
"""How a choice begins that sends to a target instead of handing out files."""


def forms(session: Session, town: Tenant, lang: str) -> list[tuple[str, str]]:
    """Value and name of each choice: formats (those on trial only where switched on), own profiles, targets."""
    on = people.policy(session, town.id or 0, TRIAL).get("formats", ())
    found = [
        (name, f"{one.de if lang == 'de' else one.en} ({name})")
        for name, one in FORMATS.items()
        if not one.trial or name in on
    ]
    there = targets(session, town)
    found += [(one.form, f"{one.name} ({one.form})") for one in there if is_own(one.form)]
    to = "An Ziel" if lang == "de" else "To target"
    return found + [(f"{TO}{one.name}", f"{to} {one.name} ({one.form})") for one in there]


def answering(lang: str) -> list[tuple[str, str]]:
    """Value and name of each profile that describes an answer."""
    found = []
    for name, path in shipped().items():
        form = read(path).form
        if form.answer is not None:
            found.append((name, form.title_de if lang == "de" else form.title_en))
    return found
