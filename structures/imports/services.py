"""Services of data·inclusion: kept beside the structures we hold, by lots, in the same journal.

A service is found again by its identifier, its structure by the one it bears in data·inclusion.
What its directory no longer holds leaves the structure's page (the row stays, and undoing brings it
back): nobody here vouches for it.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from structures.imports.bilan import Bilan
from structures.imports.fiche import HorsPerimetre, Lue, Rejet, ServiceLu
from structures.imports.vues import Vues
from structures.models import Identifiant, LigneImport, ServiceRepertorie, Structure

LISTE, LISTE_SERVICES = "data-inclusion", "data-inclusion-services"
LOT = 500
LIEN_MAX = 500
CHAMPS_SERVICE = (
    "source", "nom", "description", "type", "thematiques", "publics", "modes_accueil", "zone_eligibilite", "frais",
    "modes_mobilisation", "mobilisable_par", "lien", "date_maj",
)  # fmt: skip
# What the journal tells of a service it creates.
_MONTRES = ("type", "thematiques", "date_maj")
SANS_STRUCTURE = "service d’une structure absente de l’annuaire"
PARTI = "Sa source ne le répertorie plus : il a quitté la page de la structure."


class VoletServices:
    """Writes lots of services, notices those that left, undoes."""

    def traiter(self, lot: Sequence[Lue], bilan: Bilan, vues: Vues, *, essai: bool) -> None:
        """One lot, in the caller's transaction."""
        lus = _trier(lot, bilan, vues)
        structures = _structures({lu.cle_structure for lu in lus})
        connus = {s.cle: s for s in ServiceRepertorie.objects.filter(cle__in=[lu.cle for lu in lus])}
        crees: list[ServiceRepertorie] = []
        modifies: list[ServiceRepertorie] = []
        for lu in lus:
            structure = structures.get(lu.cle_structure)
            if structure is None:
                bilan.hors_perimetre[SANS_STRUCTURE] += 1
                continue
            vues.departements.add(structure.commune.departement_id)
            vues.types.add(str(lu.valeurs["source"]))
            connu = connus.get(lu.cle)
            if connu is None:
                crees.append(_creer(lu, structure, bilan))
            elif _changer(connu, lu, structure, bilan):
                modifies.append(connu)
        if not essai:
            ServiceRepertorie.objects.bulk_create(crees, batch_size=LOT)
            if modifies:
                champs = [*CHAMPS_SERVICE, "structure", "disparu_le"]
                ServiceRepertorie.objects.bulk_update(modifies, champs, batch_size=LOT)
        vues.voir(s.pk for s in (*crees, *connus.values()) if s.pk)
        _garder_les_rejetes(lot, vues)

    def revoir(self, lot: Sequence[Lue], vues: Vues) -> None:
        """A lot written before the run was cut short: only remember what the file holds."""
        cles = [lu.cle for lu in lot if isinstance(lu, ServiceLu) and vues.deja(lu.cle, lu.ligne) is None]
        lignes = ServiceRepertorie.objects.filter(cle__in=cles).select_related("structure__commune")
        for service in lignes:
            vues.departements.add(service.structure.commune.departement_id)
            vues.types.add(service.source)
        vues.voir(service.pk for service in lignes)
        _garder_les_rejetes(lot, vues)

    def clore(self, bilan: Bilan, vues: Vues, *, essai: bool) -> None:
        """Services of these producers and départements that the file doesn't hold leave the pages."""
        bilan.comptes["connues"] = bilan.comptes["disparues"] = 0
        for lot in _proposes(vues):
            bilan.comptes["connues"] += len(lot)
            presents = vues.parmi([s.pk for s in lot])
            absents = [s for s in lot if s.pk not in presents]
            if absents:
                with transaction.atomic():
                    _retirer(absents, bilan, essai=essai)
        bilan.comptes["disparues"] = bilan.journal.lignes.filter(action=LigneImport.Action.DISPARUE).count()

    def annuler_lot(self, lot: Sequence[LigneImport]) -> None:
        """Undo these lines, in the caller's transaction; what changed again since is left, and said."""
        services = {s.cle: s for s in ServiceRepertorie.objects.filter(cle__in=[ligne.numero_cle for ligne in lot])}
        rendus: dict[int, ServiceRepertorie] = {}
        supprimes: list[int] = []
        for ligne in lot:
            service = services.get(ligne.numero_cle)
            ligne.suite = LigneImport.Suite.ANNULEE
            if service is None:
                continue
            if ligne.action == LigneImport.Action.CREEE:
                supprimes.append(service.pk)
                continue
            if ligne.action == LigneImport.Action.DISPARUE:
                service.disparu_le = None
            elif not _rendre(service, ligne.champs):
                ligne.suite, ligne.raison = LigneImport.Suite.GARDEE, "Laissé en partie, car changé depuis."
            rendus[service.pk] = service
        ServiceRepertorie.objects.filter(pk__in=supprimes).delete()
        champs = [*CHAMPS_SERVICE, "structure", "disparu_le"]
        ServiceRepertorie.objects.bulk_update(rendus.values(), champs, batch_size=LOT)
        LigneImport.objects.bulk_update(lot, ["suite", "raison"])


