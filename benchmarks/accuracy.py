"""How right the detectors are: precision, recall and F1 over labelled data, through the product's own commands.

Two sets: the demo's company, whose generator knows where it put personal data; and the labelled development data in
``../shared/data`` (or ``--data DIR``), scored by the scorer that lies beside its labels, when it is there.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from privacy.demo.company import build

ROOT = Path(__file__).resolve().parents[1]
VERSIONS = ("privacy-inventory", "presidio-analyzer", "spacy", "python-stdnum", "phonenumbers")


def privacy(*words: str | Path) -> str:
    """Standard output of a command; 5 (something was skipped) is an answer too."""
    done = subprocess.run(
        [sys.executable, "-m", "privacy", *map(str, words)], capture_output=True, text=True, check=False, cwd=ROOT
    )
    if done.returncode not in (0, 5):
        raise SystemExit(done.stderr)
    return done.stdout


def scanned(places: list[Path], folder: Path) -> list[dict[str, Any]]:
    """The fields of the map after a scan of some places into a store of its own."""
    store = f"sqlite:///{folder}/privacy.db"
    privacy("--store", store, "-q", "scan", *places)
    fields: list[dict[str, Any]] = json.loads(privacy("--store", store, "map", "fields", "--format", "json"))
    return fields


def line(name: str, tp: int, fp: int, fn: int) -> str:
    """Precision, recall and F1 of a count."""
    precision = tp / (tp + fp) if tp + fp else 0.0
    recall = tp / (tp + fn) if tp + fn else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return f"  {name:<24} P {precision:.3f}  R {recall:.3f}  F1 {f1:.3f}   (tp {tp} fp {fp} fn {fn})"


def demo(folder: Path) -> None:
    """Score the demo's company. Fields that its generator lists neither as personal nor as harmless do not count."""
    company = build(folder / "company")
    fields = scanned([*company.databases, company.share], folder)
    found = {
        (field["source"], field["asset"], field["field"]): {field["category"]}
        | {item["category"] for item in field["contains"]}
        for field in fields
        if field["category"]
    }
    planted: dict[tuple[str, str, str], set[str]] = {}
    for item in company.planted:
        planted.setdefault((item.source, item.asset, item.field), set()).add(item.category)
    harmless = {(ref.source, ref.asset, ref.field) for ref in company.harmless}
    hits = sum(ref in found for ref in planted)
    print(f"\n== the demo's company: {len(planted)} personal fields, {len(harmless)} harmless ones")
    print(line("personal", hits, sum(ref in found for ref in harmless), len(planted) - hits))
    # Of a text the generator says that it is personal, not what is in it.
    own = [(found.get(ref, set()), wanted) for ref, wanted in planted.items()]
    own = [(have & wanted if "text.personal" in wanted else have - {"text.personal"}, wanted) for have, wanted in own]
    print(
        line(
            "category",
            sum(len(have & wanted) for have, wanted in own),
            sum(len(have - wanted) for have, wanted in own) + sum(len(found.get(ref, ())) for ref in harmless),
            sum(len(wanted - have) for have, wanted in own),
        )
    )


def development(data: Path, folder: Path, errors: int) -> None:
    """Score the labelled databases with the scorer that comes with them."""
    databases = sorted((data / "databases").glob("*.sqlite"))
    fields = folder / "fields.json"
    fields.write_text(json.dumps(scanned(databases, folder)), encoding="utf-8")
    predictions = subprocess.run(
        [sys.executable, data / "predictions.py", "fields", fields], capture_output=True, text=True, check=True
    ).stdout
    (folder / "predictions.csv").write_text(predictions, encoding="utf-8")
    print(f"\n== labelled databases in {data.name}: {', '.join(path.stem for path in databases)}", flush=True)
    subprocess.run(
        [sys.executable, data / "score.py", folder / "predictions.csv", "--types", "--errors", str(errors)], check=True
    )


def main() -> None:
    """Print all scores."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--errors", type=int, default=0, help="list so many wrong columns")
    options = parser.parse_args()
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in VERSIONS)
    print(f"{datetime.now(UTC).date()}, Python {platform.python_version()}, {versions}")
    with tempfile.TemporaryDirectory() as name:
        demo(Path(name))
    if (options.data / "score.py").exists():
        with tempfile.TemporaryDirectory() as name:
            development(options.data, Path(name), options.errors)
    else:
        print(f"\nNo labelled development data at {options.data}: only the demo's company was scored.")


if __name__ == "__main__":
    main()
