"""The configuration of the demo's company."""

from __future__ import annotations

from pathlib import Path

import tomlkit

from privacy.demo.company import Company


def write_config(company: Company) -> Path:
    """Write ``config.toml`` into the demo's folder: three sources and a store beside them."""
    document = tomlkit.document()
    document.add(tomlkit.comment("Made by `privacy demo`. Paths are seen from this file."))
    document["organisation"] = {
        "name": company.name,
        "country": "DE",
        "timezone": "Europe/Berlin",
        "address": "Am Kettenwerk 4, 04109 Leipzig",
        "email": "kontakt@tretmond-velo-4711.de",
        "dpo": {"name": "Data protection officer", "email": "datenschutz@tretmond-velo-4711.de"},
    }
    document["store"] = {"url": "sqlite:///privacy.db"}
    sources = tomlkit.aot()
    places = [(path.stem, path) for path in company.databases] + [(company.share.name, company.share)]
    for name, path in places:
        sources.append(
            tomlkit.item({"name": name, "path": path.relative_to(company.folder).as_posix(), "country": "DE"})
        )
    document["sources"] = sources
    target = company.folder / "config.toml"
    target.write_text(tomlkit.dumps(document), encoding="utf-8")
    return target
