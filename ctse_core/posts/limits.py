"""How much a packed file may unpack to: archives made to fill disk or memory are refused while they grow."""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ctse_core.errors import InputFileError
from ctse_core.posts.settings import ReadSettings

BLOCK = 1 << 20
RATIO_FLOOR = 64 << 20
"""Unpacked bytes under which the ratio does not matter: small repetitive tables pack very well."""
SHEET_CELLS = 60_000_000
"""A sheet is held in memory as a full rectangle; more cells than this would not fit."""
_CELL = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br=["\']([A-Z]{1,3})(\d{1,7})["\']')


@dataclass
class Meter:
    """Counts unpacked bytes against the limits and stops an archive that grows beyond them."""

    name: str
    packed: int
    settings: ReadSettings
    unpacked: int = 0

    def add(self, size: int) -> None:
        """Count bytes; raise InputFileError where they are too many."""
        self.unpacked += size
        limit = self.settings.unpacked_limit_mb << 20
        too_dense = self.unpacked > max(RATIO_FLOOR, self.settings.unpacked_ratio * self.packed)
        if self.unpacked > limit or too_dense:
            raise InputFileError(
                f"{self.name} unpacks to more than {min(self.unpacked, limit) >> 20:,} MB from "
                f"{max(1, self.packed >> 10):,} KB, which looks like an archive made to fill the disk. "
                "If it is what you want, unpack it yourself and give the file inside."
            )


def check_workbook(path: Path, name: str, settings: ReadSettings) -> None:
    """Refuse a workbook that unpacks beyond the limits or whose sheets span more cells than memory holds."""
    meter = Meter(name, path.stat().st_size, settings)
    try:
        with zipfile.ZipFile(path) as archive, path.open("rb") as raw:
            members = archive.infolist()
            meter.add(sum(info.file_size for info in members))
            meter.unpacked = 0
            for info in members:
                _measure_member(raw, info, meter)
    except (zipfile.BadZipFile, EOFError, zlib.error, ValueError) as error:
        raise InputFileError(f"{name} is a damaged workbook ({error}); save it again as XLSX or CSV.") from error


def _measure_member(raw: IO[bytes], info: zipfile.ZipInfo, meter: Meter) -> None:
    """Inflate one member without keeping it, beyond its declared size too, counting bytes and cells."""
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or info.flag_bits & 1:
        raise InputFileError(f"{meter.name} is protected or packed in an unusual way; save it again as XLSX or CSV.")
    raw.seek(info.header_offset + 26)
    lengths = raw.read(4)
    raw.seek(int.from_bytes(lengths[:2], "little") + int.from_bytes(lengths[2:], "little"), 1)
    inflate = zlib.decompressobj(-15) if info.compress_type == zipfile.ZIP_DEFLATED else None
    sheet, tail, left = info.filename.startswith("xl/worksheets/"), b"", info.compress_size
    furthest = [0, 0]
    while left > 0 and (packed := raw.read(min(BLOCK, left))):
        left -= len(packed)
        while packed:
            block = inflate.decompress(packed, BLOCK) if inflate else packed
            packed = inflate.unconsumed_tail if inflate else b""
            meter.add(len(block))
            if sheet:
                _reach(tail + block, furthest, meter.name)
                tail = block[-256:]


def _reach(xml: bytes, furthest: list[int], name: str) -> None:
    """Follow how far out a sheet's cells lie: two stray cells far apart make a rectangle of billions."""
    for column, row in _CELL.findall(xml):
        number = 0
        for letter in column:
            number = number * 26 + letter - 64
        furthest[0], furthest[1] = max(furthest[0], int(row)), max(furthest[1], number)
    if furthest[0] * furthest[1] > SHEET_CELLS:
        raise InputFileError(
            f"A sheet of {name} reaches out to row {furthest[0]:,} and column {furthest[1]:,}, too many "
            "cells to hold in memory. Delete the stray far-out cells, or save the sheet as CSV."
        )
