"""What the states of an invoice are called, on the command line and on pages alike; the words of docs/glossary.md."""

STATES = {
    "checked": ("geprüft", "checked"),
    "unchecked": ("nicht geprüft", "unchecked"),
    "unrouted": ("nicht zugeordnet", "unrouted"),
    "rejected": ("abgelehnt", "rejected"),
    "duplicate": ("doppelt", "duplicate"),
    "held": ("zurückgestellt", "held"),
    "routed": ("offen", "open"),
    "confirmed": ("bestätigt", "confirmed"),
    "authorised": ("angeordnet", "authorised"),
    "returned": ("zurückgegeben", "returned"),
    "batched": ("im Stapel", "batched"),
    "exported": ("exportiert", "exported"),
    "acknowledged": ("quittiert", "acknowledged"),
    "expired": ("gelöscht nach Ablauf", "expired"),
}
"""States in German and English."""

BATCHES = {
    "open": ("offen", "open"),
    "closed": ("geschlossen", "closed"),
    "exported": ("exportiert", "exported"),
    "acknowledged": ("quittiert", "acknowledged"),
    "reopened": ("wieder geöffnet", "reopened"),
}
"""States of batches in German and English."""


def state(name: str, lang: str) -> str:
    """What a state is called."""
    return STATES[name][lang != "de"]
