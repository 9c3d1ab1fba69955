"""Writes the small models that the tests load, and what Python's onnxruntime makes of them.

    pip install onnx onnxruntime numpy tokenizers
    python tests/models/make.py

Every graph is a real one-layer transformer with seeded weights: token (and type) embeddings, attention over
the mask, tanh, a head. Each has another shape of inputs or output. `expected.json` holds the logits of the
pairs below, run by onnxruntime in one padded batch with the tokenizer's own truncation and padding, so
that templates, type ids, truncation, masks and outputs are held against the usual way of doing it.
"""

import json
import pathlib

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

HERE = pathlib.Path(__file__).parent
DIM, MAX_TOKENS, SEED = 16, 32, 7
# Vectors are kept in 8 bits a value: where two passage tokens are closer than this, either may be the best.
CLEAR = 0.02
SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[unused0]", "[unused1]"]
WORDS = """a after and are at back be bicycle book booking by can cancel cancelled day days dog ferry five for
free from get how i in is it luggage my of on or paid piece pieces refund refunded ride seat ship small ticket
tickets to train travel two when where with without you your . , ? !""".split()

QUERIES = ["When is my ferry ticket refunded?", "dog", "zebra quagga"]
PASSAGES = [
    "A cancelled ferry ticket is refunded in five days.",
    "Two pieces of luggage travel free.",
    "dog",
    "A small dog can travel on the ferry, with you or without, by day and by train. " * 4,
    "unknown zebra words only",
]
LONG_QUERY = "When can I cancel my booking and get my ticket refunded, and how, and where, and by five days? " * 2


def tokenizer():
    vocabulary = {word: at for at, word in enumerate(SPECIALS + WORDS)}
    made = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    made.normalizer = normalizers.Lowercase()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.add_special_tokens(SPECIALS)
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    return made


def weights(rng, *shape):
    return (rng.standard_normal(shape) * 1.5 / np.sqrt(shape[0])).astype(np.float32)


def graph(name, *, types, head, flat=False, narrow=False, output="logits"):
    """A transformer of one layer. `head`: numbers a pair; None: the token vectors, projected to 8."""
    rng = np.random.default_rng([SEED, len(name), ord(name[0]), ord(name[-1])])
    vocabulary = len(SPECIALS) + len(WORDS)
    kind = TensorProto.INT32 if narrow else TensorProto.INT64
    tensors = {
        "words": rng.standard_normal((vocabulary, DIM)).astype(np.float32),
        "sides": rng.standard_normal((2, DIM)).astype(np.float32),
        "places": rng.standard_normal((MAX_TOKENS, DIM)).astype(np.float32) * 0.2,
        "wq": weights(rng, DIM, DIM),
        "wk": weights(rng, DIM, DIM),
        "wv": weights(rng, DIM, DIM),
        "wo": weights(rng, DIM, DIM),
        "wh": weights(rng, DIM, head or 8),
        "scale": np.float32(1 / np.sqrt(DIM)),
        "one": np.float32(1),
        "much": np.float32(-1e9),
        "axis1": np.array([1], np.int64),
        "zero": np.int64(0),
        "step": np.int64(1),
        "first": np.array([1], np.int64),
    }
    if not types:
        del tensors["sides"]
    if head is not None:
        tensors["axis2"] = np.array([2], np.int64)
    node = helper.make_node
    nodes = [
        node("Gather", ["words", "input_ids"], ["embedded"]),
        node("Shape", ["input_ids"], ["shape"]),
        node("Gather", ["shape", "first"], ["length1"]),
        node("Squeeze", ["length1"], ["length"]),
        node("Range", ["zero", "length", "step"], ["at"]),
        node("Gather", ["places", "at"], ["placed"]),
        node("Add", ["embedded", "placed"], ["x0"]),
    ]
    if types:
        nodes += [node("Gather", ["sides", "token_type_ids"], ["sided"]), node("Add", ["x0", "sided"], ["x"])]
    else:
        nodes += [node("Identity", ["x0"], ["x"])]
    nodes += [
        node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        node("MatMul", ["x", "wq"], ["q"]),
        node("MatMul", ["x", "wk"], ["k"]),
        node("MatMul", ["x", "wv"], ["v"]),
        node("Transpose", ["k"], ["kt"], perm=[0, 2, 1]),
        node("MatMul", ["q", "kt"], ["raw"]),
        node("Mul", ["raw", "scale"], ["scaled"]),
        node("Sub", ["one", "mask"], ["hidden"]),
        node("Mul", ["hidden", "much"], ["hidden_much"]),
        node("Unsqueeze", ["hidden_much", "axis1"], ["bias"]),
        node("Add", ["scaled", "bias"], ["biased"]),
        node("Softmax", ["biased"], ["attention"], axis=2),
        node("MatMul", ["attention", "v"], ["mixed"]),
        node("Add", ["x", "mixed"], ["summed"]),
        node("MatMul", ["summed", "wo"], ["projected"]),
        node("Tanh", ["projected"], ["y"]),
    ]
    if head is None:
        nodes += [node("MatMul", ["y", "wh"], [output])]
        shape = ["batch", "sequence", 8]
    else:
        nodes += [
            node("Unsqueeze", ["mask", "axis2"], ["mask3"]),
            node("Mul", ["y", "mask3"], ["kept"]),
            node("ReduceSum", ["kept", "axis1"], ["sum"], keepdims=0),
            node("ReduceSum", ["mask", "axis1"], ["count"], keepdims=1),
            node("Div", ["sum", "count"], ["mean"]),
            node("MatMul", ["mean", "wh"], ["flat_out" if flat else output]),
        ]
        if flat:
            nodes += [node("Squeeze", ["flat_out", "axis1"], [output])]
        shape = ["batch"] if flat else ["batch", head]
    inputs = ["input_ids", "attention_mask"] + (["token_type_ids"] if types else [])
    made = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info(one, kind, ["batch", "sequence"]) for one in inputs],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(np.asarray(value), key) for key, value in tensors.items()],
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], producer_name="rankscope")
    model.ir_version = 9
    onnx.checker.check_model(model)
    return model


