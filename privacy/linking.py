"""The phase after a scan: which of the fields that were looked at join, measured and kept."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from data_map.store import joins as kept
from privacy.opening import connect
from scanners.joins.measuring import Measured
from scanners.joins.measuring import measure as measured

if TYPE_CHECKING:
    from data_map.store.store import Store
    from privacy.app import App, Target
    from scanners.scan import Limits
    from scanners.sources.base import SourceConnector

#: Seconds that measuring may take for one source.
BUDGET_S = 120.0


def measure(
    app: App,
    store: Store,
    scan_id: int,
    targets: Sequence[Target],
    limits: Limits,
    *,
    budget_s: float = BUDGET_S,
    on_step: Callable[[], None] = lambda: None,
) -> Measured:
    """Measure the joins of what a scan looked at, within and between its sources, and keep them with the scan.

    ``targets`` are those of the scan, under the names that the store knows them by. Where the scan left everything
    unread because nothing had changed, no source is opened. Doing it again replaces what was kept the first time.
    ``on_step`` is called between two questions to a source; what it raises ends it.
    """
    if not kept.has_looks(store, scan_id):
        return Measured()
    data_map = store.load(today=app.today)
    by_name = {target.source.name: target for target in targets}
    parts = [part for part in data_map.sources if part.source.name in by_name]
    fresh = {
        (part.source.name, asset.asset.name) for part in parts for asset in part.assets if asset.scan_id == scan_id
    }

    def open_(name: str) -> SourceConnector:
        return connect(app, by_name[name], limits.timeout_s, series=limits.series)

    done = measured(
        parts,
        open_,
        key=secrets.token_bytes(32),
        seed=limits.seed,
        is_fresh=lambda source, asset: (source, asset) in fresh,
        known=[join.measure for join in data_map.joins if join.measure is not None],
        budget_s=budget_s,
        max_file_bytes=limits.max_file_bytes,
        on_step=on_step,
    )
    kept.keep(store, scan_id, done.measures)
    return done
