"""Writes requirements.txt: every package einvoice and its tests need, pinned with the hashes of all its files.

Run with `make lock`. One file serves every supported Python; no index is named in it, so that a town's own mirror
serves as well.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMAND = [
    sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "--extra", "dev",
    "--universal", "--python-version", "3.11", "--upgrade", "--generate-hashes",
    "--no-emit-index-url", "--no-header", "--no-annotate", "--quiet", "--output-file", "requirements.txt",
]  # fmt: skip

if __name__ == "__main__":
    subprocess.run(COMMAND, check=True, cwd=ROOT)
    target = ROOT / "requirements.txt"
    target.write_text(
        "# Made by `make lock` from pyproject.toml; do not edit.\n" + target.read_text("utf-8"), "utf-8"
    )
