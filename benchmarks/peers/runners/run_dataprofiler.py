"""DataProfiler: the label its structured labeler gives a column."""

import logging
import os

import common

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import dataprofiler
import pandas


def prepare(job):
    """Its options with all statistics off; the first profile loads the network."""
    dataprofiler.set_verbosity(logging.ERROR)
    options = dataprofiler.ProfilerOptions()
    options.set({"*.is_enabled": False, "data_labeler.is_enabled": True})
    profile(options, ["nothing"])
    return options


def profile(options, values):
    """The labels of one column, several where it cannot tell them apart."""
    profiler = dataprofiler.Profiler(pandas.DataFrame({"column": values}), options=options, profiler_type="structured")
    label = profiler.report(report_options={"output_format": "compact"})["data_stats"][0].get("data_label") or ""
    return [word for word in label.split("|") if word]


def columns(peer, tables):
    """The labels of each column."""
    return {
        column["id"]: profile(peer, column["values"])
        for table in tables
        for column in table["columns"]
        if column["values"]
    }


if __name__ == "__main__":
    common.main(prepare, columns)
