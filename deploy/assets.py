"""Fetches what the web pages look better with, by pinned version and hash: KERN UX (EUPL-1.2, with Fira Sans, OFL)
and htmx (0BSD). Unmodified, with their licences, into folders that git ignores and the wheel includes.

Run with `make assets` (needs npm). Without it the pages use our own small style sheet.
"""

import base64
import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

STATIC = Path(__file__).resolve().parent.parent / "einvoice" / "interfaces" / "web" / "static"
_FONTS = ("Regular", "Medium", "SemiBold", "Bold")
PACKAGES = {
    "kern": (
        "@kern-ux/native@2.7.2",
        "TN0Mqbasp7S1IOqurXickde8MDj5hIcgT4s3f1i33wyv2iVgA1dTO/FoQyi6rgM9KYTYkIthl9k72g7fBUUvHg==",
        {
            "dist/kern.min.css": "kern.min.css",
            "dist/fonts/fira-sans.css": "fonts/fira-sans.css",
            "LICENSE.md": "LICENSE.md",
            **{
                f"dist/fonts/fira-sans/FiraSans-{one}.woff2": f"fonts/fira-sans/FiraSans-{one}.woff2"
                for one in _FONTS
            },
        },
    ),
    "htmx": (
        "htmx.org@4.0.1",
        "oF7JgXhDW9UXCy/k1ZYFUQgzu/rm19ORWPSPNL91vPluB2PB9+MV55tyQdH/w7o2EAbTYUG5SDW1R60mdkdqGg==",
        {"dist/htmx.min.js": "htmx.min.js", "LICENSE": "LICENSE"},
    ),
}
"""Folder → package and version, SHA-512 of its archive, and which files go where."""


def fetch(folder: str) -> None:
    """Fetches one package; all its files or none. Raises SystemExit with a sentence."""
    name, digest, files = PACKAGES[folder]
    packed = _packed(name)
    if base64.b64encode(hashlib.sha512(packed).digest()).decode() != digest:
        raise SystemExit(f"einvoice: {name} is not the package that was pinned here; nothing was changed.")
    target = STATIC / folder
    part = target.with_name(f".{folder}.part")
    shutil.rmtree(part, ignore_errors=True)
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        for inner, own in files.items():
            member = archive.extractfile(f"package/{inner}")
            assert member is not None
            (part / own).parent.mkdir(parents=True, exist_ok=True)
            (part / own).write_bytes(member.read())
    shutil.rmtree(target, ignore_errors=True)
    part.rename(target)
    print(f"einvoice: {name} → {target}", file=sys.stderr)


def _packed(name: str) -> bytes:
    if shutil.which("npm") is None:
        raise SystemExit("einvoice: npm is missing (apt install npm); the pages work without these files.")
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            ["npm", "pack", "--silent", "--ignore-scripts", name],
            cwd=folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        found = sorted(Path(folder).glob("*.tgz"))
        if done.returncode or not found:
            raise SystemExit(f"einvoice: {name} could not be fetched: {done.stderr.strip()[-300:]}")
        return found[0].read_bytes()


if __name__ == "__main__":
    for wanted in PACKAGES:
        fetch(wanted)
