"""Commands on an agreement before its signature: create, write, freeze, send, cancel.

Each is one transaction on a locked row; signing is in ``circuit.py``, sealing in ``scellement.py``.
"""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from fiches_action.conventions import autorite, circuit, contenu, preuve, rendu
from fiches_action.conventions.etats import Etat, passage
from fiches_action.conventions.models import (
    Convention,
    Document,
    Partie,
    Signataire,
    Version,
    nouveau_code_controle,
    nouveau_jeton,
)
from fiches_action.models import Acteur, FicheAction, prochaine_reference
from fiches_action.models import Etat as EtatFiche
from socle.documents import DocumentRendu
from socle.droits import exiger
from socle.models import Travail
from socle.travaux import Refus, demander
from structures.comptes.models import Utilisateur
from structures.models import Structure

FICHES_CONVENTIONNABLES = frozenset({EtatFiche.VALIDEE, EtatFiche.EN_COURS})
GENRE_FIGER = "conventions.figer"


class OperationRefusee(Refus):
    """The command can't be done; the message says why and how to go on."""

    def __init__(self, message: str, manques: list[str] | None = None) -> None:
        super().__init__(message)
        self.manques = manques or []


class Conflit(OperationRefusee):
    """Somebody wrote the same page meanwhile: the person is told and keeps their text."""

    def __init__(self) -> None:
        super().__init__(
            "Quelqu’un a modifié cette page pendant que vous écriviez. Votre texte est gardé\u00a0: "
            "comparez, puis enregistrez de nouveau pour qu’il remplace l’autre."
        )


def empreinte_partie(partie: Partie) -> str:
    """What a party and its signatory say, as a hash: two people may write two parties at once, not one."""
    champs = {c.attname: str(getattr(partie, c.attname)) for c in partie._meta.concrete_fields}
    signataire = partie.signataires.first()
    noms = ("nom", "fonction", "email", "qualite", "delegation_acte", "delegation_le")
    champs |= {f"signataire_{nom}": str(getattr(signataire, nom, "")) for nom in noms}
    return preuve.sha256(preuve.canonique(champs))


def empreinte_conditions(convention: Convention) -> str:
    """The same for the conditions."""
    return preuve.sha256(preuve.canonique({**convention.variables, "debut": str(convention.debut)}))


@transaction.atomic
def creer_depuis_fiche(fiche: FicheAction, par: Utilisateur) -> Convention:
    """A draft agreement between the actors of a validated sheet: the one just made, if any.

    Raises PermissionDenied, and OperationRefusee when the sheet is not validated.
    """
    exiger(par, "conventions.creer", fiche, raison="La convention est préparée par le porteur de la fiche.")
    if fiche.etat not in FICHES_CONVENTIONNABLES:
        raise OperationRefusee("Une convention se prépare depuis une fiche-action validée.")
    # Two clicks, or two people at once, prepare one text: another one is for when the first is begun.
    FicheAction.objects.select_for_update(of=("self",)).get(pk=fiche.pk)
    intacte = Convention._meta.get_field("revision").get_default()
    deja = Convention.objects.filter(fiche=fiche, etat=Etat.BROUILLON, revision=intacte).order_by("pk").first()
    if deja is not None:
        return deja
    convention = Convention.objects.create(
        reference=prochaine_reference("CV"),
        fiche=fiche,
        modele=contenu.modele_courant(),
        pole=fiche.pole,
        titre=fiche.titre,
        variables=dict(contenu.CONDITIONS) | {"budget": fiche.budget},
        cree_par=par,
        demonstration=fiche.demonstration,
    )
    engagees = fiche.acteurs.select_related("structure__organisme", "structure__commune").filter(
        role__in=(Acteur.Role.PORTEUR, Acteur.Role.PARTENAIRE, Acteur.Role.APPUI)
    )
    for acteur in sorted(engagees, key=lambda a: (a.role != Acteur.Role.PORTEUR, a.pk)):
        _creer_partie(convention, acteur.structure, acteur.contribution, acteur.referent_fonction)
    preuve.consigner(convention, "creation", details={"fiche": fiche.reference, "par": par.pk})
    return convention


