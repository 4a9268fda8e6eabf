"""From the text of a cell to the value of a field: what a program spoiled is mended, what is lost is said."""

import re

from structures.identifiants import normaliser_numero, siret_valide

_SCIENTIFIQUE = re.compile(r"\d[.,]?\d*E\+?\d+", re.IGNORECASE)
_LARGEURS = {"finess": 9, "siren": 9, "siret": 14, "safir": 5}


def numero(genre: str, brut: str) -> tuple[str, str]:
    """(number, remark) for finess, siren, siret, uai or safir: leading zeros given back, « .0 » taken off."""
    texte = re.sub(r"[.,]0+$", "", brut.strip())
    if _SCIENTIFIQUE.fullmatch(texte.replace(" ", "")):
        return (
            "",
            f"le tableur a arrondi ce numéro («\u00a0{brut[:30]}\u00a0»)\u00a0: mettez la colonne au format Texte",
        )
    net = normaliser_numero(texte)
    largeur = _LARGEURS.get(genre, 0)
    # A program drops leading zeros; a number much too short is another thing.
    if net.isdigit() and largeur - (1 if genre != "safir" else 4) <= len(net) < largeur:
        complete = net.zfill(largeur)
        if genre != "siret" or siret_valide(complete):
            return complete, ""
    return net[:20], ""


def code_postal(brut: str) -> tuple[str, str]:
    """(postal code, town written after it): « 1400 », « 1400.0 », « F-14000 », « 14000 CAEN »."""
    texte = re.sub(r"[.,]0+$", "", brut.strip())
    texte = re.sub(r"^(?:F|FR)[\s-]*(?=\d)", "", texte, flags=re.IGNORECASE)
    trouve = re.match(r"(\d{2}\s?\d{3}|\d{4})(?!\d)[\s,–-]*(.*)$", texte, flags=re.DOTALL)
    if not trouve:
        return texte[:10], ""
    return "".join(trouve[1].split()).zfill(5), trouve[2].strip()


def code_commune(brut: str) -> str:
    """« 1004.0 » → « 01004 », « 2a004 » → « 2A004 »."""
    texte = re.sub(r"[.,]0+$", "", brut.strip()).upper().replace(" ", "")
    return texte.zfill(5) if texte.isdigit() and len(texte) == 4 else texte[:10]


def ville(brut: str) -> str:
    """The town, without the postal code that may come before it."""
    return re.sub(r"^(?:F-?)?\d{5}\s+", "", " ".join(brut.split()))[:100]


def telephone(brut: str) -> str:
    """The first number of the cell."""
    texte = re.sub(r"[.,]0+$", "", brut.strip())
    texte = re.sub(r"^(?:\+|00)\s?33\s?(?:\(0\)\s?)?", "0", texte)
    trouve = re.search(r"\d(?:[\s.\-/]?\d){8,9}", texte)
    return trouve[0].replace("/", " ") if trouve else texte[:20]


def courriel(brut: str) -> tuple[str, str]:
    """(first address of the cell, remark when it holds none)."""
    trouve = re.search(r"[^\s<>;,:()\[\]\"]+@[^\s<>;,:()\[\]\"]+\.[^\s<>;,:()\[\]\"]+", brut)
    if trouve:
        return trouve[0].strip(".").lower(), ""
    return "", f"pas d’adresse électronique dans «\u00a0{brut[:40]}\u00a0»"


def site_web(brut: str) -> tuple[str, str]:
    """(address with its scheme, remark when it is none)."""
    premier = brut.split()[0] if brut.split() else ""
    if premier and "://" not in premier:
        premier = f"https://{premier}"
    if (
        re.fullmatch(r"https?://[^\s/@]+\.[a-z]{2,}(?:[/?#:][^\s]*)?", premier, flags=re.IGNORECASE)
        and len(premier) <= 200
    ):
        return premier, ""
    return "", f"ce n’est pas l’adresse d’un site («\u00a0{brut[:40]}\u00a0»)"


def entier(brut: str) -> tuple[int | None, str]:
    """(whole number, remark): « 25 places » → 25."""
    trouve = re.match(r"\d[\d\s\u202f]*", re.sub(r"[.,]0+(?=\D|$)", "", brut.strip()))
    if trouve and len(chiffres := re.sub(r"\D", "", trouve[0])) <= 6:
        return int(chiffres), ""
    return None, f"ce n’est pas un nombre («\u00a0{brut[:40]}\u00a0»)"


def point(brut: str) -> tuple[str, str] | None:
    """(latitude, longitude) written in one cell, « 48.75, 2.32 » or « (48,75 ; 2,32) »."""
    for nombre, entre in ((r"-?\d+\.\d+", r"\s*[,;\s]\s*"), (r"-?\d+,\d+", r"\s*[;\s]\s*")):
        trouve = re.search(f"({nombre}){entre}({nombre})", brut)
        if trouve:
            return trouve[1], trouve[2]
    return None


def joindre(morceaux: list[str], separateur: str) -> str:
    """The pieces one after the other, without what is already said."""
    gardes: list[str] = []
    for morceau in morceaux:
        propre = " ".join(morceau.replace("|", ",").split()).replace(" ,", ",").strip(" ,")
        if propre and not any(propre.lower() in garde.lower() for garde in gardes):
            gardes = [g for g in gardes if g.lower() not in propre.lower()]
            gardes.append(propre)
    return separateur.join(gardes)
