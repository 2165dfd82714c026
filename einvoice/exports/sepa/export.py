"""A batch as payment files: split where the bank takes no more, validated, with the protocol of what is paid how."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from einvoice.approval.batches import PAYMENT, name
from einvoice.errors import Refused
from einvoice.exports.closed import Closed
from einvoice.exports.files import File, Output
from einvoice.exports.sepa import message, schema, settings
from einvoice.exports.sepa.transfers import Transfer, transfers
from einvoice.store.times import moment


def sepa(closed: Closed) -> Output:
    """pain.001.001.09. Raises Refused where the town does not pay by itself, nothing can be paid, or no schema is
    there to judge the file.
    """
    policy = settings.read(closed.policy(PAYMENT))
    if closed.batch.demo:
        policy = replace(policy, name=f"DEMO {policy.name}")
    made, left = transfers(closed.rows, policy, closed.day)
    if not made:
        why = (
            "; ".join(dict.fromkeys(one.en for one in left)),
            "; ".join(dict.fromkeys(one.de for one in left)),
        )
        raise Refused(
            f"Batch {name(closed.batch)}: nothing can be transferred ({why[0]}).",
            f"Stapel {name(closed.batch)}: Nichts ist zu überweisen ({why[1]}).",
        )
    numbered = [(_end_to_end(closed, one), one) for one in made]
    files = []
    parts = list(_parts(numbered, policy))
    for number, part in enumerate(parts, 1):
        data = message.write(
            message.Message(_key(closed, number), moment(closed.batch.closed or ""), policy, part)
        )
        schema.demand_valid(data, policy.schema)
        several = f"_{number}" if len(parts) > 1 else ""
        files.append(File(f"{closed.stem}_pain.001{several}.xml", data))
    return Output(files, left, details=tuple(_detail(key, one) for key, one in numbered))


def _parts(
    numbered: Sequence[tuple[str, Transfer]], policy: settings.Payment
) -> Iterator[list[tuple[str, Transfer]]]:
    """The transfers file by file, each within what the bank takes; one above the limit alone stands alone."""
    part: list[tuple[str, Transfer]] = []
    total = Decimal()
    for pair in sorted(numbered, key=lambda pair: (pair[1].execution, pair[0])):
        if part and (len(part) == policy.most_rows or total + pair[1].amount > policy.most_amount):
            yield part
            part, total = [], Decimal()
        part.append(pair)
        total += pair[1].amount
    yield part


def _key(closed: Closed, number: int) -> str:
    """At most 32 characters, of this batch alone: town, number, digest, number of the file."""
    demo = "DEMO-" if closed.batch.demo else ""
    return f"{demo}{closed.tenant.id}-{name(closed.batch)}-{(closed.batch.digest or '')[:6]}-{number}"


def _end_to_end(closed: Closed, one: Transfer) -> str:
    demo = "DEMO-" if closed.batch.demo else ""
    return f"{demo}{closed.tenant.id}-{name(closed.batch)}-{one.rows[0].position}"


def _detail(key: str, one: Transfer) -> dict[str, Any]:
    """What the protocol says of a transfer."""
    return {
        "id": key,
        "execution": one.execution.isoformat(),
        "amount": str(one.amount),
        "iban": one.iban,
        "rows": [
            {"position": part.position, "full": str(part.full), "paid": str(part.paid)} for part in one.rows
        ],
    }