def _creer_partie(convention: Convention, structure: Structure, engagements: str = "", referent: str = "") -> Partie:
    organisme = structure.organisme
    rang = (convention.parties.aggregate(n=Max("rang"))["n"] or 0) + 1
    siege = (organisme.adresse, f"{organisme.code_postal} {organisme.ville}") if organisme else ("", "")
    lieu = (structure.adresse, f"{structure.code_postal} {structure.commune.nom}")
    adresse = ", ".join(m.strip() for m in (siege if organisme and organisme.adresse else lieu) if m.strip())
    numero = next(
        (
            f"{nom} {valeur}"
            for nom, valeur in (
                ("SIRET", structure.siret),
                ("FINESS", structure.finess),
                ("UAI", structure.uai),
                ("SIREN", organisme.siren if organisme else ""),
            )
            if valeur
        ),
        "",
    )
    return Partie.objects.create(
        convention=convention,
        structure=structure,
        rang=rang,
        nom=(organisme.nom if organisme else structure.nom)[:200],
        nom_court=structure.nom[:120],
        forme_juridique=organisme.forme_juridique if organisme else "",
        adresse=adresse[:250],
        numero=numero,
        engagements=engagements,
        referent_fonction=referent or structure.contact_fonction,
    )


def _modifiable(convention: Convention, par: Utilisateur) -> Convention:
    courante = Convention.objects.verrouillee(convention.pk)
    exiger(par, "conventions.modifier", courante, raison="Le porteur de la fiche et la coordination du pôle écrivent.")
    if not courante.modifiable:
        raise OperationRefusee("Le texte est figé. Reprenez-le d’abord\u00a0: les signatures recommenceront.")
    return courante


def _toucher(convention: Convention) -> None:
    """The text changed: a rendering begun before is no longer right."""
    convention.revision += 1
    convention.modifie_le = timezone.now()
    convention.save(update_fields=["revision", "modifie_le", "variables", "debut", "fin"])


@transaction.atomic
def ajouter_partie(convention: Convention, structure: Structure, par: Utilisateur) -> Partie:
    courante = _modifiable(convention, par)
    if courante.parties.filter(structure=structure).exists():
        raise OperationRefusee("Cette structure est déjà partie à la convention.")
    nouvelle = _creer_partie(courante, structure)
    _toucher(courante)
    return nouvelle


@transaction.atomic
def retirer_partie(partie: Partie, par: Utilisateur) -> None:
    """Remove a party and its signatories. Raises OperationRefusee for the leading structure."""
    courante = _modifiable(partie.convention, par)
    if partie.structure_id == courante.fiche.porteur_id:
        raise OperationRefusee("La structure porteuse de la fiche reste partie à la convention.")
    partie.delete()
    _toucher(courante)


@transaction.atomic
def enregistrer_partie(
    partie: Partie, signataire: dict[str, Any], par: Utilisateur, *, lue: str | None = None
) -> Partie:
    """Write a party (validated by its form) and the person who signs for it.

    ``lue``: the fingerprint of what the person had before them. Raises Conflit when it changed
    meanwhile, OperationRefusee when the party was removed.
    """
    courante = _modifiable(partie.convention, par)
    enregistree = courante.parties.filter(pk=partie.pk).first()
    if enregistree is None:
        raise OperationRefusee("Cette partie a été retirée de la convention entre-temps.")
    if lue is not None and lue != empreinte_partie(enregistree):
        raise Conflit
    partie.convention = courante
    partie.save()
    rang = signataire.pop("rang", None) or 0
    autres = courante.signataires.exclude(partie=partie)
    existant = partie.signataires.first()
    if not rang or autres.filter(rang=rang).exists():
        rang = existant.rang if existant else (courante.signataires.aggregate(n=Max("rang"))["n"] or 0) + 1
    if existant is None:
        Signataire.objects.create(convention=courante, partie=partie, rang=rang, **signataire)
    else:
        for champ, valeur in signataire.items():
            setattr(existant, champ, valeur)
        existant.rang = rang
        existant.save()
    _toucher(courante)
    return partie


