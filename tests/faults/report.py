"""What a run of the faults says: counts, seeds, where kills fell, and every violation with how to repeat it."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from tests.faults.chunks import KEPT, Chunk, Found

PLACE = KEPT / "report.md"
Results = Sequence[tuple[Chunk, Found]]


def line(chunk: Chunk, found: Found) -> str:
    """A chunk in a line."""
    what = found.skipped or f"{found.count} faults, {len(found.violations)} violations"
    return (
        f"{chunk.part} {chunk.store} seed {chunk.seed}: {what} ({found.seconds:.0f} s, load {found.load:.0f})"
    )


def summary(results: Results) -> str:
    """A table of all parts: faults, violations, seeds, CPU seconds for each."""
    groups: dict[tuple[str, str], list[tuple[Chunk, Found]]] = defaultdict(list)
    for chunk, found in results:
        groups[chunk.part, chunk.store].append((chunk, found))
    rows = [
        "| part | store | faults | violations | seeds | CPU s each | load |",
        "|---|---|--:|--:|---|--:|--:|",
    ]
    for (part, store), group in groups.items():
        faults = sum(found.count for _, found in group)
        bad = sum(len(found.violations) for _, found in group)
        seeds = f"{group[0][0].seed}–{group[-1][0].seed}"
        each = sum(found.cpu for _, found in group) / max(1, faults)
        load = max(found.load for _, found in group)
        rows.append(f"| {part} | {store} | {faults} | {bad} | {seeds} | {each:.2f} | {load:.0f} |")
    return "\n".join(rows)


def write(results: Results) -> None:
    """The whole report."""
    days = sorted(found.day for _, found in results)
    parts = [f"# Faults done on purpose\n\n{days[0]} to {days[-1]} UTC\n", summary(results), ""]
    for part in sorted({chunk.part for chunk, found in results if found.places}):
        places: Counter[str] = Counter()
        for chunk, found in results:
            places += found.places if chunk.part == part else Counter()
        parts += [f"## Where: {part}\n", "| place | faults |", "|---|--:|"]
        parts += [f"| {name} | {count} |" for name, count in sorted(places.items())] + [""]
    parts += [f"- not done: {c.part} on {c.store}: {f.skipped}" for c, f in results if f.skipped]
    parts.append("## Violations\n")
    parts += [f"- `{c.repeat}`: {one}" for c, f in results for one in f.violations] or ["none"]
    PLACE.write_text("\n".join(parts) + "\n")
