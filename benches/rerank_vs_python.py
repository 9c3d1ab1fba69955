"""Holds the cross-encoder's throughput against Python's onnxruntime: the same file, pairs, batches, threads.

    pip install onnxruntime==1.32.0 tokenizers numpy
    python benches/rerank_vs_python.py [threads]

Runs `cargo bench --bench rerank` and the same work in Python by turns and prints the ratio of the best
rates. On a machine that does other work the ratio still means something, the rates do not.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import time

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

ROOT = pathlib.Path(__file__).parent.parent
MODEL = ROOT / "models/multilingual-e5-small-q4"
BATCH_TOKENS = 1024  # as in src/models/cross_encoder.rs
ROUNDS = 3


def passages():
    rows = (ROOT / "sample_corpus/corpus.jsonl").read_text().splitlines()[:64]
    return [f"{row['title']} {row['text']}" for row in map(json.loads, rows)]


def groups(rows):
    """Longest first, as many as fit into BATCH_TOKENS with their padding."""
    made, longest = [], 0
    for row in sorted(rows, key=lambda row: -len(row.ids)):
        if made and (len(made[-1]) + 1) * longest <= BATCH_TOKENS:
            made[-1].append(row)
        else:
            longest = len(row.ids)
            made.append([row])
    return made


def python(threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(str(MODEL / "reranker.onnx"), options, providers=["CPUExecutionProvider"])
    cutter = Tokenizer.from_file(str(MODEL / "tokenizer.json"))
    cutter.enable_truncation(512, strategy="longest_first")
    cutter.no_padding()
    texts = passages()

    def run():
        start = time.perf_counter()
        rows = [cutter.encode("how do I get a refund", text) for text in texts]
        for group in groups(rows):
            length = max(len(row.ids) for row in group)
            ids = np.full((len(group), length), 1, np.int64)
            mask = np.zeros((len(group), length), np.int64)
            for at, row in enumerate(group):
                ids[at, : len(row.ids)] = row.ids
                mask[at, : len(row.ids)] = 1
            session.run(None, {"input_ids": ids, "attention_mask": mask})
        return len(texts) / (time.perf_counter() - start)

    run()
    return max(run() for _ in range(5))


def ours(threads):
    env = {**os.environ, "RANKSCOPE_BENCH_THREADS": str(threads), "RANKSCOPE_BENCH_PAIRS_ONLY": "1"}
    said = subprocess.run(
        ["cargo", "bench", "-q", "--bench", "rerank"], cwd=ROOT, env=env, check=True, capture_output=True, text=True
    ).stdout
    return float(re.search(r"([\d.]+) pairs/s", said).group(1))


def main():
    threads = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    ours(threads)  # builds
    pairs = [(ours(threads), python(threads)) for _ in range(ROUNDS)]
    mine, theirs = (max(side) for side in zip(*pairs))
    print(f"rankscope {mine:.1f} pairs/s, Python {theirs:.1f} pairs/s, ratio {mine / theirs:.3f}")


if __name__ == "__main__":
    main()