@transaction.atomic
def ordonner(convention: Convention, signataires: list[int], par: Utilisateur) -> None:
    """Give the order of signature: the identifiers of all the signatories, first to last."""
    courante = _modifiable(convention, par)
    connus = {s.pk: s for s in courante.signataires.all()}
    if set(signataires) != set(connus) or len(signataires) != len(connus):
        raise OperationRefusee("La liste des signataires a changé\u00a0: rechargez la page.")
    # Two passes: the rank is unique in an agreement at every moment.
    for decalage in (len(connus) + 100, 0):
        for rang, pk in enumerate(signataires, start=1):
            Signataire.objects.filter(pk=pk).update(rang=rang + decalage)
    _toucher(courante)


@transaction.atomic
def fixer_conditions(
    convention: Convention,
    variables: dict[str, str],
    debut: date | None,
    par: Utilisateur,
    *,
    lue: str | None = None,
) -> Convention:
    """Write the conditions; the end follows from the start and the length in years.

    ``lue``: the fingerprint of what the person had before them. Raises Conflit.
    """
    courante = _modifiable(convention, par)
    if lue is not None and lue != empreinte_conditions(courante):
        raise Conflit
    inconnues = set(variables) - set(contenu.CONDITIONS)
    if inconnues:
        raise KeyError(", ".join(sorted(inconnues)))
    courante.variables = {**courante.variables, **variables}
    courante.debut = debut
    courante.fin = fin_apres(debut, int(courante.variables.get("duree") or 1)) if debut else None
    _toucher(courante)
    return courante


def fin_apres(debut: date, annees: int) -> date:
    """Last day of a period of whole years: from 1 March 2026 for one year, 28 February 2027."""
    try:
        anniversaire = debut.replace(year=debut.year + annees)
    except ValueError:  # 29 February
        anniversaire = date(debut.year + annees, 3, 1)
    return anniversaire - timedelta(days=1)


# --- Passages -----------------------------------------------------------------------------------


@transaction.atomic
def appliquer(convention: Convention, action: str, par: Utilisateur, motif: str = "") -> Convention:
    """One of « relire », « corriger », « reprendre », « lancer », « annuler », « resilier ».

    Raises KeyError, PermissionDenied, PassageImpossible or OperationRefusee.
    """
    if action not in {"relire", "corriger", "reprendre", "lancer", "annuler", "resilier"}:
        raise KeyError(action)
    courante = Convention.objects.verrouillee(convention.pk)
    ligne = passage(action, courante.etat)
    exiger(par, ligne.permission or "", courante, raison="Le porteur de la fiche et la coordination du pôle décident.")
    if ligne.motif and not motif.strip():
        raise OperationRefusee("Dites pourquoi, en une phrase\u00a0: les signataires le liront.")
    if action == "lancer":
        _sceau_pret()
    version = courante.version_courante
    avant = courante.etat
    courante.etat, courante.modifie_le = ligne.vers, timezone.now()
    courante.motif = motif.strip() if ligne.motif else ""
    courante.save(update_fields=["etat", "motif", "modifie_le"])
    preuve.consigner(
        courante,
        action,
        version=version,
        details={"par": par.pk, "de": avant, **({"motif": courante.motif} if courante.motif else {})},
    )
    if action == "lancer":
        circuit.inviter_suivant(courante)
    elif action == "reprendre":
        _recommencer(courante)
    elif action == "annuler":
        circuit.prevenir_arret(courante, "conventions/annulation")
    elif action == "resilier":
        circuit.prevenir_arret(courante, "conventions/resiliation")
    return courante


