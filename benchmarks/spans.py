"""How right the spans in running text are, beside plain Presidio with the same language model.

`python -m benchmarks.spans [--data DIR]` reads the labelled sentences in ``../shared/data/text`` in two ways: through
`privacy redact --lines --format json`, and through Presidio's `AnalyzerEngine` as it comes, with the English spaCy
model that this project installs and no other setting. Both are scored by the scorer that lies beside the labels: a
span counts when three quarters of it are met; F2 weighs recall twice.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from scanners.detect.ner import installed_model

ROOT = Path(__file__).resolve().parents[1]
#: Presidio's names of entities as the labels have them; what the labels do not know (dates, nationalities, web
#: addresses, and numbers of countries) is left out, to Presidio's advantage.
LABELS = {
    "PERSON": "PERSON_NAME",
    "LOCATION": "LOCATION",
    "EMAIL_ADDRESS": "EMAIL",
    "PHONE_NUMBER": "PHONE",
    "CREDIT_CARD": "CREDIT_CARD",
    "IBAN_CODE": "IBAN",
    "IP_ADDRESS": "IP_ADDRESS",
    "US_SSN": "NATIONAL_ID",
    "US_DRIVER_LICENSE": "DRIVER_LICENSE",
}
VERSIONS = ("privacy-inventory", "presidio-analyzer", "spacy")


def flat(record: dict[str, Any]) -> str:
    """A text on one line; offsets stay."""
    return str(record["text"]).replace("\n", " ").replace("\r", " ")


def ours(records: list[dict[str, Any]]) -> Iterator[tuple[str, int, int, str]]:
    """What `privacy redact` finds: id of the record, offsets, category."""
    done = subprocess.run(
        [sys.executable, "-m", "privacy", "-q", "redact", "--lines", "--format", "json"],
        input="".join(flat(record) + "\n" for record in records),
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    for record, line in zip(records, done.stdout.splitlines(), strict=True):
        for span in json.loads(line):
            yield record["id"], span["start"], span["end"], span["category"]


def presidio(records: list[dict[str, Any]], model: str) -> Iterator[tuple[str, int, int, str]]:
    """What Presidio finds by itself: id of the record, offsets, label."""
    import tldextract.tldextract as suffixes
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    # Left alone, it asks the network for the list of public suffixes.
    suffixes.TLD_EXTRACTOR = suffixes.TLDExtract(suffix_list_urls=(), cache_dir=None)
    settings = {"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": model}]}
    engine = AnalyzerEngine(
        nlp_engine=NlpEngineProvider(nlp_configuration=settings).create_engine(), supported_languages=["en"]
    )
    for record in records:
        for found in engine.analyze(flat(record), language="en"):
            if found.entity_type in LABELS:
                yield record["id"], found.start, found.end, LABELS[found.entity_type]


def score(title: str, spans: Iterator[tuple[str, int, int, str]], name: str, data: Path, folder: Path) -> None:
    """Print the scorer's figures."""
    path = folder / "predictions.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("dataset", "id", "start", "end", "type"))
        writer.writerows((name, *span) for span in spans)
    print(f"\n==== {title}", flush=True)
    subprocess.run(
        [sys.executable, data / "score.py", path, "--data", data, "--types", "--map", folder / "map.csv"], check=True
    )


def mapping(data: Path, folder: Path) -> None:
    """Our categories as the labels have them: the table of the script that comes with the labels."""
    told: dict[str, Any] = {}
    exec((data / "predictions.py").read_text(encoding="utf-8").partition("def table_of")[0], told)
    with (folder / "map.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("theirs", "ours"))
        writer.writerows(told["VOCABULARY"].items())


def main() -> None:
    """Score every labelled text file both ways."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    data = parser.parse_args().data
    model = installed_model()
    if not (data / "score.py").exists() or model is None:
        sys.exit(f"There have to be labelled texts at {data}, and a language model.")
    print(", ".join(f"{name} {metadata.version(name)}" for name in VERSIONS), f"with {model}")
    for path in sorted((data / "text").glob("*.jsonl")):
        records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            mapping(data, folder)
            score(f"{path.stem}: privacy redact", ours(records), path.stem, data, folder)
            score(f"{path.stem}: Presidio, plain", presidio(records, model), path.stem, data, folder)


if __name__ == "__main__":
    main()
