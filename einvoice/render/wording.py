"""The page's own words, in both languages."""

WORDING = {
    "de": {
        "kicker": "Lesefassung einer elektronischen Rechnung",
        "contents": "Inhalt",
        "findings": "Befunde",
        "whole": "Weitere Befunde",
        "none": "Keine Befunde.",
        "to field": "zur Angabe",
        "missing": "nicht angegeben",
        "rows": "{title}: {count}",
        "footer": "Maßgeblich ist die strukturierte Rechnung (XML); diese Seite gibt alle ihre Angaben wieder.",
        "file": "Datei",
        "rules": "Geprüft nach",
        "page": "Seite",
        "of": "von",
    },
    "en": {
        "kicker": "Readable form of an electronic invoice",
        "contents": "Contents",
        "findings": "Findings",
        "whole": "Other findings",
        "none": "No findings.",
        "to field": "to the field",
        "missing": "not stated",
        "rows": "{title}: {count}",
        "footer": "The structured invoice (XML) is authoritative; this page shows everything it states.",
        "file": "File",
        "rules": "Checked by",
        "page": "Page",
        "of": "of",
    },
}
