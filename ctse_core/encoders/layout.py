"""What a folder of an encoder says about itself: sentence-transformers' own files, or plain transformers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ctse_core.errors import EncoderError

MOST_TOKENS = 128
"""Posts are short: texts are cut at this many tokens, also where the model could read more."""

_WEIGHTS = (
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
)
_DECISIVE = (
    "config.json",
    "model*.safetensors",
    "model.safetensors.index.json",
    "pytorch_model*.bin",
    "pytorch_model.bin.index.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.*",
    "merges.txt",
    "bpe.codes",
    "*.model",
)
_POOLINGS = {"mean": "all", "cls": "first", "lasttoken": "last"}
_ACTIVATIONS = {"Tanh": "tanh", "Identity": "identity"}


@dataclass(frozen=True)
class DenseLayer:
    """A linear layer after the pooling, as LaBSE has one."""

    folder: Path
    activation: str  # "tanh" or "identity"


@dataclass(frozen=True)
class EncoderUse:
    """How texts go in and token vectors come out; with the weights it decides the vectors.

    ``pooled`` is "all" tokens (mean), or the "first" or "last" one only: the mean over one token, as CLS models
    and those that read in one direction have it.
    """

    max_tokens: int = MOST_TOKENS
    prefix: str = ""
    pooled: str = "all"
    lowercase: bool = False


@dataclass(frozen=True)
class EncoderLayout:
    """The model in ``folder``, how it is to be used, and the layers after its pooling."""

    folder: Path
    use: EncoderUse
    dense: tuple[DenseLayer, ...]
    kind: str = "transformer"  # or "static", a bag of token vectors

    def files(self) -> list[str]:
        """Return the names of the files in ``folder`` that decide the vectors: weights, tokenizer, model."""
        names = {path.name for pattern in _DECISIVE for path in self.folder.glob(pattern)}
        if {"model.safetensors", "model.safetensors.index.json"} & names:
            names = {name for name in names if not name.startswith("pytorch_model")}
        return sorted(names)


def read_layout(folder: Path, prefix: str | None = None) -> EncoderLayout:
    """Read a local folder: ``config.json`` and weights, and the sentence-transformers files if there are any.

    ``prefix`` overrules what the folder says. A folder without ``modules.json`` is a plain transformers
    model: mean over all tokens, no prefix. That of a StaticEmbedding holds weights and a tokenizer, no
    ``config.json``, and its tokenizer alone knows its most tokens.

    Raises:
        EncoderError: files are missing, or the folder asks for a step that is not built here.
    """
    steps = _steps(folder)
    kinds = [kind for kind, _ in steps]
    if kinds[:1] == ["StaticEmbedding"]:
        return _static_layout(folder, steps, prefix)
    require_files(folder)
    known = {"Transformer", "Pooling", "Dense", "Normalize", "Dropout"}
    strange = [kind for kind in kinds if kind not in known]
    # Rows are made unit at the end in any case; a Dense after a Normalize would see other vectors here than there.
    inner_unit = "Normalize" in kinds and "Dense" in kinds[kinds.index("Normalize") :]
    if strange or inner_unit or (kinds and kinds[:2] != ["Transformer", "Pooling"]):
        raise EncoderError(
            f"The encoder in {folder} works in the steps {' → '.join(kinds)}; only Transformer → Pooling → "
            "Dense → Normalize can be read. Choose another encoder."
        )
    inner = folder / steps[0][1] if steps else folder
    if inner != folder:
        require_files(inner)
    sentence = _read_json(inner / "sentence_bert_config.json", {})
    said = sentence.get("max_seq_length") or MOST_TOKENS
    return EncoderLayout(
        folder=inner,
        use=EncoderUse(
            max_tokens=min(MOST_TOKENS, int(said)),
            prefix=_default_prompt(folder) if prefix is None else prefix,
            pooled=_pooled(folder / steps[1][1]) if steps else "all",
            lowercase=bool(sentence.get("do_lower_case")),
        ),
        dense=tuple(_dense(folder / path) for kind, path in steps if kind == "Dense"),
    )


def _steps(folder: Path) -> list[tuple[str, str]]:
    """Return kind and sub-folder of each step that ``modules.json`` names, none where it is not there."""
    modules = _read_json(folder / "modules.json", [])
    steps = [step if isinstance(step, dict) else {} for step in modules]
    return [(str(step.get("type", "")).rsplit(".", 1)[-1], str(step.get("path", ""))) for step in steps]


def is_static(folder: Path) -> bool:
    """Return whether a folder holds a bag of token vectors (its first step is a StaticEmbedding).

    Raises:
        EncoderError: its ``modules.json`` is damaged.
    """
    return [kind for kind, _ in _steps(folder)[:1]] == ["StaticEmbedding"]


def _static_layout(folder: Path, steps: list[tuple[str, str]], prefix: str | None) -> EncoderLayout:
    if [kind for kind, _ in steps[1:]] not in ([], ["Normalize"]):
        raise EncoderError(
            f"The encoder in {folder} works in the steps {' → '.join(kind for kind, _ in steps)}; after a "
            "StaticEmbedding only Normalize can be read. Choose another encoder."
        )
    inner = folder / steps[0][1]
    require_files(inner, config=False)
    use = EncoderUse(prefix=_default_prompt(folder) if prefix is None else prefix)
    return EncoderLayout(inner, use, (), "static")


def require_files(folder: Path, config: bool = True) -> None:
    """Raise an ``EncoderError`` that names what is missing unless ``folder`` holds a model."""
    if not folder.is_dir():
        raise EncoderError(f"There is no encoder folder at {folder}.")
    missing = []
    if config and not (folder / "config.json").is_file():
        missing.append("config.json")
    if not any((folder / name).is_file() for name in _WEIGHTS):
        missing.append("model.safetensors (or pytorch_model.bin)")
    tokenizers = ("tokenizer.json", "vocab.txt", "vocab.json", "sentencepiece.bpe.model", "spiece.model")
    if not any((folder / name).is_file() for name in tokenizers):
        missing.append("tokenizer.json (or the vocabulary it is made from)")
    if missing:
        raise EncoderError(f"The encoder folder {folder} lacks {', '.join(missing)}.")


def require_writable(folder: Path) -> None:
    """Raise an ``EncoderError`` where ``folder`` holds something else than an encoder that may be replaced."""
    known = any((folder / name).is_file() for name in ("config.json", "modules.json"))
    if folder.exists() and not known and (not folder.is_dir() or any(folder.iterdir())):
        raise EncoderError(f"{folder} holds something else than an encoder; choose a new folder to save into.")


def write_sentence_modules(folder: Path, dim: int, use: EncoderUse, dense: Sequence[str] = ()) -> None:
    """Write the files by which sentence-transformers, and ``read_layout``, know how to use the model.

    ``dim`` is the width that is pooled; ``dense`` names the sub-folders of layers after the pooling.
    """
    kind = "sentence_transformers.models."
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": f"{kind}Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": f"{kind}Pooling"},
        *({"idx": i, "name": str(i), "path": path, "type": f"{kind}Dense"} for i, path in enumerate(dense, 2)),
    ]
    pooling = {
        "word_embedding_dimension": dim,
        "pooling_mode_cls_token": use.pooled == "first",
        "pooling_mode_mean_tokens": use.pooled == "all",
        "pooling_mode_max_tokens": False,
        "pooling_mode_mean_sqrt_len_tokens": False,
        "pooling_mode_lasttoken": use.pooled == "last",
    }
    files: dict[str, Any] = {
        "modules.json": modules,
        "1_Pooling/config.json": pooling,
        "sentence_bert_config.json": {"max_seq_length": use.max_tokens, "do_lower_case": use.lowercase},
        "config_sentence_transformers.json": _prompts(use),
    }
    (folder / "1_Pooling").mkdir(exist_ok=True)
    _write_json(folder, files)


def write_static_modules(folder: Path, use: EncoderUse) -> None:
    """Write the files by which sentence-transformers, and ``read_layout``, know a bag of token vectors."""
    kind = "sentence_transformers.models."
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": f"{kind}StaticEmbedding"},
        {"idx": 1, "name": "1", "path": "1_Normalize", "type": f"{kind}Normalize"},
    ]
    (folder / "1_Normalize").mkdir(exist_ok=True)
    _write_json(folder, {"modules.json": modules, "config_sentence_transformers.json": _prompts(use)})


def _prompts(use: EncoderUse) -> dict[str, Any]:
    prompts = {"prompts": {"query": use.prefix, "document": use.prefix}, "default_prompt_name": "query"}
    return prompts if use.prefix else {"prompts": {}}


def _write_json(folder: Path, files: Mapping[str, Any]) -> None:
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content, indent=1), encoding="utf-8")


def _default_prompt(folder: Path) -> str:
    settings = _read_json(folder / "config_sentence_transformers.json", {})
    name = settings.get("default_prompt_name")
    return str((settings.get("prompts") or {}).get(name, "")) if name else ""


def _pooled(folder: Path) -> str:
    settings = _read_json(folder / "config.json", {})
    modes = settings.get("pooling_mode")
    if modes is None:
        old = {
            "pooling_mode_mean_tokens": "mean",
            "pooling_mode_cls_token": "cls",
            "pooling_mode_lasttoken": "lasttoken",
        }
        modes = [old.get(key, key) for key, on in settings.items() if key.startswith("pooling_mode_") and on]
    modes = [modes] if isinstance(modes, str) else list(modes)
    if len(modes) != 1 or modes[0] not in _POOLINGS:
        raise EncoderError(
            f"The encoder pools its tokens by {' and '.join(modes) or 'an unnamed rule'} ({folder}); only "
            "the mean over all tokens, or the first or the last token, can be read. Choose another encoder."
        )
    if settings.get("include_prompt") is False:
        raise EncoderError(f"The encoder leaves its prompt out of the mean ({folder}), which is not built here.")
    return _POOLINGS[modes[0]]


def _dense(folder: Path) -> DenseLayer:
    settings = _read_json(folder / "config.json", {})
    name = str(settings.get("activation_function", "torch.nn.modules.activation.Tanh")).rsplit(".", 1)[-1]
    if name not in _ACTIVATIONS:
        raise EncoderError(f"The layer in {folder} uses the activation {name}, which is not built here.")
    return DenseLayer(folder, _ACTIVATIONS[name])


def _read_json(path: Path, default: Any) -> Any:
    if not path.is_file():
        return default
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EncoderError(f"{path} cannot be read as JSON; fetch the encoder's folder again.") from error
    return content if isinstance(content, type(default)) else default