def _sceau_pret() -> None:
    """Better know before asking people to sign that nothing could seal afterwards."""
    try:
        autorite.identite()
    except autorite.SceauInutilisable as erreur:
        raise OperationRefusee(
            f"Le cachet du portail est inutilisable, prévenez l’exploitant\u00a0: {erreur}"
        ) from erreur


def _recommencer(convention: Convention) -> None:
    """Signatures given on an earlier version stay in the evidence and count no more."""
    convention.revision += 1
    convention.save(update_fields=["revision"])
    for signataire in convention.signataires.all():
        signataire.etat = Signataire.Etat.ATTENDU
        signataire.jeton = nouveau_jeton()
        signataire.invite_le = signataire.signe_le = signataire.code_emis_le = None
        signataire.code_empreinte = signataire.motif = ""
        signataire.code_essais = 0
        signataire.save()


# --- Freezing -----------------------------------------------------------------------------------


@transaction.atomic
def demander_gel(convention: Convention, par: Utilisateur) -> Travail:
    """Ask a worker to render version V. Raises PassageImpossible, OperationRefusee, PermissionDenied."""
    courante = Convention.objects.verrouillee(convention.pk)
    ligne = passage("figer", courante.etat)
    exiger(par, ligne.permission or "", courante, raison="Le porteur de la fiche et la coordination du pôle décident.")
    manquants = contenu.manques(courante)
    if manquants:
        raise OperationRefusee("Il reste à compléter avant de figer le texte\u00a0:", [m.texte for m in manquants])
    vivant = Travail.objects.filter(
        genre=GENRE_FIGER, objet=courante.reference, etat__in=(Travail.Etat.EN_ATTENTE, Travail.Etat.EN_COURS)
    ).first()
    return vivant or demander(
        GENRE_FIGER,
        f"Mise au propre de la convention {courante.reference}",
        objet=courante.reference,
        parametres={"revision": courante.revision, "par": par.pk},
        demandeur=par,
    )


def figer(convention: Convention, *, revision: int, par: Utilisateur | None) -> Version:
    """Render the text and make it version V; doing it again for the same text changes nothing.

    The rendering (half a second) is outside the transaction; a text changed meanwhile is refused.
    Raises PassageImpossible, OperationRefusee or RenduRefuse.
    """
    courante = Convention.objects.select_related("fiche__porteur", "pole", "modele").get(pk=convention.pk)
    deja = courante.version_courante
    if deja is not None and courante.revision == revision:
        return deja
    passage("figer", courante.etat)
    if courante.revision != revision:
        raise OperationRefusee("Le texte a changé pendant la mise au propre\u00a0: figez-le de nouveau.")
    numero = (courante.versions.aggregate(n=Max("numero"))["n"] or 0) + 1
    code, figee_le = nouveau_code_controle(), timezone.now().replace(microsecond=0)
    fait = rendu.rendre_version(courante, numero=numero, code=code, figee_le=figee_le)
    return _enregistrer_version(courante, fait, revision, numero, code, figee_le, par)


@transaction.atomic
def _enregistrer_version(
    convention: Convention,
    fait: DocumentRendu,
    revision: int,
    numero: int,
    code: str,
    figee_le: datetime,
    par: Utilisateur | None,
) -> Version:
    courante = Convention.objects.verrouillee(convention.pk)
    if courante.revision != revision:
        raise OperationRefusee("Le texte a changé pendant la mise au propre\u00a0: figez-le de nouveau.")
    deja = courante.version_courante
    if deja is not None:
        return deja
    ligne = passage("figer", courante.etat)
    version = Version.objects.create(
        convention=courante,
        numero=numero,
        document=Document.deposer(fait.pdf, Document.Genre.VERSION),
        code_controle=code,
        pages=fait.pages,
        cases=rendu.cases(fait),
        figee_le=figee_le,
        figee_par=par,
    )
    courante.etat, courante.modifie_le = ligne.vers, timezone.now()
    courante.save(update_fields=["etat", "modifie_le"])
    preuve.consigner(courante, "gel", version=version, details={"par": par.pk if par else None})
    return version
