"""The phase after a scan: which of the fields that were looked at join, measured and kept."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from data_map.store import joins as kept
from privacy.opening import connect, manners_of
from scanners.joins.measuring import Measured
from scanners.joins.measuring import measure as measured

if TYPE_CHECKING:
    from data_map.store.store import Store
    from privacy.app import App, Target
    from scanners.scan import Limits
    from scanners.sources.base import SourceConnector

#: Seconds that measuring may take for one source.
BUDGET_S = 120.0
#: Seconds between two looks at what could interrupt a pause.
_TICK_S = 0.2


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

    manners = {name: manners_of(target) for name, target in by_name.items()}

    def rest(name: str, rows: int) -> bool:
        rate = manners[name].max_rows_per_s
        until = time.monotonic() + (rows / rate if rate else 0.0)
        while (left := until - time.monotonic()) > 0:
            on_step()
            time.sleep(min(left, _TICK_S))
        return manners[name].hours.is_open(app.now().astimezone(app.config.zone))

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
        rest=rest,
    )
    kept.keep(store, scan_id, done.measures)
    return done
