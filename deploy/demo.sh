#!/bin/sh
# The main job on samples/, step by step with the very commands a town uses. Run again, it changes nothing and says so.
set -eu
einvoice=".venv/bin/einvoice"
home="${1:-demo}"
export EINVOICE_CONFIG="$home/einvoice.toml"
say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

if [ -f "$EINVOICE_CONFIG" ]; then
    say "1. Arbeitsplatz $home gibt es schon; der Nachtlauf noch einmal: einvoice run"
    $einvoice run
    say "Stapel: einvoice batch list"
    $einvoice batch list
    printf '\nBerichte: %s/reports  Exporte: %s/exports  (von vorn: rm -r %s)\n' "$home" "$home" "$home"
    exit 0
fi
say "1. Arbeitsplatz mit drei erfundenen Kommunen: einvoice init $home --demo"
$einvoice init "$home" --demo
say "2. Nachtlauf, empfangen, archivieren, prüfen, zuordnen: einvoice run"
$einvoice run
open() { $einvoice inbox list --state "$1" --tenant "$2" | tail -n +2 | cut -f1; }
number=0
for town in musterlippe beispielhausen testfurt; do
    say "3. $town: eine Person bestätigt, eine andere ordnet an: einvoice approve confirm / authorise"
    # shellcheck disable=SC2046  # numbers, one word each
    $einvoice approve confirm $(open routed $town) --as "Sabine Sander"
    # shellcheck disable=SC2046
    $einvoice approve authorise $(open confirmed $town) --as "Anton Albers"
    number=$((number + 1))
    say "4. $town: Stapel bilden, schließen, exportieren: einvoice batch build / close / export"
    $einvoice batch build --tenant $town --as "Karin Kruse"
    $einvoice batch close $number --as "Karin Kruse"
    $einvoice batch export $number --format datev-extf --as "Karin Kruse"
    $einvoice batch export $number --format csv --as "Karin Kruse"
done
say "5. Was aus jeder Rechnung geworden ist: einvoice inbox list"
$einvoice inbox list
printf '\nBerichte: %s/reports  Exporte: %s/exports  Alles hier ist DEMO.\n' "$home" "$home"
