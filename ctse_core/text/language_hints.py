"""Everyday words that tell two close languages apart, where byte sequences leave them level.

Sixty characters of Indonesian and Malay, or of Croatian and Serbian in Latin letters, often differ in one
word: "karena" or "kerana", "gdje" or "gde". The words are asked only where both languages of a pair are the
likeliest of all, and mean nothing elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

WEIGHT = 2.0
"""Added to the score (natural logarithm) of a language for each word of its own, at most MOST_WORDS."""
MOST_WORDS = 3
LEVEL = 12.0
"""Two languages are level while the score of the second is this near to the first."""

LEANING: dict[str, float] = {"sr": 1.0}
"""Added to a language beside the other of its pair, to which the model leans: here Croatian, whose column
Bosnian shares."""

PAIRS: tuple[dict[str, str], ...] = (
    {
        "id": """agustus aktivitas aku akun apotek bahkan bahwa berbagai berbeda berbicara besok bisa
        butuh coba daring desember dokter gadis gratis ingin inggris juli jumat juni kabupaten kamu kantor
        kapan karena kau kemarin kepolisian kesehatan komunitas korban kualitas listrik longsor maret mau
        membutuhkan mencoba menewaskan mobil nomor obat pasien pengungsi perusahaan polisi ponsel prancis
        presiden pria provinsi rabu rupiah rusak sabtu sehat selasa senin siswa spanyol tewas tim uang
        universitas""",
        "ms": """akaun aktiviti amat apabila awak baharu bahawa bandar beliau berbeza bercakap boleh bomba
        budak cuba daripada disember doktor elektrik hospital iaitu ialah identiti isnin jabatan jepun
        julai jumaat jun kementerian kerajaan kerana kesihatan komuniti kualiti mac mahu maklumat manakala
        mangsa mencuba menerusi nombor ogos pasukan pejabat pelbagai penduduk percuma peribadi
        perkhidmatan pesakit polis ramai sekiranya sekuriti selepas semasa sepanyol sewaktu sihat sila
        syarikat telefon tempoh tiada ubat universiti wang""",
    },
    {
        "hr": """bijela bijeli bijelo cijela cijele cijeli cijelo dijelovi dijete dio djeca djece djecu
        djelo djevojka djevojke dvije europa europe europi europska europske gdje glazba htio igrač
        izvješće kazalište kolovoza kruh lijek lijepo lipnja listopada ljepši ljeto mjere mjesec mjeseca
        mjeseci mjesta mjesto mlijeko naprijed nedjelja nedjelje netko nitko nogomet obitelj obitelji
        ondje općina općine otok ovdje ozlijeđeni ožujka poslije potres povijest prije primjer primjerice
        priopćenju promjena promjene prosinca prosvjed rijeka rijeke riječ riječi rješenje rujna siječnja
        sigurnost sljedeće sljedeći smije srijeda srpnja studenoga svatko sveučilište svibnja svijet
        svijeta svijetu svjetski također tijekom tijelo tisuća tisuće tjedan tjedna tko travnja tražiti
        tvrtka unatoč uspjeh uspjeli utjecaj uvijek uvjeti veljače vidio vidjeti vijest vijesti vijeće
        vlak volio vrijednost vrijeme vrijedi znanost zrakoplov čovjek čovjeka što živjeti želio""",
        "sr": """aerodrom aprila avgusta bela beli belo bezbednost cela cele celo ceo deca dece decembra
        decu delo delovi deo desilo dete devojka devojke dve evropa evrope evropi evropska evropske
        februara fudbal gde hiljada hiljade hleb hteo istorija istorije izveštaj januara jula juna ko lek
        lepo leto marta mere mesec meseca meseci mesta mesto mleko muzika napred nauka nedelja nedelje
        neko niko novembra oktobra onde opština opštine ostrvo ovde porodica porodice posle povređeni
        pozorište pre preduzeće primer promena promene reka reke reč reči rešenje saopštenju savet
        septembra sledeće sledeći sme sreda svako svet sveta svetu svetski takođe telo tokom umesto
        univerzitet uspeh uspeli uticaj uvek uslovi vest vesti veće videti video voleo voz vrednost vredi
        vreme zemljotres čovek čoveka šta živeti želeo""",
    },
)

_WORD = re.compile(r"[^\s\"().,:;!?]+")


def add_hints(scores: NDArray[np.float32], texts: Sequence[str], codes: Sequence[str]) -> None:
    """Add to ``scores`` (n, l), in place, what the words of ``texts`` say; ``codes`` names its columns."""
    if len(texts) == 0:
        return
    best = np.argpartition(scores, -2, axis=1)[:, -2:]
    both = np.take_along_axis(scores, best, axis=1)
    pairs = _words()
    for row in np.flatnonzero(np.abs(both[:, 0] - both[:, 1]) < LEVEL).tolist():
        first, second = int(best[row, 0]), int(best[row, 1])
        words = pairs.get((codes[first], codes[second]))
        if words is not None:
            found = set(_WORD.findall(texts[row].lower()))
            for column, own in zip((first, second), words, strict=True):
                hits = min(len(found & own), MOST_WORDS)
                scores[row, column] += WEIGHT * hits + LEANING.get(codes[column], 0.0)


@cache
def _words() -> dict[tuple[str, str], tuple[frozenset[str], frozenset[str]]]:
    """Return the words of both languages of each pair, under either order of their codes."""
    words = {}
    for pair in PAIRS:
        (one, its), (other, others) = ((code, frozenset(text.split())) for code, text in pair.items())
        words[one, other] = (its, others)
        words[other, one] = (others, its)
    return words
