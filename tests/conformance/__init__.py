"""Trust by difference: our verdicts against the official artefacts (`python -m tests.conformance --help`)."""
