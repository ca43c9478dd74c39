"""Imported once by the process that workers are forked from: everything that detectors need is loaded when they start.

``PRELOAD_MODEL`` names the environment variable with the module of the language model. Whatever fails here fails
again, and is told, in the worker that needs it.
"""

import gc
import os
from contextlib import suppress

PRELOAD_MODEL = "PRIVACY_WORKER_MODEL"

if PRELOAD_MODEL in os.environ:
    with suppress(Exception):
        from scanners import worker
        from scanners.sources import files  # noqa: F401 - for the workers
        from scanners.sources.sql import connector  # noqa: F401 - for the workers

        worker.warm(os.environ[PRELOAD_MODEL] or None)
        # The memory that workers share stays shared when they collect their garbage.
        gc.collect()
        gc.freeze()
