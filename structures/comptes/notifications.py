"""What a person wants to be told by e-mail: kinds declared by each floor, choices kept as rows.

Each application declares its kinds in ``AppConfig.ready()``; whoever writes such an e-mail calls
``notifier`` (or asks ``veut``). Without a choice the answer is yes: a portal that stays silent
about what awaits somebody loses them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from socle.courriels import ecrire
from socle.models import Courriel
from structures.comptes.models import ChoixNotification, Utilisateur


@dataclass(frozen=True)
class Genre:
    """One kind of e-mail, in the words of the page of choices."""

    cle: str
    libelle: str
    aide: str
    obligatoire: bool = False
    groupe: str = "Vos structures"


_genres: dict[str, Genre] = {}


def declarer(
    genre: str, libelle: str, aide: str, obligatoire: bool = False, *, groupe: str = "Vos structures"
) -> None:
    """Make a kind known (from ``AppConfig.ready()``). Raises ValueError when another one has its key."""
    nouveau = Genre(genre, libelle, aide, obligatoire, groupe)
    if _genres.setdefault(genre, nouveau) != nouveau:
        raise ValueError(f"le genre de notification « {genre} » est déjà déclaré")


def groupes() -> list[tuple[str, list[Genre]]]:
    """The kinds by group, groups in the order of their first declaration; the account's own last."""
    par_groupe: dict[str, list[Genre]] = {}
    for genre in _genres.values():
        par_groupe.setdefault(genre.groupe, []).append(genre)
    return sorted(par_groupe.items(), key=lambda paire: paire[0] == GROUPE_COMPTE)


def veut(personne: Utilisateur, genre: str) -> bool:
    """Whether to write to this person about this. Raises KeyError for a kind nobody declared.

    A closed account is never written to, even for compulsory kinds.
    """
    if not _genres[genre].obligatoire:
        refuse = ChoixNotification.objects.filter(personne=personne, genre=genre, recu=False).exists()
        return personne.is_active and not refuse
    return personne.is_active


def choix_de(personne: Utilisateur) -> dict[str, bool]:
    """Kind → wanted, for every kind that can be refused (one query)."""
    ecrits = dict(ChoixNotification.objects.filter(personne=personne).values_list("genre", "recu"))
    return {cle: ecrits.get(cle, True) for cle, genre in _genres.items() if not genre.obligatoire}


@transaction.atomic
def choisir(personne: Utilisateur, choix: Mapping[str, bool]) -> None:
    """Keep the choices; compulsory and unknown kinds are left aside."""
    for cle, recu in choix.items():
        if cle in _genres and not _genres[cle].obligatoire:
            ChoixNotification.objects.update_or_create(personne=personne, genre=cle, defaults={"recu": recu})


def notifier(
    personne: Utilisateur,
    genre: str,
    modele: str,
    contexte: dict[str, Any],
    *,
    objet: str = "",
    repondre_a: str = "",
    pas_apres: datetime | None = None,
) -> Courriel | None:
    """Write an e-mail of this kind if the person wants it; None otherwise. Raises KeyError (see ``veut``).

    When the kind can be refused, the foot of the e-mail says where.
    """
    if not veut(personne, genre):
        return None
    pied = "" if _genres[genre].obligatoire else PIED.format(settings.PCTI_URL + reverse("comptes:notifications"))
    return ecrire(modele, personne.email, contexte, objet=objet, repondre_a=repondre_a, pied=pied, pas_apres=pas_apres)


GROUPE_COMPTE = "Votre compte"
PIED = "Choisir les courriels que vous recevez\u00a0: {}"
