"""`python -m benchmarks.peak parse|verdict`: peak memory (kB) before and after one document of 50,000 lines.

Both work on the same document in processes of their own; before, each has judged a small one, so that rules and
schema are there. What it takes to make the document is a process's own matter, too.
"""

import subprocess
import sys

from benchmarks.starts import peak
from einvoice.formats import xml
from einvoice.validation.deliveries import validate_delivery
from tests.sizes import many_lines

_MAKE = (
    "import sys; from tests.sizes import many_lines as m; sys.stdout.buffer.write(m(50_000, 'ubl-invoice'))"
)


def main(what: str) -> None:
    """Prints both peaks."""
    data = subprocess.run([sys.executable, "-c", _MAKE], capture_output=True, check=True).stdout
    validate_delivery(many_lines(3, "ubl-invoice"), "")
    before = peak()
    kept = xml.parse(data) if what == "parse" else validate_delivery(data, "")
    print(before, peak(), file=sys.stdout)
    del kept


if __name__ == "__main__":
    main(sys.argv[1])
