"""A batch as one xdomea container: a flat zip of the message and the files it names, by the specification's names."""

import uuid

from einvoice.exports.closed import Closed
from einvoice.exports.files import File, Output
from einvoice.exports.packing import packed
from einvoice.exports.papers import papers
from einvoice.exports.profiles.batches import plain_batch, plain_row
from einvoice.exports.provided_schema import demand_valid
from einvoice.exports.xdomea.cases import Case, stored
from einvoice.exports.xdomea.identity import Identity
from einvoice.exports.xdomea.message import Message, written
from einvoice.exports.xdomea.settings import MESSAGES, POLICY, Settings, read
from einvoice.store import people
from einvoice.store.tables import BatchRow

UNJUDGED = (
    "Kein Schema angegeben ([xdomea] schema): Die Nachricht ist nicht gegen das Schema von xdomea 3.0.0 geprüft.",
    "No schema is named ([xdomea] schema): the message was not judged by the schema of xdomea 3.0.0.",
)


def xdomea(closed: Closed) -> Output:
    """The container. Raises Refused where the message does not hold the schema, or an original cannot be had."""
    settings = read(closed.policy(POLICY))
    with closed.reading() as session:
        identity = Identity(uuid.UUID(people.installation(session).uuid))
    cases = [_case(closed, row, identity) for row in closed.rows]
    process = identity.process(closed.batch.id or 0, closed.batch.digest or "")
    message = Message(plain_batch(closed), process, cases, identity, settings)
    data = written(message)
    if settings.schema:
        demand_valid(data, settings.schema / MESSAGES, f"{message.stem}.xml")
    inside = [
        (f"{message.stem}.xml", data),
        *((one.stored, one.data) for case in cases for one in case.papers),
    ]
    return Output([File(f"{message.stem}.zip", packed(inside))], remarks=_remarks(settings))


def _case(closed: Closed, row: BatchRow, identity: Identity) -> Case:
    said = plain_row(closed, row)
    kept = [stored(identity, row.invoice_id, name, data) for name, data in papers(closed, row)]
    return Case(row.invoice_id, said.content, f"{said.amount:f}", kept, demo=closed.batch.demo)


def _remarks(settings: Settings) -> tuple[tuple[str, str], ...]:
    return () if settings.schema else (UNJUDGED,)
