"""The requests in one section, for a page about other things as well. It does not say who asks."""

from __future__ import annotations

from collections.abc import Sequence

from privacy.dsar.clock import Standing
from privacy.reports.report import Section
from privacy.reports.table import Column, Table


def section(standings: Sequence[Standing]) -> Section:
    """Open requests with their dates, the most pressing one with its derivation, and what is overdue."""
    open_ones = [one for one in standings if one.request.closed_on is None]
    overdue = [one for one in open_ones if one.is_overdue]
    records = [
        {
            "id": one.request.id,
            "right": one.request.right,
            "received_on": one.received_on.isoformat(),
            "state": one.request.state.value,
            "due_on": _due(one),
            "safe_due_on": one.deadline.safe_due_on.isoformat() if one.deadline.safe_due_on else "",
            "days_left": one.days_left,
            "next_step": one.next_step,
        }
        for one in open_ones
    ]
    columns = (
        Column("id", "request"),
        Column("right", "right"),
        Column("received_on", "received"),
        Column("state", "state"),
        Column("due_on", "due"),
        Column("safe_due_on", "safe"),
        Column("days_left", "days left", "right"),
        Column("next_step", "next"),
    )
    tables = [Table(columns, records, empty="No request is open.")]
    if open_ones:
        tables.append(_derivation(open_ones[0]))
    return Section(
        title="Requests",
        key="requests",
        paragraphs=(
            f"{len(open_ones)} open, {len(standings) - len(open_ones)} closed.",
            "Safe is the date without pauses and without moving the end off a weekend or a holiday.",
        ),
        tables=tuple(tables),
        warnings=tuple(
            f"{one.request.id} is overdue by {-one.days_left} days." for one in overdue if one.days_left is not None
        ),
    )


def _due(one: Standing) -> str:
    if one.deadline.due_on is None:
        return "no date"
    return one.deadline.due_on.isoformat() + (" (provisional)" if one.deadline.is_provisional else "")


def _derivation(one: Standing) -> Table:
    steps = [
        {"date": step.date.isoformat() if step.date else "", "note": step.note, "article": step.article}
        for step in one.deadline.steps
    ]
    columns = (Column("date", "date"), Column("note", "step"), Column("article", "by"))
    return Table(columns, steps, title=f"How the date of {one.request.id} comes about")
