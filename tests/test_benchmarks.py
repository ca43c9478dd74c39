"""The benchmarks count right, and their lists hold together."""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import harmless, results, scale, scoring, sets, spans_compared
from benchmarks.labelled.text import Document, Mark
from benchmarks.peers import catalogue, environments
from benchmarks.peers.run import OURS, RUNNERS, job_of_columns
from benchmarks.scoring import Score, Thresholds
from data_map.taxonomy import CATEGORIES

PEER = catalogue.Peer(
    name="finder",
    title="Finder",
    requires=("finder==1.0",),
    runner="run_finder.py",
    tasks=frozenset({"columns"}),
    unit="cells",
    settings="",
    means={"PERSON": "identity.name", "MAIL": "contact.email", "DATE": "demographic.date_of_birth"},
    hopeful=frozenset({"DATE"}),
)
NAMES = sets.Column("guest", "who", ("Ada", "Bo", "Cy", "Di"), True, frozenset({"name"}))
PRICES = sets.Column("guest", "price", ("1", "2", "3", "4"), False)


def test_a_word_counts_from_its_share_of_cells_and_score_on() -> None:
    found = {"PERSON": [0.9, 0.4], "MAIL": [0.3]}
    at = Thresholds(score=0.4, share=0.5)
    assert scoring.kinds(PEER, found, NAMES, 4, at) == {"name"}
    assert scoring.kinds(PEER, found, NAMES, 4, Thresholds()) == {"name", "e-mail"}
    assert scoring.kinds(PEER, found, NAMES, 4, replace(at, score=0.5)) == frozenset()


def test_words_without_a_meaning_are_dropped_and_hopeful_ones_only_help() -> None:
    born = sets.Column("guest", "born", ("1990-01-01",), True, frozenset({"date of birth"}))
    found = {"DATE": [1.0], "MONEY": [1.0]}
    assert scoring.kinds(PEER, found, born, 1, Thresholds()) == {"date of birth"}
    assert scoring.kinds(PEER, found, PRICES, 4, Thresholds()) == frozenset()


def test_a_peer_that_finds_anything_in_running_text_has_found_the_text() -> None:
    notes = sets.Column("guest", "notes", ("Ada called.",), True, frozenset({sets.TEXT}))
    assert scoring.kinds(PEER, {"PERSON": [1.0]}, notes, 1, Thresholds()) == {sets.TEXT}
    assert scoring.kinds(PEER, {}, notes, 1, Thresholds()) == frozenset()


def test_our_own_verdict_is_a_category_and_gets_no_help() -> None:
    notes = sets.Column("guest", "notes", ("Ada called.",), True, frozenset({sets.TEXT}))
    assert scoring.kinds(OURS, ["identity.name"], notes, 1, Thresholds()) == {"name"}


def test_columns_are_counted_as_the_scorer_of_the_development_data_counts() -> None:
    town = sets.Column("shop", "town", ("Ulm",), False, optional=frozenset({"place"}))
    disputed = sets.Column("guest", "id", ("1",), None)
    columns = [NAMES, PRICES, town, disputed]
    personal, typed = scoring.score(columns, [frozenset({"phone"}), frozenset(), frozenset({"place"}), frozenset("x")])
    assert personal == Score(tp=1, fp=1, fn=0)
    assert typed == Score(tp=0, fp=1, fn=1)
    assert [what for what, _, _ in scoring.wrong(columns, [frozenset()] * 4)] == ["FN"]


def test_the_thresholds_are_those_that_serve_a_peer_best() -> None:
    found = {"0": {"PERSON": [0.9, 0.9, 0.9]}, "1": {"PERSON": [0.3]}}
    at = scoring.best(PEER, [NAMES, PRICES], found, None)
    assert scoring.score([NAMES, PRICES], scoring.verdicts(PEER, [NAMES, PRICES], found, at, None))[0] == Score(1, 0, 0)


def test_f_measures() -> None:
    score = Score(tp=1, fp=1, fn=3)
    assert (score.precision, score.recall) == (0.5, 0.25)
    assert score.f() == pytest.approx(1 / 3)
    assert score.f(2) == pytest.approx(5 * 0.5 * 0.25 / (4 * 0.5 + 0.25))
    assert Score().f() == 0.0


def test_spans_of_peers_in_our_words() -> None:
    document = Document("1", "en", "mail", "Ada, born 1990-01-01, paid on 2020-02-02", (Mark(0, 3, "identity.name"),))
    born = replace(document, spans=(*document.spans, Mark(10, 20, "demographic.date_of_birth")))
    found = [(0, 3, "PERSON", 0.8), (10, 20, "DATE", 0.6), (30, 40, "DATE", 0.6), (30, 34, "NUMBER", 1.0)]
    assert spans_compared.marks(PEER, found, document, 0.0) == [Mark(0, 3, "identity.name")]
    assert len(spans_compared.marks(PEER, found, born, 0.0)) == 2
    least, by_category = spans_compared.best(PEER, [born], [found])
    assert least == 0.0
    assert scoring.total(by_category.values()) == Score(2, 0, 0)


