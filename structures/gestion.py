"""What there is to do to keep the directory true: one line per task, for whoever holds the right.

The page costs one query per line that counts, whatever the number of structures.
"""

from collections.abc import Callable
from dataclasses import dataclass

from socle.droits import peut
from structures.adhesions.demandes import a_traiter
from structures.adhesions.equipe import a_pourvoir
from structures.comptes.models import Utilisateur
from structures.doublons.branchements import compter
from structures.fraicheur import du_ressort
from structures.imports.decisions import ecarts_ouverts, propositions


@dataclass(frozen=True)
class Tache:
    """One line of the page « Tenir l’annuaire »."""

    titre: str
    explication: str
    # Name of the address, and the right that it asks for.
    nom_url: str
    droit: str
    # How many things wait there for this person; None when there is nothing to count.
    compter: Callable[[Utilisateur], int] | None = None
    # « doublon possible,doublons possibles »
    formes: str = ""


@dataclass(frozen=True)
class Ligne:
    """A task as one person sees it."""

    tache: Tache
    nombre: int | None


TACHES: tuple[Tache, ...] = (
    Tache(
        "Importer une liste",
        "FINESS, annuaire de l’éducation, data·inclusion ou n’importe quel tableau : rien n’est écrit avant "
        "que vous ayez vu ce qui changerait.",
        "structures:imports",
        "structures.importer",
        lambda personne: propositions(personne).count(),
        "structure absente d’une liste à fermer ou à garder,structures absentes d’une liste à fermer ou à garder",
    ),
    Tache(
        "Différences entre les fichiers et les structures",
        "Ce qu’une structure a corrigé n’est jamais remplacé par un import\u00a0: ici, vous choisissez.",
        "structures:ecarts",
        "structures.trancher_ecarts",
        lambda personne: ecarts_ouverts(personne).count(),
        "différence à regarder,différences à regarder",
    ),
    Tache(
        "Ouvrir une fiche",
        "Pour une structure qui manque à l’annuaire. Celles qui lui ressemblent sont montrées d’abord.",
        "structures:nouvelle",
        "structures.creer",
    ),
    Tache(
        "Fiches à vérifier",
        "Personne ne les a confirmées depuis six mois. Le portail relance leur direction, puis c’est à vous.",
        "structures:a_verifier",
        "structures.verifier",
        compter=lambda personne: du_ressort(personne).a_verifier().count(),
        formes="fiche à vérifier,fiches à vérifier",
    ),
    Tache(
        "Structures sans direction",
        "Elles ont une équipe, ou avaient une direction ; aujourd’hui personne ne peut y inviter ni y signer.",
        "structures:sans_direction",
        "structures.voir_sans_direction",
        compter=lambda personne: a_pourvoir(personne).count(),
        formes="structure sans direction,structures sans direction",
    ),
    Tache(
        "Demandes pour rejoindre une équipe",
        "Des personnes disent travailler dans une structure qui n’a pas de direction pour leur répondre.",
        "structures:demandes",
        "structures.voir_sans_direction",
        compter=lambda personne: a_traiter(personne).count(),
        formes="demande à traiter,demandes à traiter",
    ),
    Tache(
        "Inviter en nombre",
        "Donner une liste de personnes et de structures : chaque ligne est vérifiée avant que rien ne parte.",
        "structures:lots",
        "structures.inviter_en_nombre",
    ),
    Tache(
        "Doublons",
        "Deux fiches qui semblent décrire la même structure\u00a0: les comparer, les réunir, ou dire qu’elles sont "
        "distinctes.",
        "structures:doublons",
        "structures.voir_doublons",
        compter,
        "doublon possible,doublons possibles",
    ),
    Tache(
        "Inviter au portail",
        "Donner la coordination d’un pôle à quelqu’un d’autre. L’administration du portail y donne aussi le pilotage "
        "régional et l’administration.",
        "structures:invitations",
        "structures.inviter_au_portail",
    ),
    Tache(
        "Les pôles et leur périmètre",
        "Dessiner le périmètre d’un pôle, bassin par bassin ou commune par commune.",
        "structures:poles",
        "structures.tenir_annuaire",
    ),
    Tache(
        "Communes et bassins d’emploi",
        "Déplacer une commune vers un autre bassin, à une date et pour un motif ; retrouver une commune par son nom "
        "d’avant une fusion.",
        "structures:communes",
        "structures.deplacer_commune",
    ),
)


def lignes(personne: Utilisateur) -> list[Ligne]:
    """The tasks that this person may do, with what waits there."""
    return [
        Ligne(tache, tache.compter(personne) if tache.compter else None)
        for tache in TACHES
        if peut(personne, tache.droit)
    ]
