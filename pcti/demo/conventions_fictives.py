"""Demonstration agreements in every state, written, signed and sealed by the portal's own operations."""

from datetime import timedelta

from django.utils import timezone

from fiches_action.conventions import circuit, operations
from fiches_action.conventions.models import Convention, Signataire
from fiches_action.conventions.preuve import Acteur
from fiches_action.conventions.scellement import sceller
from fiches_action.models import FicheAction
from pcti.demo.comptes_fictifs import DOMAINE, direction_de
from structures.comptes.models import Utilisateur

FORMES = {
    "france-travail": "établissement public administratif",
    "mdph": "groupement d’intérêt public",
    "ea": "société coopérative",
}
# (rank of the sheet, what becomes of its agreement)
PARCOURS = (
    (0, "scellee"),
    (0, "resiliee"),
    (2, "brouillon"),
    (3, "en_signature"),
    (4, "prete_a_signer"),
    (5, "refusee"),
    (5, "annulee"),
    (7, "en_relecture"),
)


def creer_conventions(fiches: list[FicheAction]) -> list[Convention]:
    """One agreement per line of PARCOURS; the sheets are those of ``creer_fiches``, in order."""
    return [_creer(fiches[rang], etat) for rang, etat in PARCOURS]


def _creer(fiche: FicheAction, etat: str) -> Convention:
    par = fiche.pilote
    convention = operations.creer_depuis_fiche(fiche, par)
    if etat == "brouillon":
        return convention
    _completer(convention, par)
    if etat == "en_relecture":
        return operations.appliquer(convention, "relire", par)
    convention.refresh_from_db()
    operations.figer(convention, revision=convention.revision, par=par)
    convention.refresh_from_db()
    if etat == "prete_a_signer":
        return convention
    convention = operations.appliquer(convention, "lancer", par)
    if etat == "annulee":
        return operations.appliquer(convention, "annuler", par, "Le calendrier de l’action est reporté d’un an.")
    _signer_le_suivant(convention)
    if etat == "refusee":
        _refuser(convention)
    elif etat in ("scellee", "resiliee"):
        while _signer_le_suivant(convention):
            pass
        sceller(convention.reference)
    if etat == "resiliee":
        decideur = Utilisateur.objects.get(email=f"coordination.eure@{DOMAINE}")
        operations.appliquer(convention, "resilier", decideur, "Les parties préparent une convention plus large.")
    convention.refresh_from_db()
    return convention


def _completer(convention: Convention, par: Utilisateur) -> None:
    """Parties, signatories in order, conditions: what a porteur fills in."""
    for partie in convention.parties.select_related("structure__commune"):
        direction = direction_de(partie.structure)
        partie.forme_juridique = partie.forme_juridique or FORMES.get(partie.structure.type, "association loi de 1901")
        partie.numero = partie.numero or "SIRET fictif"
        partie.engagements = partie.engagements or "Nommer un référent et participer aux réunions de suivi."
        partie.referent_fonction = partie.referent_fonction or "Référent insertion"
        operations.enregistrer_partie(
            partie,
            {"nom": direction.nom_complet, "fonction": direction.fonction, "email": direction.email},
            par,
        )
    commune = convention.fiche.porteur.commune.nom
    operations.fixer_conditions(
        convention,
        {"tribunal": commune, "lieu": commune},
        timezone.localdate() + timedelta(days=9),
        par,
    )


def _signer_le_suivant(convention: Convention) -> Signataire | None:
    """Sign for the person whose turn it is, with a fictive proof of the e-mailed code."""
    courante = Convention.objects.get(pk=convention.pk)
    signataire = circuit.suivant(courante)
    version = courante.version_courante
    if signataire is None or version is None:
        return None
    signataire.convention = courante
    circuit.signer(
        signataire,
        version,
        circuit.Consentement(
            texte=circuit.texte_consentement(signataire, version),
            code_valide_le=timezone.now().isoformat(timespec="seconds"),
            lecture=True,
        ),
        Acteur(compte="démonstration"),
    )
    return signataire


def _refuser(convention: Convention) -> None:
    signataire = circuit.suivant(Convention.objects.get(pk=convention.pk))
    if signataire is not None:
        circuit.refuser(
            signataire,
            "Le nombre de sessions ne correspond pas à ce que nos équipes peuvent suivre cette année.",
            Acteur(compte="démonstration"),
        )
