"""Objects of the agreements, for tests: a validated sheet, an agreement at any stage."""

from datetime import date
from types import SimpleNamespace
from typing import Any

from fiches_action.conventions import circuit, operations
from fiches_action.conventions.circuit import Consentement
from fiches_action.conventions.models import Convention, Signataire, Version
from fiches_action.conventions.preuve import Acteur as ActeurDePreuve
from fiches_action.models import Acteur, Etape, FicheAction, Indicateur, prochaine_reference
from offres.models import Service
from socle.models import Courriel
from structures.comptes.models import Utilisateur
from structures.models import Public, Structure
from structures.territoires.models import Pole

ACTEUR = ActeurDePreuve(ip="192.0.2.1", agent="essai")


def fiche_validee(
    porteur: Structure, partenaire: Structure, pilote: Utilisateur, *, pole: Pole | None = None, **champs: Any
) -> FicheAction:
    valeurs: dict[str, Any] = {
        "titre": "Faire découvrir les métiers du tri aux jeunes de l’IME",
        "enjeux": "Les jeunes sortent de l’IME sans avoir vu d’atelier.\nDeux sur trois restent sans suite.",
        "objet": "organiser des mises en situation de deux semaines dans les ateliers de l’ESAT.",
        "finalite": FicheAction.Finalite.PASSERELLES,
        "volume_prevu": 12,
        "unite": "personnes/an",
        "ressources": "Une éducatrice à mi-temps, l’atelier de tri le mardi et le jeudi.",
        "partage_information": "un bilan écrit par mise en situation, remis au jeune, qui choisit à qui le montrer.",
        "budget": "Transport : 1\u202f250 € par an.",
        "validee_le": date(2026, 9, 15),
    }
    fiche = FicheAction.objects.create(
        reference=prochaine_reference("FA"),
        porteur=porteur,
        pilote=pilote,
        pole=pole,
        **{**valeurs, "etat": "validee", **champs},
    )
    if porteur.commune.bassin:
        fiche.bassins.add(porteur.commune.bassin)
    service, _ = Service.objects.get_or_create(
        slug="mises-en-situation", defaults={"libelle": "Mises en situation professionnelle"}
    )
    fiche.services.add(service)
    public, _ = Public.objects.get_or_create(
        slug="sortants-ime", defaults={"libelle": "Jeunes sortant d’IME ou d’IMPro", "groupe": "Transition"}
    )
    fiche.publics.add(public)
    Acteur.objects.create(
        fiche=fiche,
        structure=porteur,
        role="porteur",
        contribution="préparer chaque jeune avant sa mise en situation\naccompagner le premier jour",
        referent_fonction="cheffe de service",
    )
    Acteur.objects.create(
        fiche=fiche,
        structure=partenaire,
        role="partenaire",
        contribution="accueillir deux jeunes par session\nécrire un bilan avec chacun",
        referent_fonction="moniteur principal",
    )
    Etape.objects.create(
        fiche=fiche, intitule="Visites", debut=date(2026, 10, 1), fin=date(2026, 11, 30), responsable=porteur
    )
    Etape.objects.create(fiche=fiche, intitule="Bilan", debut=date(2027, 6, 1), fin=date(2027, 6, 30), ordre=1)
    Indicateur.objects.create(
        fiche=fiche,
        intitule="Jeunes en mise en situation",
        reference=2,
        cible=12,
        cible_le=date(2027, 6, 30),
        source="IME",
    )
    return fiche


def convention_complete(fiche: FicheAction, par: Utilisateur, *, noms: tuple[str, ...] = ()) -> Convention:
    """A draft with everything it needs to be frozen; one signatory per party."""
    convention = operations.creer_depuis_fiche(fiche, par)
    noms = noms or ("Camille Aubert", "Dominique Lefèvre-Œuvrard")
    for rang, partie in enumerate(list(convention.parties.all()), start=1):
        partie.adresse = partie.adresse or "1, rue des Écoles, 27000 Évreux"
        partie.numero = partie.numero or f"SIRET 1234567890001{rang}"
        partie.forme_juridique = "association loi de 1901"
        partie.referent_fonction = partie.referent_fonction or "direction"
        partie.engagements = partie.engagements or "tenir ses engagements"
        operations.enregistrer_partie(
            partie,
            {
                "nom": noms[(rang - 1) % len(noms)],
                "fonction": "directrice",
                "email": f"signataire{rang}@exemple.test",
                "rang": rang,
            },
            par,
        )
    return operations.fixer_conditions(convention, {"tribunal": "Évreux", "lieu": "Évreux"}, date(2026, 12, 1), par)


def convention_figee(fiche: FicheAction, par: Utilisateur, **options: Any) -> tuple[Convention, Version]:
    convention = convention_complete(fiche, par, **options)
    version = operations.figer(convention, revision=convention.revision, par=par)
    convention.refresh_from_db()
    return convention, version


def convention_lancee(fiche: FicheAction, par: Utilisateur, **options: Any) -> tuple[Convention, Version]:
    convention, version = convention_figee(fiche, par, **options)
    return operations.appliquer(convention, "lancer", par), version


def dernier_code(signataire: Signataire) -> str:
    """The code as the person reads it in their mailbox."""
    courriel = (
        Courriel.objects.filter(modele="conventions/code", objet=f"conventions.signataire:{signataire.pk}")
        .order_by("-cree_le")
        .first()
    )
    assert courriel is not None
    return "".join(c for c in courriel.sujet[:8] if c.isdigit())


def signer(signataire: Signataire, version: Version) -> Convention:
    """Code asked, received, entered; consent; signature."""
    circuit.envoyer_code(signataire, ACTEUR)
    valide = circuit.verifier_code(signataire, dernier_code(signataire), ACTEUR)
    consentement = Consentement(circuit.texte_consentement(signataire, version), valide, lecture=True)
    return circuit.signer(signataire, version, consentement, ACTEUR)


def tous_signent(convention: Convention, version: Version) -> Convention:
    for signataire in list(convention.signataires.select_related("partie", "convention").order_by("rang")):
        convention = signer(signataire, version)
    convention.refresh_from_db()
    return convention


def preparer(scene: SimpleNamespace, **champs: Any) -> FicheAction:
    """A validated sheet of the scene: the IME leads, the mission locale is partner."""
    return fiche_validee(
        scene.structure, scene.structure_voisine, scene.personnes["direction"], pole=scene.pole, **champs
    )
