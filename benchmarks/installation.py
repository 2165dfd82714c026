"""`python -m benchmarks.installation`: what one small invoice takes of an installation, for benchmarks/sizing.tsv.

CPU of all processes of `einvoice run`, the verdict in it; CPU of PostgreSQL beside it; bytes in the archive and in
the database. Two runs of different size, so that the start is left out. Not part of `make bench`.
"""

import tempfile
from dataclasses import astuple, dataclass
from pathlib import Path

from benchmarks.clustered import cpu_below
from benchmarks.inbox import fill
from benchmarks.starts import EINVOICE, cpu
from einvoice.pipeline.workplace import init
from tests import cluster

FEW, MANY = 200, 1_200


@dataclass(frozen=True, slots=True)
class Taken:
    """Of one run: CPU seconds of its processes and of the server, bytes in the archive and in the database."""

    run: float
    server: float
    archive: float
    database: float


def main() -> None:
    """Measures, tells."""
    cluster.announce()
    try:
        for name in ("sqlite", "postgresql"):
            few, many = (_taken(name, count) for count in (FEW, MANY))
            run, server, archive, database = (
                (most - least) / (MANY - FEW) for least, most in zip(astuple(few), astuple(many), strict=True)
            )
            print(
                f"{name}: run {1000 * run:.2f} ms, its server {1000 * server:.2f} ms CPU; archive {archive:,.0f}, "
                f"database {database:,.0f} bytes",
                flush=True,
            )
    finally:
        cluster.stop()


def _taken(name: str, count: int) -> Taken:
    with tempfile.TemporaryDirectory() as folder:
        if name == "sqlite":
            return _ran(Path(folder), "sqlite:///data/einvoice.sqlite", count)
        with cluster.database() as url:
            return _ran(Path(folder), url, count)


def _ran(folder: Path, url: str, count: int) -> Taken:
    place = init(folder / "place", demo=True, url=url)
    for sample in place.inbox.iterdir():
        sample.unlink()
    fill(place.inbox, count)
    before = _server() if "postgresql" in url else 0.0
    spent, _ = cpu([EINVOICE, "run", "--config", str(place.file), "--quiet"])
    after = _server() if "postgresql" in url else 0.0
    archive = sum(
        one.stat().st_size for one in (folder / "place" / "data" / "archive").rglob("*") if one.is_file()
    )
    return Taken(spent, after - before, archive, _size(folder / "place" / "data", url))


def _server() -> float:
    """CPU seconds of PostgreSQL until now."""
    number = (cluster.started() / "data" / "postmaster.pid").read_text().split()[0]
    return cpu_below(int(number))


def _size(data: Path, url: str) -> float:
    if "postgresql" in url:
        return float(
            cluster.sql(cluster.started(), "SELECT pg_database_size(current_database())", database=_name(url))
        )
    return float(sum(one.stat().st_size for one in data.glob("einvoice.sqlite*")))


def _name(url: str) -> str:
    return url.partition("@/")[2].partition("?")[0]


if __name__ == "__main__":
    main()