def _garder_les_rejetes(lot: Sequence[Lue], vues: Vues) -> None:
    """A service whose line is broken is still in its directory: what we know of it stays."""
    cles = [lue.cle for lue in lot if isinstance(lue, Rejet) and lue.cle]
    if cles:
        vues.voir(ServiceRepertorie.objects.filter(cle__in=cles).values_list("pk", flat=True))


def _trier(lot: Sequence[Lue], bilan: Bilan, vues: Vues) -> list[ServiceLu]:
    lus = []
    for lu in lot:
        if isinstance(lu, Rejet):
            bilan.rejeter(lu)
        elif isinstance(lu, HorsPerimetre):
            bilan.hors_perimetre[lu.motif] += 1
        elif isinstance(lu, ServiceLu):
            avant = vues.deja(lu.cle, lu.ligne)
            if avant is None:
                lus.append(lu)
            else:
                nom = str(lu.valeurs["nom"])
                bilan.rejeter(Rejet(lu.ligne, f"identifiant déjà lu à la ligne {avant}", lu.cle, nom))
    return lus


def _structures(cles: set[str]) -> dict[str, Structure]:
    """Identifier in data·inclusion → structure (the kept one when it was merged)."""
    noms = Identifiant.objects.filter(liste=LISTE, valeur__in=cles)
    return {
        nom.valeur: nom.structure.fusionnee_dans or nom.structure
        for nom in noms.select_related("structure__commune", "structure__fusionnee_dans__commune")
    }


def _brut(valeur: Any) -> Any:
    return valeur.isoformat() if isinstance(valeur, date) else valeur


def _creer(lu: ServiceLu, structure: Structure, bilan: Bilan) -> ServiceRepertorie:
    bilan.comptes["creees"] += 1
    bilan.noter(
        LigneImport.Action.CREEE,
        lu.ligne,
        structure=structure,
        nom=str(lu.valeurs["nom"]),
        numero_cle=lu.cle,
        champs=[[champ, "", _brut(lu.valeurs[champ])] for champ in _MONTRES if lu.valeurs[champ]],
    )
    return ServiceRepertorie(structure=structure, cle=lu.cle, **lu.valeurs)


def _changer(service: ServiceRepertorie, lu: ServiceLu, structure: Structure, bilan: Bilan) -> bool:
    """Bring a known service in step; False when nothing differs."""
    voulues: dict[str, Any] = {**lu.valeurs, "structure_id": structure.pk, "disparu_le": None}
    ecrites = {champ: v for champ, v in voulues.items() if getattr(service, champ) != v}
    if not ecrites:
        bilan.comptes["inchangees"] += 1
        return False
    bilan.comptes["modifiees"] += 1
    bilan.noter(
        LigneImport.Action.MODIFIEE,
        lu.ligne,
        structure=structure,
        nom=str(lu.valeurs["nom"]),
        numero_cle=lu.cle,
        champs=[[champ, _brut(getattr(service, champ)), _brut(v)] for champ, v in ecrites.items()],
    )
    for champ, valeur in ecrites.items():
        setattr(service, champ, valeur)
    return True


def _proposes(vues: Vues) -> Iterator[list[ServiceRepertorie]]:
    ensemble = (
        ServiceRepertorie.objects.proposes()
        .filter(source__in=vues.types, structure__commune__departement__in=vues.departements)
        .select_related("structure")
    )
    dernier = 0
    while lot := list(ensemble.filter(pk__gt=dernier).order_by("pk")[:LOT]):
        yield lot
        dernier = lot[-1].pk


def _retirer(absents: Sequence[ServiceRepertorie], bilan: Bilan, *, essai: bool) -> None:
    dits = set(
        bilan.journal.lignes.filter(action="disparue", numero_cle__in=[s.cle for s in absents]).values_list(
            "numero_cle", flat=True
        )
    )
    for service in absents:
        if service.cle not in dits:
            bilan.noter(
                LigneImport.Action.DISPARUE,
                0,
                structure=service.structure,
                nom=service.nom,
                numero_cle=service.cle,
                # Decided already: it is the service that leaves, not the structure.
                suite=LigneImport.Suite.FERMEE,
                raison=PARTI,
            )
    bilan.ecrire_les_lignes()
    if not essai:
        ServiceRepertorie.objects.filter(pk__in=[s.pk for s in absents]).update(disparu_le=timezone.localdate())


def _rendre(service: ServiceRepertorie, champs: Sequence[Sequence[Any]]) -> bool:
    """Give back the values of before; False when one has changed since, and stays."""
    intacts = True
    for champ, avant, apres in champs:
        if _brut(getattr(service, champ)) == apres:
            setattr(service, champ, _valeur(champ, avant))
        else:
            intacts = False
    return intacts


def _valeur(champ: str, brute: Any) -> Any:
    return date.fromisoformat(brute) if champ in ("date_maj", "disparu_le") and brute else brute


VOLET = VoletServices()
