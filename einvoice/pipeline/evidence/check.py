#!/usr/bin/env python3
"""Prueft dieses Paket, ohne einvoice: python3 check.py      Checks this package, without einvoice: python3 check.py

1. Jede Datei hat den SHA-256, der in SHA256SUMS steht (dasselbe: sha256sum -c SHA256SUMS).
2. Jedes Ereignis in chain.json hat seinen Digest und schliesst an das davor an, bis zum Kopf in head.json.
3. Jede Zeile in rows.json hat den Digest, den das letzte Ereignis nennt, das sie geschrieben hat.
4. Jede Nutzlast hat den Digest, den ihr Ereignis nennt; geloeschte nennen ihr Protokoll.

1. Every file has the SHA-256 that SHA256SUMS states (the same: sha256sum -c SHA256SUMS).
2. Every event in chain.json has its digest and follows the one before, up to the head in head.json.
3. Every row in rows.json has the digest that the last event that wrote it states.
4. Every payload has the digest that its event states; erased ones name their protocol.

digest = SHA-256 of the canonical JSON: keys sorted, no blanks, ASCII only, as json.dumps(…) below writes it.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FIELDS = ("chain", "sequence", "time", "kind", "subject", "actor_id", "payload_digest", "rows", "previous")


def digest(value: Any) -> str:
    """The digest of a value."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def files(here: Path) -> Iterator[str]:
    """What is wrong with the files."""
    listed = {"SHA256SUMS"}
    for line in (here / "SHA256SUMS").read_text("utf-8").splitlines():
        wanted, _, name = line.partition("  ")
        listed.add(name)
        path = here / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != wanted:
            yield f"{name}: SHA-256"
    for path in here.rglob("*"):
        if path.is_file() and path.relative_to(here).as_posix() not in listed:
            yield f"{path.relative_to(here)}: not in SHA256SUMS"


def events(chain: Any, head: Any) -> Iterator[str]:
    """What is wrong with the events."""
    last: dict[str, Any] = {}
    for event in chain["events"]:
        name = f"{event['chain']}/{event['sequence']}"
        if digest([event[field] for field in FIELDS]) != event["digest"]:
            yield f"event {name}: changed"
        before = last.get(event["chain"])
        if before and (before["sequence"] + 1, before["digest"]) != (event["sequence"], event["previous"]):
            yield f"event {name}: does not follow {before['sequence']}"
        last[event["chain"]] = event
    for name, event in last.items():
        if head["chains"].get(name) != [event["sequence"], event["digest"]]:
            yield f"chain {name}: does not end as head.json says"
    for event in chain["excerpts"]:
        if digest([event[field] for field in FIELDS]) != event["digest"]:
            yield f"event {event['chain']}/{event['sequence']}: changed"


def rows(chain: Any, stored: Any) -> Iterator[str]:
    """What is wrong with the rows."""
    said: dict[str, str] = {}
    for event in [*chain["excerpts"], *chain["events"]]:
        said.update({name: value for name, value in (event["rows"] or {}).items() if value is not None})
    for name, row in stored.items():
        table = name.partition("/")[0]
        if digest([table, {key: value for key, value in row.items() if value is not None}]) != said.get(name):
            yield f"row {name}: changed"


def payloads(chain: Any) -> Iterator[str]:
    """What is wrong with the payloads."""
    wanted = {
        f"{e['chain']}/{e['sequence']}": e["payload_digest"] for e in [*chain["events"], *chain["excerpts"]]
    }
    for name, payload in chain["payloads"].items():
        if payload["erased_by"] is None and digest([payload["salt"], payload["content"]]) != wanted.get(name):
            yield f"payload {name}: changed"


def main() -> int:
    """0 all is as it was written, 1 it is not."""
    here = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent)
    chain, stored, head = (
        json.loads((here / n).read_bytes()) for n in ("chain.json", "rows.json", "head.json")
    )
    said = {key: value for key, value in head.items() if key != "root"}
    wrong = [*files(here), *events(chain, head), *rows(chain, stored), *payloads(chain)]
    wrong += [] if digest(said) == head["root"] else ["head.json: changed"]
    print("\n".join(wrong) or f"OK: {len(chain['events'])} events, {len(stored)} rows, head {head['root']}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
