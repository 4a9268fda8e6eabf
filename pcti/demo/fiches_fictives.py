"""Writes the eight demonstration sheets through the portal's own operations, as people would."""

from datetime import date, timedelta

from django.utils import timezone

from fiches_action.models import Acteur, Etape, FicheAction, Indicateur
from fiches_action.operations import appliquer, confirmer, creer_fiche
from offres.models import Service
from pcti.demo.comptes_fictifs import direction_de
from pcti.demo.textes_fiches import FICHES, FicheFictive, Lieu
from structures.comptes.models import Utilisateur
from structures.models import Public, Structure
from structures.territoires.models import Bassin

# What each final state went through: (action, who), after « proposer ».
SUITES: dict[str, tuple[str, ...]] = {
    "proposee": (),
    "a_completer": ("demander_complement",),
    "validee": ("valider",),
    "en_cours": ("valider", "demarrer"),
}
CHEFS_LIEUX = {"2808": "27229", "2804": "14118", "2817": "27681", "2803": "27056", "2805": "50129"}


def trouver(lieu: Lieu) -> Structure:
    """The fictive structure of this type in the bassin, in its main town if there is one.

    Raises Structure.DoesNotExist when the region has none.
    """
    candidates = (
        Structure.objects.filter(fictive=True, type=lieu.type, commune__bassin=lieu.bassin)
        .select_related("commune")
        .order_by("pk")
    )
    trouvee = candidates.filter(commune=CHEFS_LIEUX.get(lieu.bassin, "")).first() or candidates.first()
    if trouvee is None:
        raise Structure.DoesNotExist(f"{lieu.type} à {lieu.bassin}")
    return trouvee


def creer_fiches(coordination: dict[str, Utilisateur], administration: Utilisateur) -> list[FicheAction]:
    """The eight sheets; ``coordination`` by département, the administration where there is no pôle."""
    fiches = []
    for modele in FICHES:
        porteur = trouver(modele.porteur)
        decideur = coordination.get(porteur.commune.departement_id, administration)
        fiches.append(_creer(modele, porteur, decideur))
    return fiches


def _creer(modele: FicheFictive, porteur: Structure, decideur: Utilisateur) -> FicheAction:
    pilote = direction_de(porteur)
    fiche = creer_fiche(
        pilote,
        porteur,
        titre=modele.titre,
        partenaires=[trouver(lieu) for lieu in modele.partenaires],
        enjeux=modele.enjeux,
        objet=modele.objet,
        finalite=modele.finalite,
        zone=modele.zone,
        volume_prevu=modele.volume,
        unite=modele.unite,
        criteres=modele.criteres,
        ressources=modele.ressources,
        partage_information=modele.partage,
        gouvernance=modele.gouvernance,
        bassins=list(Bassin.objects.filter(code__in=modele.bassins)),
        publics=list(Public.objects.filter(slug__in=modele.publics)),
        services=list(Service.objects.filter(slug__in=modele.services)),
    )
    for lieu in (modele.porteur, *modele.partenaires):
        Acteur.objects.filter(fiche=fiche, structure=trouver(lieu)).update(
            contribution=lieu.contribution, referent_fonction="Référent insertion"
        )
    _planifier(fiche, modele, porteur)
    return _avancer(fiche, modele.etat, pilote, decideur)


def _planifier(fiche: FicheAction, modele: FicheFictive, porteur: Structure) -> None:
    debut = timezone.localdate().replace(day=1) - timedelta(days=60)
    for rang, intitule in enumerate(modele.etapes):
        depart = debut + timedelta(days=75 * rang)
        Etape.objects.create(
            fiche=fiche,
            intitule=intitule,
            responsable=porteur,
            debut=depart,
            fin=depart + timedelta(days=90),
            avancement="faite" if rang == 0 and modele.etat == "en_cours" else "prevue",
            ordre=rang,
        )
    annee = date(debut.year + 1, 12, 31)
    for rang, but in enumerate(modele.buts):
        Indicateur.objects.create(
            fiche=fiche,
            intitule=but.intitule,
            type=but.type,
            unite=but.unite,
            reference=but.reference,
            reference_le=debut,
            cible=but.cible,
            cible_le=annee,
            source=but.source,
            effectif=but.effectif,
            ordre=rang,
        )


def _avancer(fiche: FicheAction, etat: str, pilote: Utilisateur, decideur: Utilisateur) -> FicheAction:
    fiche = appliquer(fiche, "proposer", pilote, prevenir=False)
    if etat in ("validee", "en_cours"):
        for acteur in fiche.acteurs.exclude(role=Acteur.Role.PORTEUR).select_related("structure"):
            confirmer(acteur, direction_de(acteur.structure), participe=True)
    for action in SUITES[etat]:
        qui = pilote if action == "demarrer" else decideur
        motif = "Précisez le calendrier des quatre derniers ateliers." if action == "demander_complement" else ""
        fiche = appliquer(fiche, action, qui, motif, prevenir=False)
    return fiche
