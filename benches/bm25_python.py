"""BM25's top 1,000 of 100,000 passages beside bm25s and tantivy-py, in one run on one machine.

    pip install bm25s==0.3.16 tantivy==0.27.0 numpy
    python benches/bm25_python.py

Our part is `cargo bench --bench search -- export DIR`: the same passages, queries and one thread for all.
Prints each engine's p50 by query and its ratio to ours.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import bm25s
import tantivy

DEPTH = 1000


def p50(search, queries):
    for query in queries[:5]:
        search(query)
    times = []
    for query in queries:
        start = time.perf_counter()
        search(query)
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


def with_tantivy(passages):
    schema = tantivy.SchemaBuilder()
    schema.add_text_field("text", stored=False, tokenizer_name="whitespace", index_option="freq")
    schema.add_unsigned_field("doc", stored=True)
    index = tantivy.Index(schema.build())
    writer = index.writer(num_threads=1)
    for number, text in enumerate(passages):
        writer.add_document(tantivy.Document(text=text, doc=number))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()
    return lambda query: searcher.search(index.parse_query(query, ["text"]), DEPTH).hits


def with_bm25s(passages):
    retriever = bm25s.BM25(k1=1.2, b=0.75, method="lucene")
    retriever.index([text.split() for text in passages], show_progress=False)
    return lambda query: retriever.retrieve([query.split()], k=DEPTH, show_progress=False, n_threads=1)


def main():
    with tempfile.TemporaryDirectory() as folder:
        command = ["cargo", "bench", "--locked", "--bench", "search", "--", "export", folder]
        subprocess.run(command, check=True, stdout=sys.stderr)
        folder = Path(folder)
        passages = (folder / "passages.txt").read_text().splitlines()
        queries = (folder / "queries.txt").read_text().splitlines()
        ours = float((folder / "ours_p50_ms.txt").read_text())
    print(f"rankscope    p50 {ours:8.3f} ms")
    for name, build in [("tantivy-py", with_tantivy), ("bm25s", with_bm25s)]:
        theirs = p50(build(passages), queries)
        print(f"{name:<12} p50 {theirs:8.3f} ms   {theirs / ours:.2f} times ours")


if __name__ == "__main__":
    main()
