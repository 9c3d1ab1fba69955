"""Recomputes a report's metrics with pytrec_eval and ir_measures from the exported runs.

Called by parity.sh with the folder of report.json, first and reranked, and the qrels file.
"""

import json
import sys
from pathlib import Path

import ir_measures
import pytrec_eval

work, qrels_file = Path(sys.argv[1]), Path(sys.argv[2])
report = json.loads((work / "report.json").read_text())
n = report["settings"]["n"]

qrels = {}
for line in qrels_file.read_text().splitlines()[1:]:
    query, passage, grade = line.split("\t")
    qrels.setdefault(query, {})[passage] = int(grade)

MEASURES = {
    f"recall@{n}": f"recall_{n}",
    f"success@{n}": f"success_{n}",
    "p@5": "P_5",
    "ndcg@10": "ndcg_cut_10",
    "map": f"map_cut_{n}",
}


def read_run(file):
    """The best N of each query by trec_eval's order."""
    run = {}
    for line in file.read_text().splitlines():
        query, _, passage, _, score, _ = line.split(" ")
        run.setdefault(query, {})[passage] = float(score)
    cut = {}
    for query, scores in run.items():
        order = sorted(scores, key=lambda p: (scores[p], p.encode()), reverse=True)
        cut[query] = {passage: scores[passage] for passage in order[:n]}
    return cut


def by_name(run):
    """The metrics of `by_name`, by query and name. Scores are replaced by ranks, because cwl_eval, behind
    ir_measures, has a tie order of its own."""
    ranked = {query: {p: float(-i) for i, p in enumerate(scores)} for query, scores in run.items()}
    judged = {query: {p: grade for p, grade in grades.items() if grade >= 0} for query, grades in qrels.items()}
    # trec_eval has linear gain only: with grades of 2^grade - 1 it is exponential.
    worth = {query: {p: 2**grade - 1 for p, grade in grades.items()} for query, grades in judged.items()}
    found = {}
    for name in report["metrics"]["by_name"]:
        exponential = name.startswith("nDCG(dcg='exp-log2')")
        written = "nDCG@10" if exponential else name
        if name.startswith("RBP(p="):
            # cwl_eval wants to be told what is relevant; by itself it would weigh the grades.
            written = name.replace("(", "(rel=1, ")
        metric = ir_measures.parse_measure(written)
        for value in ir_measures.iter_calc([metric], worth if exponential else judged, ranked):
            found.setdefault(value.query_id, {})[name] = value.value
    return found


checked = 0
for stage in ("first", "reranked"):
    run = read_run(work / stage)
    found = pytrec_eval.RelevanceEvaluator(qrels, set(MEASURES.values()) | {"recip_rank"}).evaluate(run)
    for query in report["queries"]:
        ours, theirs = query[stage], found.get(query["id"], {})
        for name, measure in MEASURES.items():
            expected = theirs.get(measure, 0.0)
            assert abs(ours[name] - expected) < 1e-9, (stage, query["id"], name, ours[name], expected)
            checked += 1
        # trec_eval's reciprocal rank has no cutoff; ours is cut at 10.
        reciprocal = theirs.get("recip_rank", 0.0)
        expected = reciprocal if reciprocal >= 0.1 - 1e-12 else 0.0
        assert abs(ours["mrr@10"] - expected) < 1e-9, (stage, query["id"], ours["mrr@10"], expected)
        checked += 1
    others = by_name(run)
    for query in report["queries"]:
        for name, ours in query["by_name"].items():
            expected = others.get(query["id"], {}).get(name, 0.0)
            assert abs(ours[stage] - expected) < 1e-9, (stage, query["id"], name, ours[stage], expected)
            checked += 1
    # Averaged as trec_eval does where that was asked for: over the queries that have a list.
    counted = run.keys() & qrels.keys() if report["settings"]["average"] == "intersection" else qrels.keys()
    for name, ours in report["metrics"]["by_name"].items():
        expected = sum(others.get(query, {}).get(name, 0.0) for query in counted) / len(counted)
        assert abs(ours[stage] - expected) < 1e-9, (stage, name, ours[stage], expected)
        checked += 1
print(f"{checked} values equal pytrec_eval's and ir_measures'")
