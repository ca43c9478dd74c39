"""The page that the demo leaves behind."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from data_map.coverage import coverage
from data_map.model import DataMap, Source
from privacy.demo.company import Company
from privacy.reports.overview import overview
from privacy.reports.rendering import render
from privacy.reports.report import Section


def write_report(
    company: Company,
    data_map: DataMap,
    configured: Iterable[Source],
    today: date,
    *,
    activities: Section | None = None,
    requests: Section | None = None,
) -> Path:
    """Write ``report.html`` into the demo's folder: the inventory, with what is given of the record and of requests."""
    report = overview(
        data_map,
        coverage(data_map, configured, today),
        organisation=company.name,
        today=today,
        activities_section=activities,
        requests_section=requests,
    )
    target = company.folder / "report.html"
    target.write_text(render(report, "html"), encoding="utf-8")
    return target
