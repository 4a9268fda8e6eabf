"""The text of an agreement: a model with variables in, checked HTML out.

A model is plain text: « # » and « ## » open titles, « - » a list item, a blank line a new paragraph,
« ** » strong text. ``{{a.b}}`` is a variable, ``{{#a}}…{{/a}}`` a block shown when ``a`` holds
something (repeated for each element of a list), ``{{^a}}…{{/a}}`` the contrary. Values are escaped
before the marks are read, so nothing that somebody types can become a title, a list or a tag.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

_MARQUE = re.compile(r"\{\{([#^/]?)\s*([\w.]+)\s*\}\}")
# A block mark alone on its line takes the whole line with it.
_LIGNE_DE_BLOC = re.compile(r"^[ \t]*(\{\{[#^/]\s*[\w.]+\s*\}\})[ \t]*\n", re.MULTILINE)
_SAUT = "\x1e"
_A_COMPLETER = "\x1f"
PROFONDEUR_MAX = 6


class ModeleMalForme(Exception):
    """A block of the model text is not closed, or closed twice."""


@dataclass
class TexteRendu:
    html: SafeString
    # Variables that the text needs and that are empty, in the order of the text.
    manquantes: list[str] = field(default_factory=list)


Noeud = tuple[str, str, list[Any]]


def rendre(modele: str, valeurs: Mapping[str, Any]) -> TexteRendu:
    """Fill a model. Raises ModeleMalForme."""
    noeuds, reste = _lire(_MARQUE.split(_LIGNE_DE_BLOC.sub(r"\1", modele)), "")
    if reste:
        raise ModeleMalForme(reste[0])
    manquantes: list[str] = []
    texte = _remplir(noeuds, [valeurs], manquantes)
    return TexteRendu(mark_safe(_en_html(texte)), list(dict.fromkeys(manquantes)))  # noqa: S308 (values escaped)


def _lire(morceaux: list[str], bloc: str, profondeur: int = 0) -> tuple[list[Noeud], list[str]]:
    """Read [text, mark, name, text, mark, name…] into a tree, up to the end of ``bloc``."""
    if profondeur > PROFONDEUR_MAX:
        raise ModeleMalForme(bloc)
    noeuds: list[Noeud] = []
    while morceaux:
        if morceaux[0]:
            noeuds.append(("texte", morceaux[0], []))
        if len(morceaux) < 3:
            morceaux = []
            break
        signe, nom, morceaux = morceaux[1], morceaux[2], morceaux[3:]
        if signe == "/":
            if nom != bloc:
                raise ModeleMalForme(nom)
            return noeuds, morceaux
        if signe:
            enfants, morceaux = _lire(morceaux, nom, profondeur + 1)
            noeuds.append((signe, nom, enfants))
        else:
            noeuds.append(("variable", nom, []))
    if bloc:
        raise ModeleMalForme(bloc)
    return noeuds, morceaux


def _chercher(nom: str, pile: list[Any]) -> Any:
    """The value of a name in the innermost context that knows it."""
    if nom == ".":
        return pile[-1]
    premier, *suite = nom.split(".")
    for contexte in reversed(pile):
        if isinstance(contexte, Mapping) and premier in contexte:
            valeur = contexte[premier]
            for cle in suite:
                valeur = valeur.get(cle) if isinstance(valeur, Mapping) else None
            return valeur
    return None


def _remplir(noeuds: list[Noeud], pile: list[Any], manquantes: list[str]) -> str:
    sortie: list[str] = []
    for genre, nom, enfants in noeuds:
        if genre == "texte":
            sortie.append(nom)
            continue
        valeur = _chercher(nom, pile)
        if genre == "variable":
            texte = _neutre(valeur)
            if not texte:
                manquantes.append(_nom_complet(nom, pile))
                texte = f"{_A_COMPLETER}à compléter{_A_COMPLETER}"
            sortie.append(texte)
        elif genre == "^":
            if not valeur:
                sortie.append(_remplir(enfants, pile, manquantes))
        elif isinstance(valeur, (list, tuple)):
            sortie.extend(_remplir(enfants, [*pile, element], manquantes) for element in valeur)
        elif valeur:
            sortie.append(_remplir(enfants, pile, manquantes))
    return "".join(sortie)


def _nom_complet(nom: str, pile: list[Any]) -> str:
    """« partie:12.adresse » inside a list of parties, else the name itself."""
    cle = next((c["cle"] for c in reversed(pile) if isinstance(c, Mapping) and "cle" in c and nom in c), "")
    return f"{cle}.{nom}" if cle else nom


def _neutre(valeur: Any) -> str:
    """A value as inert text: escaped, without our marks, its final stop left to the model."""
    if valeur is None or isinstance(valeur, bool):
        return ""
    texte = str(valeur).replace("\r\n", "\n").strip().rstrip(" .;\u00a0")
    texte = "".join(c for c in texte if c == "\n" or ord(c) >= 32)
    texte = escape(texte).replace("*", "&#42;").replace("\n", _SAUT)
    return f"&#{ord(texte[0])};{texte[1:]}" if texte[:1] in {"#", "-"} else texte


def _en_html(texte: str) -> str:
    """Blocks and marks of the filled model to HTML."""
    sortie: list[str] = []
    paragraphe: list[str] = []
    liste: list[str] = []

    def fermer() -> None:
        if paragraphe:
            sortie.append(f"<p>{'<br>'.join(paragraphe)}</p>")
        if liste:
            sortie.append("<ul>" + "".join(f"<li>{element}</li>" for element in liste) + "</ul>")
        paragraphe.clear()
        liste.clear()

    for ligne in (brut.strip(" \t") for brut in texte.split("\n")):
        if ligne.startswith("- "):
            if paragraphe:
                fermer()
            liste.append(_en_ligne(ligne[2:]))
            continue
        if liste or not ligne or ligne.startswith("#"):
            fermer()
        if ligne.startswith("## "):
            sortie.append(f"<h2>{_en_ligne(ligne[3:])}</h2>")
        elif ligne.startswith("# "):
            sortie.append(f"<h1>{_en_ligne(ligne[2:])}</h1>")
        elif ligne:
            paragraphe.append(_en_ligne(ligne))
    fermer()
    return "\n".join(sortie)


def _en_ligne(ligne: str) -> str:
    ligne = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", ligne)
    ligne = re.sub(f"{_A_COMPLETER}(.+?){_A_COMPLETER}", r"<mark>\1</mark>", ligne)
    return ligne.replace(_SAUT, "<br>")
