"""presidio-structured: a verdict on each column of a data frame."""

import common
import pandas
from presidio_structured import PandasAnalysisBuilder
from run_presidio import BATCH, analyzer


def prepare(job):
    """Its builder around the same engine as presidio-analyzer's, with its scores from 0.4 on."""
    engine = analyzer()
    engine.default_score_threshold = 0.4
    return PandasAnalysisBuilder(analyzer=engine, batch_size=BATCH)


def columns(peer, tables):
    """The word for each column that it calls personal."""
    found = {}
    for table in tables:
        for column in table["columns"]:
            if not column["values"]:
                continue
            # A frame of one column each: columns have different numbers of values, and it looks at each by itself.
            frame = pandas.DataFrame({"column": column["values"]})
            verdict = peer.generate_analysis(frame, selection_strategy="mixed").entity_mapping
            found[column["id"]] = list(verdict.values())
    return found


if __name__ == "__main__":
    common.main(prepare, columns)