def test_values_are_taken_at_equal_distances_and_spelled_alike() -> None:
    assert sets.spread(list(range(10)), 5) == [0, 2, 4, 6, 8]
    assert sets.spread([1, 2], 5) == [1, 2]
    assert sets.as_cells([1.0, None, " x ", b"\xff\xfe\x00", True]) == ["1", "x", "1"]


def test_a_job_keeps_tables_together_and_cuts_values() -> None:
    job = job_of_columns([NAMES, PRICES], 2)
    assert [[one["values"] for one in table["columns"]] for table in job["tables"]] == [[["Ada", "Bo"], ["1", "2"]]]
    assert [one["id"] for table in job["tables"] for one in table["columns"]] == [0, 1]


def test_every_category_has_a_kind_and_every_word_of_a_peer_a_category() -> None:
    known = set(CATEGORIES)
    assert {category for category in known if sets.kind_of(category)} == known
    for peer in catalogue.peers():
        assert set(peer.means.values()) <= known
        assert peer.hopeful <= set(peer.means)
        assert not peer.tasks or (RUNNERS / peer.runner).exists()
        assert all("==" in requirement for requirement in peer.requires)


def test_peers_are_chosen_by_name() -> None:
    assert catalogue.chosen("none") == []
    assert len(catalogue.chosen("all")) == len(catalogue.peers())
    assert [peer.name for peer in catalogue.chosen("pii-radar, datafog")] == ["pii-radar", "datafog"]
    with pytest.raises(ValueError, match="nobody"):
        catalogue.chosen("nobody")


def test_pip_s_reason_names_the_interpreter_and_no_path() -> None:
    assert environments.why("ERROR: Ignored the following: 1.0 Requires-Python <3.9\nERROR: none").startswith(
        "its versions want Python <3.9"
    )
    assert environments.why("noise\nERROR: no wheel in /home/me/cache/x.whl") == "ERROR: no wheel in x.whl"


def test_a_section_of_the_results_is_replaced_and_the_others_stay() -> None:
    document = results.placed(results.placed("# Results\n", "One", "first"), "Two", "second")
    changed = results.placed(document, "One", r"third \1")
    assert "first" not in changed
    assert changed.index(r"third \1") < changed.index("second")


def test_the_command_in_the_results_names_no_folder() -> None:
    words = ["/home/me/project/benchmarks/accuracy.py", "--data", "/home/me/data", "--peers", "all"]
    assert results.command(words) == "python -m benchmarks.accuracy --data data --peers all"


def test_public_tables_are_read_from_csv_and_json_and_cut() -> None:
    content = gzip.compress(b" a ,b,c\n1,2,3\n4,5\n7,8,9\n")
    rows = list(harmless.short(harmless.rows_of("x.csv.gz", content), harmless.Limits(columns=2, rows=2), ("b",)))
    assert rows == [["a", "c"], ["1", "3"], ["4"]]
    records = json.dumps([{"a": 1}, {"a": None, "b": "x"}]).encode()
    assert list(harmless.rows_of("x.json", records)) == [["a", "b"], ["1", ""], ["", "x"]]


def test_the_list_of_public_tables_names_each_once_with_its_licence() -> None:
    _, packages = harmless.packages()
    for package in packages:
        assert package.licence
        assert len(set(package.tables)) == len(package.tables)
        assert set(package.without) <= set(package.tables)


def test_the_sizes_of_bench_scale() -> None:
    assert (scale.factor_of("small"), scale.factor_of("full"), scale.factor_of("0.5")) == (0.05, 1.0, 0.5)
    for words in ("huge", "0", "-1", "1000", "nan", ""):
        with pytest.raises(argparse.ArgumentTypeError):
            scale.factor_of(words)
    parts = list(scale.PARTS)
    assert 4e9 < scale.needed_bytes(parts, 1) < 8e9
    assert scale.needed_bytes(["processes"], 0.05) < 50e6


def test_bench_scale_makes_nothing_where_there_is_no_room(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["scale", "--scale", "100"])
    free = shutil.disk_usage(tmp_path).free
    if scale.needed_bytes(list(scale.PARTS), 100) < free * 0.8:
        pytest.skip("this disk is large enough")
    with pytest.raises(SystemExit, match="GB are free"):
        scale.main()
    assert list(tmp_path.iterdir()) == []


def test_bench_scale_cleans_up_when_a_part_fails(postgresql_server: object) -> None:
    """A server is there for the tests, so that one can be started."""
    with pytest.raises(ZeroDivisionError), scale.postgresql() as server:
        assert server._folder.exists()
        assert not server._folder.is_relative_to("/dev/shm")
        _ = 1 / 0
    assert not server._folder.exists()
    assert server._process.poll() is not None


def test_bench_scale_at_its_smallest(postgresql_server: object, tmp_path: Path) -> None:
    lines: list[str] = []
    scale.tables(lambda *some: lines.extend(some), 0.0005, tmp_path)
    assert any(line.startswith("| ---") for line in lines)
    assert len(lines) > 6
