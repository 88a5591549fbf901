"""What a run leaves on the disk: its settings, its log, and checkpoints that are whole or not there."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ctse_core.errors import TrainError
from train.config import TrainConfig, config_of, differences

if TYPE_CHECKING:
    from torch import Tensor

CHECKPOINT = "checkpoint-"
SAME_DATA = {
    "pairs_digest": "pairs",
    "posts_digest": "posts",
    "student": "student's weights",
    "teacher": "teacher's weights",
}
MAY_DIFFER = {"tokens", "held_tokens", "save_every", "compiled"}  # how a step is computed, not what it is
LIBRARIES = ("torch", "transformers", "tokenizers", "safetensors", "numpy", "polars")


@dataclass(frozen=True)
class RunState:
    """Where a run stands: ``step`` optimiser steps done, the best held-out score so far and its step, and the step
    that was measured last."""

    step: int = 0
    best: float = float("-inf")
    best_step: int = -1
    evaluated: int = -1


class RunFolder:
    """The folder ``training`` inside the encoder's folder.

    It holds config.json, manifest.json (how it was made), pairs.csv, log.jsonl, events for TensorBoard, the
    best encoder so far (``best``), and the last checkpoint until the run has ended.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        self.folder = out / "training"
        self.best = self.folder / "best"

    def start(self, config: TrainConfig, resume: bool) -> None:
        """Make the folder, or take up the run that lies there.

        Raises:
            TrainError: something else lies there, or a run with other settings.
        """
        with writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._sweep()
        path = self.folder / "config.json"
        if not path.is_file() or not (self.best.exists() or self.finished or self.ending or self._checkpoints()):
            strangers = sorted(each.name for each in self.out.iterdir() if each != self.folder)
            if strangers:
                raise TrainError(
                    f"{self.out} holds something else than a training run ({strangers[0]}); choose a new folder."
                )
            self.write_json("config.json", asdict(config))
            return
        if not resume:
            raise TrainError(f"{self.out} holds a training run already; add --resume to go on, or choose a new folder.")
        lines = [
            line for line in differences(config_of(read_json(path)), config) if line.split(":")[0] not in MAY_DIFFER
        ]
        if lines:
            raise TrainError(
                f"The run in {self.out} was started with other settings, so it cannot go on with these: "
                f"{'; '.join(lines[:5])} (first the run's, then yours). Give the same, or choose a new folder."
            )

    def require_going(self) -> None:
        """See that this process finds what the first one wrote, and that the run has not ended.

        Raises:
            TrainError: it does not, since machines that train together need one file system; or it has.
        """
        if not (self.folder / "config.json").is_file():
            raise TrainError(
                f"This process does not see {self.folder}, which the first one wrote. Machines that train together "
                "need --out and --data on one file system that all of them see."
            )
        if self.finished:
            raise TrainError(f"The run in {self.out} has ended already: it is an encoder now. Choose a new folder.")

    def begin(self, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """Say how the run is made; return the manifest. A resume adds its start to those before.

        Raises:
            TrainError: pairs, student or teacher are not those that the run was started with.
        """
        before = read_json(self.folder / "manifest.json") if self._checkpoints() else {}
        for name in SAME_DATA:
            if name in before and before[name] != manifest.get(name):
                raise TrainError(
                    f"The {SAME_DATA[name]} changed since the run in {self.out} was started, so it cannot go on. Bring "
                    "back what was there, or choose a new folder."
                )
        whole = {**manifest, "starts": [*before.get("starts", []), made_with()], "finished": False}
        self.write_json("manifest.json", whole)
        return whole

    @property
    def finished(self) -> bool:
        """Whether the run that lies here has ended well."""
        return bool(read_json(self.folder / "manifest.json").get("finished"))

    def write_json(self, name: str, content: Mapping[str, Any]) -> None:
        """Write a JSON file as a whole."""
        with writing(self.folder):
            beside = self.folder / f".{name}.part"
            beside.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")
            os.replace(beside, self.folder / name)

    def save(self, tensors: Mapping[str, Tensor], state: RunState) -> None:
        """Write a checkpoint beside and rename it; the one before goes only then."""
        from safetensors.torch import save_file

        place = self.folder / f"{CHECKPOINT}{state.step:08d}"
        beside = self.folder / f".{place.name}.part"
        with writing(self.folder):
            shutil.rmtree(beside, ignore_errors=True)
            beside.mkdir(parents=True)
            try:
                save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, beside / "state.safetensors")
                (beside / "state.json").write_text(json.dumps(asdict(state)), encoding="utf-8")
                shutil.rmtree(place, ignore_errors=True)
                os.replace(beside, place)
            finally:
                shutil.rmtree(beside, ignore_errors=True)
        for old in self._checkpoints():
            if old != place:
                shutil.rmtree(old, ignore_errors=True)

    def load(self) -> tuple[dict[str, Tensor], RunState] | None:
        """Return the tensors and the state of the last checkpoint, or None where there is none.

        Raises:
            TrainError: it is damaged.
        """
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        found = self._checkpoints()
        if not found:
            return None
        try:
            state = RunState(**json.loads((found[-1] / "state.json").read_text(encoding="utf-8")))
            return load_file(found[-1] / "state.safetensors"), state
        except (OSError, ValueError, TypeError, SafetensorError) as error:
            raise TrainError(
                f"The checkpoint {found[-1]} is damaged ({error}). Remove it: the run then starts anew."
            ) from error

    @property
    def ending(self) -> bool:
        """Whether every step was done, and only the end of the run is missing."""
        return "ended" in read_json(self.folder / "manifest.json")

    def end(self, manifest: Mapping[str, Any], ended: Mapping[str, Any]) -> None:
        """Move the best encoder into its folder, remove what only a resume needs, and say that the run has ended.

        A kill on the way loses nothing: ``end_again`` goes on where it was.
        """
        self.write_json("manifest.json", {**manifest, "ended": dict(ended)})
        self.end_again()

    def end_again(self) -> dict[str, Any]:
        """Do what ``end`` has not done yet; return how the run went."""
        manifest = read_json(self.folder / "manifest.json")
        last = {"config.json": 1, "modules.json": 2}  # without these the folder is no encoder
        with writing(self.out):
            for path in sorted(self.best.glob("*"), key=lambda each: last.get(each.name, 0)):
                target = self.out / path.name
                if target.is_dir():
                    shutil.rmtree(target)
                os.replace(path, target)
            if self.best.exists():
                self.best.rmdir()
        ended = dict(manifest.pop("ended"))
        self.write_json("manifest.json", {**manifest, "finished": True, **ended})
        self._sweep()
        for old in self._checkpoints():
            shutil.rmtree(old, ignore_errors=True)
        return ended

    def _sweep(self) -> None:
        """Remove what a kill left half-written."""
        for left in [*self.folder.glob(f".{CHECKPOINT}*.part"), *self.folder.glob(f".{self.best.name}.*")]:
            shutil.rmtree(left, ignore_errors=True)

    def _checkpoints(self) -> list[Path]:
        return sorted(self.folder.glob(f"{CHECKPOINT}*"))


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn what a disk may refuse into a sentence.

    Raises:
        TrainError: the folder cannot be written, or is full.
    """
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, SafetensorError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise TrainError(
            f"Writing to {folder} failed ({reason}). What was kept before is whole: free some space, then run "
            "the same command with --resume."
        ) from error


def made_with() -> dict[str, Any]:
    """Return versions, machine and command line of this process."""
    versions = {}
    for name in LIBRARIES:
        with contextlib.suppress(PackageNotFoundError):
            versions[name] = version(name)
    return {
        "python": platform.python_version(),
        "versions": versions,
        "machine": platform.machine(),
        "command": ["python", *sys.orig_argv[1:]],
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def read_json(path: Path) -> dict[str, Any]:
    """Return a JSON file's object; {} where there is none.

    Raises:
        TrainError: the file is damaged.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise TrainError(f"{path} cannot be read ({error}); choose a new folder for the run.") from error
    return content if isinstance(content, dict) else {}
