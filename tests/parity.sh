#!/usr/bin/env bash
# Compares `eval --format json` with pytrec_eval and ir_measures on the runs that the same command exports.
# Needs python3 with venv or pip; installs them at pinned versions into a folder of its own.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m pip install --quiet --target "$work/py" "pytrec_eval-terrier==0.5.11" "ir_measures==0.4.3" \
    "cwl-eval==1.0.12" "numpy==1.26.4"
program=${RANKSCOPE:-target/release/rankscope}
for settings in "" "--fusion convex --alpha 0.3 -n 20" "--first bm25 -n 100" \
    "--first bm25 -n 8 --average intersection --metrics P(rel=2)@3,R@5,RR,AP(rel=3),RBP(p=0.5)"; do
    # shellcheck disable=SC2086 # the settings are words
    "$program" eval sample_corpus $settings --format json --quiet --cache-dir "$work/cache" \
        --first-run "$work/first" --reranked-run "$work/reranked" >"$work/report.json"
    PYTHONPATH="$work/py" python3 tests/parity.py "$work" sample_corpus/qrels/test.tsv
done
