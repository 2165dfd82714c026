#!/bin/sh
# Makes the virtual environment: exactly the locked packages, and einvoice itself from this checkout.
set -eu
python="$1" venv="$2"
fail() { echo "einvoice: $*" >&2; exit 2; }

command -v "$python" >/dev/null || fail "Python fehlt: bitte python3 (3.11 oder neuer) installieren (apt install python3 python3-venv)."
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "Python 3.11 oder neuer wird gebraucht; PYTHON=python3.12 make ... waehlt ein anderes."
if [ ! -x "$venv/bin/python" ]; then
    "$python" -m venv "$venv" 2>/dev/null || { rm -rf "$venv"; fail "Das Modul venv fehlt: bitte python3-venv installieren (apt install python3-venv)."; }
fi
echo "einvoice: Pakete werden eingerichtet ..." >&2
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt \
    || fail "Die Pakete konnten nicht geladen werden: ist ein Paketverzeichnis (pip) erreichbar?"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . \
    || fail "einvoice konnte nicht in $venv eingerichtet werden."
