"""A form as one HTML page without script, and as plain text: where typst is missing, and for who reads aloud."""

from collections.abc import Iterator, Sequence

from einvoice.render.forms import Form, Grid, Line, Part
from einvoice.validation.reports.html_page import closing, opening, own, text
from einvoice.validation.reports.visible import visible


def page(form: Form) -> str:
    """The form as HTML; every value is text, never markup."""
    return "".join(_page(form))


def _page(form: Form) -> Iterator[str]:
    yield opening(form.title, form.lang)
    mark = f" · <b>{text(form.mark)}</b>" if form.mark else ""
    yield f'<header>\n<p class="kicker">{text(form.kicker)}{mark}</p>\n<h1>{own(form.title)}</h1>\n'
    yield '<dl class="facts">\n'
    for fact in form.facts:
        yield f"<div><dt>{text(fact.label)}</dt><dd>{own(fact.value)}</dd></div>\n"
    yield '</dl>\n</header>\n<main id="inhalt" tabindex="-1">\n'
    for number, part in enumerate(form.parts, 1):
        yield f'<section aria-labelledby="teil-{number}">\n<h2 id="teil-{number}">{text(part.title)}</h2>\n'
        yield from _part(part)
        yield "</section>\n"
    yield "</main>\n<footer>\n"
    for line in form.colophon:
        yield f"<p>{own(line)}</p>\n"
    yield "</footer>\n"
    yield closing()


def _part(part: Part) -> Iterator[str]:
    if part.lines:
        yield f'<dl class="entries{" sums" if part.sums else ""}">\n'
        for line in part.lines:
            last = ' class="last"' if line.strong else ""
            note = f'<p class="note">{text(line.note)}</p>' if line.note else ""
            figure = ' class="figure"' if part.sums else ""
            yield f"<div{last}><dt>{text(line.label)}</dt><dd{figure}>{own(line.value)}{note}</dd></div>\n"
        yield "</dl>\n"
    if part.grid:
        yield from _grid(part.grid)
    for paragraph in part.texts:
        yield f"<p>{own(paragraph)}</p>\n"


def _grid(grid: Grid) -> Iterator[str]:
    figures = [' class="figure"' if figure else "" for figure in grid.figures]
    yield '<div class="scroll">\n<table class="stack">\n<thead><tr>'
    for head, figure in zip(grid.heads, figures, strict=True):
        yield f'<th scope="col"{figure}>{text(head)}</th>'
    yield "</tr></thead>\n<tbody>\n"
    for row in [*grid.rows, *([grid.total] if grid.total else [])]:
        total = row is grid.total
        yield "<tr>"
        for head, cell, figure in zip(grid.heads, row, figures, strict=True):
            said = f"<b>{own(cell)}</b>" if total else own(cell)
            yield f'<td{figure} data-label="{text(head)}"><div>{said}</div></td>'
        yield "</tr>\n"
    yield "</tbody>\n</table>\n</div>\n"


def written(form: Form) -> str:
    """The form as plain text, 100 characters wide where values allow."""
    return "\n".join(visible(line) for line in _written(form)) + "\n"


def _written(form: Form) -> Iterator[str]:
    yield form.kicker + (f"  [{form.mark}]" if form.mark else "")
    yield form.title
    yield ""
    yield from _lines(form.facts)
    for part in form.parts:
        yield ""
        yield part.title
        yield "-" * len(part.title)
        yield from _lines(part.lines)
        if part.grid:
            yield from _columns(part.grid)
        yield from part.texts
    yield ""
    yield from form.colophon


def _lines(lines: Sequence[Line]) -> Iterator[str]:
    width = max((len(line.label) for line in lines), default=0)
    for line in lines:
        yield f"{line.label.ljust(width)}  {line.value}" + (f" ({line.note})" if line.note else "")


def _columns(grid: Grid) -> Iterator[str]:
    rows = [grid.heads, *grid.rows, *([grid.total] if grid.total else [])]
    flat = [[" ".join(cell.split()) for cell in row] for row in rows]
    widths = [max(len(row[n]) for row in flat) for n in range(len(grid.heads))]
    for row in flat:
        cells = zip(row, widths, grid.figures, strict=True)
        yield "  ".join(c.rjust(w) if figure else c.ljust(w) for c, w, figure in cells).rstrip()
