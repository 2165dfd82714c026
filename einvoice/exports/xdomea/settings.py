"""The policy `xdomea` of a town: whom a message names, where the receiver files it, the schema it is judged by."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from einvoice.errors import Refused
from einvoice.exports.provided_schema import absolute

POLICY = "xdomea"
MESSAGES = "xdomea-Nachrichten-FachverfahrensdatenAustauschen.xsd"
"""The schema file of the message, as KoSIT names it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings, checked.

    schema: the folder with MESSAGES and what it includes; None: nothing judges the message, and its protocol says so.
    sender, receiver: the authorities; None: the town itself. user: Erstellerkennung, who the receiver says wrote it.
    container: IDContainer, the id of the file (Akte) the cases are put into, as the receiver knows it.
    location: Ablageort, the folder or URL at which both agreed to exchange. plan: the Kennzeichen of the unit in the
    Aktenplan. title: the subject of the Akte.
    """

    schema: Path | None = None
    sender: str | None = None
    receiver: str | None = None
    user: str = "einvoice"
    container: str | None = None
    location: str = "."
    plan: str | None = None
    title: str | None = None


def read(table: Mapping[str, Any]) -> Settings:
    """The settings of a policy. Raises Refused, naming the key, or the file that is missing."""
    known = [one.name for one in fields(Settings)]
    for key, value in table.items():
        if key not in known:
            raise Refused(
                f"[xdomea] {key}: there is no such setting. There are: {', '.join(known)}.",
                f"[xdomea] {key}: Diese Einstellung gibt es nicht. Es gibt: {', '.join(known)}.",
            )
        if not isinstance(value, str) or not value.strip():
            raise Refused(f"[xdomea] {key}: takes a text.", f"[xdomea] {key}: Hier gehört ein Text hin.")
    given: dict[str, Any] = dict(table)
    if "schema" in given:
        given["schema"] = absolute(Path(given["schema"]), POLICY)
        if not (given["schema"] / MESSAGES).is_file():
            raise Refused(
                f"[xdomea] schema: {given['schema']} holds no {MESSAGES}. Put the schema files of xdomea 3.0.0 "
                "there, with what they include and import, as KoSIT publishes them.",
                f"[xdomea] schema: In {given['schema']} liegt kein {MESSAGES}. Bitte die Schemadateien von xdomea "
                "3.0.0 dort ablegen, mit allem, was sie einbinden, wie die KoSIT sie veröffentlicht.",
            )
    return Settings(**given)
