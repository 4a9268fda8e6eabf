"""The signing circuit: one signatory after the other, an e-mailed code, an explicit consent.

A token finds the agreement and proves nothing; the code, six digits sent to the signatory's
address, valid ten minutes and five attempts, proves the person. Every act is evidence.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from fiches_action.conventions import preuve
from fiches_action.conventions.etats import Etat, passage
from fiches_action.conventions.models import Convention, Scellement, Signataire, Version
from fiches_action.conventions.preuve import Acteur
from offres import cooperations
from socle.courriels import ecrire
from structures.comptes.models import Habilitation, Utilisateur

VALIDITE_CODE = timedelta(minutes=10)
ESSAIS_CODE = 5
ATTENTE_CODE = timedelta(seconds=30)
CODES_PAR_HEURE = 5
ENTRE_RELANCES = timedelta(hours=1)


class SignatureRefusee(Exception):
    """The act is refused; the message says why, in words for the person."""


@dataclass(frozen=True)
class Consentement:
    """What the person agreed to, word for word, and how they proved who they are."""

    texte: str
    code_valide_le: str
    lecture: bool


def texte_consentement(signataire: Signataire, version: Version) -> str:
    """The sentence that the signatory ticks; its text and hash are in the evidence."""
    return (
        f"J’ai lu la convention {signataire.convention.reference}, version {version.numero}, "
        f"et je la signe au nom de {signataire.partie.nom}."
    )


def lien(nom: str, *arguments: str) -> str:
    return settings.PCTI_URL + reverse(f"conventions:{nom}", args=arguments)


# --- Turns ----------------------------------------------------------------------------------------


def suivant(convention: Convention) -> Signataire | None:
    """Whose turn it is: the first by rank who has not signed."""
    return (
        convention.signataires.select_related("partie")
        .exclude(etat=Signataire.Etat.SIGNE)
        .order_by("rang", "pk")
        .first()
    )


def inviter_suivant(convention: Convention) -> Signataire | None:
    """Invite the next signatory, and nobody else. Call it in the transaction of the previous act."""
    signataire = suivant(convention)
    if signataire is None or convention.etat != Etat.EN_SIGNATURE:
        return None
    signataire.etat, signataire.invite_le = Signataire.Etat.INVITE, timezone.now()
    signataire.save(update_fields=["etat", "invite_le"])
    preuve.consigner(
        convention,
        "invitation",
        version=convention.version_courante,
        signataire=signataire,
        acteur=Acteur(adresse=signataire.email),
    )
    _ecrire_invitation(convention, signataire, "conventions/signer")
    return signataire


def _ecrire_invitation(convention: Convention, signataire: Signataire, modele: str) -> None:
    ecrire(
        modele,
        signataire.email,
        {
            "convention": convention,
            "signataire": signataire,
            "parties": list(convention.parties.all()),
            "pole": convention.pole,
            "lien": lien("signer", signataire.jeton),
        },
        objet=f"conventions.signataire:{signataire.pk}",
    )


@transaction.atomic
def relancer(signataire: Signataire, par: Utilisateur) -> None:
    """Remind the person whose turn it is, at most once an hour. Raises SignatureRefusee."""
    convention = Convention.objects.verrouillee(signataire.convention_id)
    attendu = suivant(convention)
    if convention.etat != Etat.EN_SIGNATURE or attendu is None or attendu.pk != signataire.pk:
        raise SignatureRefusee("Ce n’est pas à cette personne de signer maintenant.")
    if attendu.invite_le and timezone.now() - attendu.invite_le < ENTRE_RELANCES:
        raise SignatureRefusee("Un message lui est parti il y a moins d’une heure\u00a0: attendez un peu.")
    attendu.invite_le = timezone.now()
    attendu.save(update_fields=["invite_le"])
    preuve.consigner(
        convention,
        "relance",
        version=convention.version_courante,
        signataire=attendu,
        acteur=Acteur(adresse=attendu.email),
        details={"par": par.pk},
    )
    _ecrire_invitation(convention, attendu, "conventions/relance")


# --- Code -----------------------------------------------------------------------------------------


def _hacher_code(signataire: Signataire, code: str, emis: str) -> str:
    return salted_hmac(
        "conventions.code", f"{signataire.pk}:{signataire.jeton}:{emis}:{code}", algorithm="sha256"
    ).hexdigest()


def _a_son_tour(signataire: Signataire) -> tuple[Convention, Signataire, Version]:
    """The agreement, locked, if this person is the one to sign. Raises SignatureRefusee."""
    convention = Convention.objects.verrouillee(signataire.convention_id)
    courant = convention.signataires.select_related("partie").filter(pk=signataire.pk, jeton=signataire.jeton).first()
    version = convention.version_courante
    if courant is None or version is None:
        raise SignatureRefusee("Ce lien n’est plus valable\u00a0: le texte de la convention a été repris.")
    if courant.etat == Signataire.Etat.SIGNE:
        raise SignatureRefusee("Vous avez déjà signé cette convention.")
    if convention.etat != Etat.EN_SIGNATURE:
        raise SignatureRefusee("Cette convention n’est plus en cours de signature.")
    attendu = suivant(convention)
    if attendu is None or attendu.pk != courant.pk:
        raise SignatureRefusee("Ce n’est pas encore votre tour\u00a0: un message vous préviendra.")
    courant.convention = convention
    return convention, courant, version


@transaction.atomic
def envoyer_code(signataire: Signataire, acteur: Acteur) -> None:
    """E-mail a new code; the previous one dies. Raises SignatureRefusee (turn, rate)."""
    convention, courant, version = _a_son_tour(signataire)
    maintenant = timezone.now()
    if courant.code_emis_le and maintenant - courant.code_emis_le < ATTENTE_CODE:
        raise SignatureRefusee("Un code vient de partir. Attendez trente secondes avant d’en demander un autre.")
    if not courant.code_envois_depuis or maintenant - courant.code_envois_depuis > timedelta(hours=1):
        courant.code_envois_depuis, courant.code_envois = maintenant, 0
    if courant.code_envois >= CODES_PAR_HEURE:
        raise SignatureRefusee("Cinq codes ont été envoyés dans l’heure. Réessayez plus tard.")
    code = f"{secrets.randbelow(1_000_000):06d}"
    courant.code_emis_le, courant.code_essais = maintenant, 0
    courant.code_envois += 1
    courant.code_empreinte = _hacher_code(courant, code, maintenant.isoformat())
    courant.save(update_fields=["code_emis_le", "code_essais", "code_envois", "code_envois_depuis", "code_empreinte"])
    preuve.consigner(
        convention,
        "envoi_code",
        version=version,
        signataire=courant,
        acteur=Acteur(acteur.compte, courant.email, acteur.ip, acteur.agent),
    )
    ecrire(
        "conventions/code",
        courant.email,
        {
            "convention": convention,
            "signataire": courant,
            "code": f"{code[:3]} {code[3:]}",
            "minutes": int(VALIDITE_CODE.total_seconds() // 60),
            "pole": convention.pole,
        },
        objet=f"conventions.signataire:{courant.pk}",
    )


def verifier_code(signataire: Signataire, saisi: str, acteur: Acteur) -> str:
    """Check the code; the instant of the proof, ISO 8601. Raises SignatureRefusee.

    The attempt is counted before comparing, by a conditional update: two at once count as two.
    """
    with transaction.atomic():
        convention, courant, version = _a_son_tour(signataire)
        emis = courant.code_emis_le
        if not courant.code_empreinte or emis is None:
            raise SignatureRefusee("Demandez d’abord un code.")
        if timezone.now() - emis > VALIDITE_CODE:
            raise SignatureRefusee("Ce code a expiré. Demandez-en un nouveau.")
        compte = Signataire.objects.filter(pk=courant.pk, code_essais__lt=ESSAIS_CODE).update(
            code_essais=F("code_essais") + 1
        )
        if not compte:
            raise SignatureRefusee("Trop d’essais avec ce code. Demandez-en un nouveau.")
        chiffres = "".join(c for c in saisi if c.isdigit())
        juste = constant_time_compare(_hacher_code(courant, chiffres, emis.isoformat()), courant.code_empreinte)
        preuve.consigner(
            convention,
            "code_valide" if juste else "code_errone",
            version=version,
            signataire=courant,
            acteur=acteur,
            details={"essai": courant.code_essais + 1},
        )
        if juste:
            # A code serves once.
            Signataire.objects.filter(pk=courant.pk).update(code_empreinte="")
    if juste:
        return timezone.now().isoformat(timespec="seconds")
    restants = ESSAIS_CODE - courant.code_essais - 1
    raise SignatureRefusee(
        f"Ce code n’est pas le bon. Il vous reste {restants} essai{'s' if restants > 1 else ''}."
        if restants
        else "Ce code n’est pas le bon. Demandez-en un nouveau."
    )


# --- Acts -----------------------------------------------------------------------------------------


@transaction.atomic
def signer(signataire: Signataire, version: Version, consentement: Consentement, acteur: Acteur) -> Convention:
    """Sign version V. Raises SignatureRefusee when it isn't one's turn or the text changed."""
    convention, courant, courante = _a_son_tour(signataire)
    if courante.pk != version.pk:
        raise SignatureRefusee("Le texte a changé depuis que vous l’avez ouvert\u00a0: relisez-le avant de signer.")
    texte = texte_consentement(courant, courante)
    if consentement.texte != texte or not consentement.code_valide_le:
        raise SignatureRefusee("Cochez votre accord pour signer.")
    preuve.consigner(
        convention,
        "signature",
        version=courante,
        signataire=courant,
        acteur=Acteur(acteur.compte, courant.email, acteur.ip, acteur.agent),
        details={
            "consentement": {"texte": texte, "texte_sha256": preuve.sha256(texte), "lecture": consentement.lecture},
            "authentification": {
                "moyen": "code à six chiffres envoyé à l’adresse du signataire",
                "le": consentement.code_valide_le,
                "adresse_sha256": preuve.sha256(courant.email.lower()),
            },
        },
    )
    courant.etat, courant.signe_le = Signataire.Etat.SIGNE, timezone.now()
    courant.save(update_fields=["etat", "signe_le"])
    if inviter_suivant(convention) is None:
        _achever(convention, courante)
    return convention


def _achever(convention: Convention, version: Version) -> None:
    from fiches_action.conventions.scellement import demander_scellement

    ligne = passage("achever", convention.etat)
    convention.etat, convention.signee_le = ligne.vers, timezone.now()
    convention.save(update_fields=["etat", "signee_le"])
    preuve.consigner(convention, "achever", version=version)
    Scellement.objects.get_or_create(version=version)
    parties = set(convention.parties.values_list("structure", flat=True))
    cooperations.convention_signee(convention.fiche.get_absolute_url(), parties)
    demander_scellement(convention)


@transaction.atomic
def refuser(signataire: Signataire, motif: str, acteur: Acteur) -> Convention:
    """Refuse with a reason; previous signatories and the coordination are told. Raises SignatureRefusee."""
    convention, courant, version = _a_son_tour(signataire)
    motif = motif.strip()
    if not motif:
        raise SignatureRefusee("Dites pourquoi vous refusez\u00a0: les autres parties le liront.")
    ligne = passage("refuser", convention.etat)
    preuve.consigner(convention, "refus", version=version, signataire=courant, acteur=acteur, details={"motif": motif})
    courant.etat, courant.signe_le, courant.motif = Signataire.Etat.REFUSE, timezone.now(), motif
    courant.save(update_fields=["etat", "signe_le", "motif"])
    convention.etat, convention.motif = ligne.vers, motif
    convention.save(update_fields=["etat", "motif"])
    deja = convention.signataires.filter(etat=Signataire.Etat.SIGNE).values_list("email", flat=True)
    for adresse in sorted({*deja, *adresses_de_coordination(convention)}):
        ecrire(
            "conventions/refus",
            adresse,
            {
                "convention": convention,
                "signataire": courant,
                "motif": motif,
                "pole": convention.pole,
                "lien": lien("detail", convention.reference),
            },
            objet=f"conventions.convention:{convention.pk}",
        )
    return convention


def prevenir_arret(convention: Convention, modele: str) -> None:
    """Tell those who had been asked to sign, or had signed, that the agreement stops."""
    touches = convention.signataires.exclude(etat=Signataire.Etat.ATTENDU).values_list("email", flat=True)
    for adresse in sorted(set(touches)):
        ecrire(
            modele,
            adresse,
            {"convention": convention, "motif": convention.motif, "pole": convention.pole},
            objet=f"conventions.convention:{convention.pk}",
        )


def adresses_de_coordination(convention: Convention) -> set[str]:
    """The coordination of the pôle, and who prepared the agreement."""
    adresses = set(Habilitation.objects.de_coordination(convention.pole).values_list("utilisateur__email", flat=True))
    if convention.cree_par is not None:
        adresses.add(convention.cree_par.email)
    return adresses
