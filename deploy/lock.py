"""Writes requirements.txt: every package einvoice and its tests need, pinned with the hashes of all its files.

Run with `make lock`. No index is named in the result, so that a town's own mirror serves as well.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMAND = [
    sys.executable, "-m", "piptools", "compile", "--quiet", "--strip-extras", "--generate-hashes", "--allow-unsafe",
    "--no-emit-index-url", "--no-emit-trusted-host", "--no-emit-find-links", "--no-header", "--no-annotate",
    "--upgrade", "--extra", "dev", "--extra", "official",
    "--output-file", str(ROOT / "requirements.txt"), str(ROOT / "pyproject.toml"),
]  # fmt: skip

if __name__ == "__main__":
    subprocess.run(COMMAND, check=True, cwd=ROOT)
    target = ROOT / "requirements.txt"
    target.write_text(
        "# Made by `make lock` from pyproject.toml; do not edit.\n" + target.read_text("utf-8"), "utf-8"
    )