def save(name, model, *, external=False):
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    kwargs = {}
    if external:
        kwargs = dict(save_as_external_data=True, location="model.onnx.data", size_threshold=64)
    onnx.save_model(model, folder / "model.onnx", **kwargs)
    tokenizer().save(str(folder / "tokenizer.json"), pretty=False)
    config = {"model_type": "bert", "hidden_size": 8, "max_position_embeddings": MAX_TOKENS, "pad_token_id": 0}
    (folder / "config.json").write_text(json.dumps(config) + "\n")
    return folder


def logits(folder, pairs, types, narrow):
    cutter = Tokenizer.from_file(str(folder / "tokenizer.json"))
    whole = [len(one.ids) for one in cutter.encode_batch(pairs)]
    cutter.enable_truncation(MAX_TOKENS, strategy="longest_first")
    cutter.enable_padding(pad_id=0)
    rows = cutter.encode_batch(pairs)
    kind = np.int32 if narrow else np.int64
    inputs = {
        "input_ids": np.array([row.ids for row in rows], kind),
        "attention_mask": np.array([row.attention_mask for row in rows], kind),
    }
    if types:
        inputs["token_type_ids"] = np.array([row.type_ids for row in rows], kind)
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
    (out,) = session.run(None, inputs)
    out = out.reshape(len(pairs), -1)
    value = out[:, 0] if out.shape[1] == 1 else out[:, 1] - out[:, 0]
    return [float(one) for one in value], whole


def token_vectors(folder, text, marker, length, expand):
    """As ColBERT makes them: the marker behind [CLS]; queries padded to `length` with [MASK]. With them the ids,
    and of each what it stands for: the text at its place, or the name of a token that is not of the text."""
    cutter = Tokenizer.from_file(str(folder / "tokenizer.json"))
    encoded = cutter.encode(text)
    words = [text[start:end] for start, end in encoded.offsets]
    ids = [encoded.ids[0], marker] + encoded.ids[1:]
    words = ["[CLS]", "[Q]" if expand else "[D]"] + words[1:-1] + ["[SEP]"]
    if len(ids) > length:
        ids, words = ids[: length - 1] + [3], words[: length - 1] + ["[SEP]"]
    mask = [1] * len(ids)
    if expand:
        mask += [0] * (length - len(ids))
        words += ["[MASK]"] * (length - len(ids))
        ids += [4] * (length - len(ids))
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
    (out,) = session.run(None, {"input_ids": np.array([ids]), "attention_mask": np.array([mask])})
    return out[0], ids, words


def similarities(query, passage):
    unit = lambda rows: rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit(query) @ unit(passage).T


def clear_pairs(found, query_words, passage_words):
    """Place, query token, passage token, similarity, of the query tokens whose best match no rounding moves."""
    pairs = []
    for at, row in enumerate(found):
        best, second = np.sort(row)[::-1][:2]
        if best - second > CLEAR:
            pairs.append(f"{at}\t{query_words[at]}\t{passage_words[int(row.argmax())]}\t{best:.4f}")
    return pairs


def main():
    pairs = [(query, passage) for query in QUERIES for passage in PASSAGES]
    pairs.append((LONG_QUERY, PASSAGES[3]))
    shapes = {
        "plain": dict(types=False, head=1),
        "types": dict(types=True, head=1),
        "two-logits": dict(types=True, head=2),
        "flat": dict(types=False, head=1, flat=True, output="score"),
        "narrow": dict(types=True, head=1, narrow=True),
        "external": dict(types=False, head=1),
        "classifier": dict(types=False, head=3),
    }
    expected = {"pairs": [list(pair) for pair in pairs], "models": {}}
    for name, shape in shapes.items():
        folder = save(name, graph(name, **shape), external=name == "external")
        if name == "classifier":
            continue
        values, whole = logits(folder, pairs, shape["types"], shape.get("narrow", False))
        expected["models"][name] = values
        expected["n_tokens"] = whole
        expected["max_tokens"] = MAX_TOKENS

    folder = save("colbert", graph("colbert", types=False, head=None, output="contextual"))
    metadata = {
        "query_token_id": "[unused0]",
        "doc_token_id": "[unused1]",
        "query_maxlen": 16,
        "doc_maxlen": 24,
        "mask_punctuation": True,
        "attend_to_mask_tokens": False,
    }
    (folder / "artifact.metadata").write_text(json.dumps(metadata) + "\n")
    punctuation = {len(SPECIALS) + WORDS.index(sign) for sign in ".,?!"}
    scores, clear = [], []
    for query, passage in pairs[:-1]:
        asked, _, query_words = token_vectors(folder, query, 5, 16, True)
        read, ids, passage_words = token_vectors(folder, passage, 6, 24, False)
        kept = [at for at, one in enumerate(ids) if one not in punctuation]
        found = similarities(asked, read[kept])
        scores.append(float(found.max(axis=1).mean()))
        clear.append(clear_pairs(found, query_words, [passage_words[at] for at in kept]))
    expected["colbert"] = scores
    expected["colbert_pairs"] = clear
    # The same scores from the vectors before the projection, which then lies beside the graph.
    (HERE / "expected.json").write_text(json.dumps(expected, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
