"""Sealing a signed agreement once, whatever happens to the workers.

The work is outside any transaction, under a lease in the ``Scellement`` row: who takes it by a
conditional update seals; a worker that dies leaves a lease that ends. The result is written in one
short transaction, only by who still holds the lease.
"""

import json
import logging
import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from fiches_action.conventions import autorite, circuit, preuve, rendu, sceau
from fiches_action.conventions.etats import Etat, passage
from fiches_action.conventions.models import Convention, Document, Preuve, Scellement, Signataire, Version
from socle.courriels import ecrire
from socle.models import Travail
from socle.templatetags.typographie import heure, jour
from socle.travaux import ErreurPassagere, demander
from structures.comptes.models import Utilisateur

journal = logging.getLogger(__name__)
GENRE_SCELLER = "conventions.sceller"
BAIL = timedelta(seconds=90)
# After a failure that isn't a silence outside, wait before trying again by ourselves.
REPIT = timedelta(minutes=10)


def demander_scellement(convention: Convention, par: Utilisateur | None = None) -> Travail:
    """Ask for the seal; the job that already waits or runs is the one."""
    vivant = Travail.objects.filter(
        genre=GENRE_SCELLER, objet=convention.reference, etat__in=(Travail.Etat.EN_ATTENTE, Travail.Etat.EN_COURS)
    ).first()
    return vivant or demander(
        GENRE_SCELLER, f"Scellement de la convention {convention.reference}", objet=convention.reference, demandeur=par
    )


def reprendre() -> int:
    """Ask again for the seals that nobody works on; how many."""
    demandes = 0
    for convention in Convention.objects.filter(etat=Etat.SIGNEE):
        dernier = Travail.objects.filter(genre=GENRE_SCELLER, objet=convention.reference).order_by("-cree_le").first()
        if dernier is not None and not dernier.fini:
            continue
        if dernier is not None and dernier.fini_le and timezone.now() - dernier.fini_le < REPIT:
            continue
        demander_scellement(convention)
        demandes += 1
    return demandes


def sceller(reference: str) -> Scellement:
    """Seal if it isn't done. Raises ErreurPassagere (try again), SceauRefuse, SceauInutilisable."""
    version = (
        Version.objects.select_related("convention__pole", "document")
        .filter(convention__reference=reference)
        .order_by("-numero")
        .first()
    )
    if version is None:
        raise Convention.DoesNotExist(reference)
    if version.convention.etat not in {Etat.SIGNEE, Etat.SCELLEE}:
        raise sceau.SceauRefuse(f"la convention est « {version.convention.get_etat_display()} »")
    scellement, _ = Scellement.objects.get_or_create(version=version)
    if scellement.document_id:
        return scellement
    bail = prendre_le_bail(scellement)
    try:
        final, dossier = fabriquer(version)
    except sceau.SceauEnAttente as erreur:
        rendre_le_bail(scellement, bail, str(erreur))
        raise ErreurPassagere(str(erreur)) from erreur
    except Exception as erreur:
        rendre_le_bail(scellement, bail, f"{type(erreur).__name__} : {erreur}")
        raise
    return _inscrire(scellement, bail, final, dossier)


def prendre_le_bail(scellement: Scellement) -> uuid.UUID:
    """Become the one who seals. Raises ErreurPassagere when somebody else is, and still lives."""
    bail = uuid.uuid4()
    libre = Q(bail_jusqua__isnull=True) | Q(bail_jusqua__lt=timezone.now())
    pris = Scellement.objects.filter(libre, pk=scellement.pk, document__isnull=True).update(
        bail_par=bail, bail_jusqua=timezone.now() + BAIL, essais=scellement.essais + 1
    )
    if not pris:
        raise ErreurPassagere("Un autre processus scelle cette convention.")
    return bail


def rendre_le_bail(scellement: Scellement, bail: uuid.UUID, erreur: str) -> None:
    Scellement.objects.filter(pk=scellement.pk, bail_par=bail).update(
        bail_par=None, bail_jusqua=None, erreur=erreur[:2000]
    )


def fabriquer(version: Version) -> tuple[bytes, bytes]:
    """The sealed bytes and the evidence file. Nothing is written."""
    v = version.document.lire()
    identite = autorite.identite()
    signataires = list(version.convention.signataires.select_related("partie").order_by("rang"))
    signatures = _signatures(version)
    dossier = preuve.canonique(dossier_de_preuve(version.convention)).encode()
    le = timezone.now().replace(microsecond=0)
    attestation = attester(version, signataires, signatures, sceau.empreinte(dossier))
    tampons = [_tampon(s, signatures[s.pk], version.cases[str(s.rang)]) for s in signataires]
    cachet = sceau.Tampon(
        (
            f"Cachet électronique de {identite.nom}",
            f"Apposé le {jour(le)} à {heure(le)} (heure de Paris)",
            "Cachet du portail, sans valeur probante de tiers"
            if not settings.PCTI_SCEAU_P12
            else "Cachet d’organisme par certificat",
            "SHA-256 de la version signée :",
            version.h0[:32],
            version.h0[32:],
        ),
        _case(version.cases["cachet"]),
    )
    return sceau.sceller(v, attestation, tampons, cachet, identite, le=le), dossier


def _case(valeurs: list[float]) -> tuple[int, float, float, float, float]:
    page, x1, y1, x2, y2 = valeurs
    # Inside the frame: the border stays visible.
    return int(page), x1 + 1, y1 + 1, x2 - 1, y2 - 1


def _signatures(version: Version) -> dict[int, Preuve]:
    """The signature act of each signatory on this very version."""
    trouvees: dict[int, Preuve] = {}
    for acte in Preuve.objects.de(version.convention).filter(acte="signature"):
        lu = json.loads(acte.contenu)
        if lu["version"]["sha256"] == version.h0 and lu["version"]["numero"] == version.numero:
            trouvees[lu["signataire"]["id"]] = acte
    manquants = set(version.convention.signataires.values_list("pk", flat=True)) - set(trouvees)
    if manquants or not trouvees:
        raise sceau.SceauRefuse("il manque la preuve d’une signature sur cette version")
    return trouvees


def _tampon(signataire: Signataire, acte: Preuve, case: list[float]) -> sceau.Tampon:
    lignes = [
        f"Signé électroniquement le {jour(acte.le)} à {heure(acte.le)} (heure de Paris)",
        f"par {signataire.nom}, {signataire.fonction}, pour {signataire.partie.nom}",
    ]
    if signataire.qualite == Signataire.Qualite.DELEGATAIRE:
        lignes.append(f"par délégation du {jour(signataire.delegation_le)} ({signataire.delegation_acte})")
    lignes += ["Code envoyé à son adresse électronique", f"Preuve {acte.empreinte[:16]}"]
    return sceau.Tampon(tuple(lignes), _case(case))


def attester(
    version: Version, signataires: list[Signataire], signatures: dict[int, Preuve], dossier_sha256: str
) -> bytes:
    """evidence.json: what anybody may read. No address, no IP: those stay in the evidence file."""
    convention = version.convention
    return json.dumps(
        {
            "v": 1,
            "objet": "Attestation de signature électronique",
            "portail": settings.PCTI_URL,
            "convention": convention.reference,
            "titre": convention.titre,
            "version": version.numero,
            "document": {
                "sha256": version.h0,
                "octets": version.document.octets,
                "explication": "La version signée est le début de ce fichier : ses premiers octets.",
            },
            "verification": circuit.lien("verifier"),
            "signataires": [
                {
                    "rang": s.rang,
                    "nom": s.nom,
                    "fonction": s.fonction,
                    "partie": s.partie.nom,
                    "qualite": s.get_qualite_display(),
                    **(
                        {"delegation": {"acte": s.delegation_acte, "date": s.delegation_le.isoformat()}}
                        if s.delegation_le
                        else {}
                    ),
                    "moyen": "code à six chiffres envoyé à l’adresse électronique, consentement exprès",
                    "le": signatures[s.pk].le.isoformat(timespec="milliseconds"),
                    "preuve": signatures[s.pk].empreinte,
                }
                for s in signataires
            ],
            "chaine": {"tete": preuve.tete(convention)},
            "dossier_de_preuve_sha256": dossier_sha256,
        },
        ensure_ascii=False,
        indent=1,
        sort_keys=True,
    ).encode()


def dossier_de_preuve(convention: Convention) -> dict[str, Any]:
    """Everything known of every act; personal data included: for the coordination, and a judge."""
    actes = []
    for acte in Preuve.objects.de(convention).select_related("annexe"):
        annexe = getattr(acte, "annexe", None)
        actes.append(
            {"empreinte": acte.empreinte, "contenu": acte.contenu, "annexe": annexe.contenu if annexe else None}
        )
    return {"v": 1, "convention": convention.reference, "titre": convention.titre, "actes": actes}


def _inscrire(scellement: Scellement, bail: uuid.UUID, final: bytes, dossier: bytes) -> Scellement:
    """The result, in one transaction; nothing if the lease went to somebody else meanwhile."""
    with transaction.atomic():
        convention = Convention.objects.verrouillee(scellement.version.convention_id)
        ligne = passage("sceller", convention.etat)
        document = Document.deposer(final, Document.Genre.SCELLE)
        ecrit = Scellement.objects.filter(pk=scellement.pk, bail_par=bail, document__isnull=True).update(
            document=document,
            dossier=Document.deposer(dossier, Document.Genre.DOSSIER),
            niveau=sceau.NIVEAU,
            scelle_le=timezone.now(),
            bail_par=None,
            bail_jusqua=None,
            erreur="",
        )
        if not ecrit:
            raise ErreurPassagere("Le bail a expiré avant la fin du scellement.")
        convention.etat = ligne.vers
        convention.save(update_fields=["etat"])
        preuve.consigner(
            convention,
            "scellement",
            version=scellement.version,
            details={"sha256": document.empreinte, "octets": document.octets, "niveau": sceau.NIVEAU},
        )
        _annoncer(convention, scellement.version)
    scellement.refresh_from_db()
    return scellement


def _annoncer(convention: Convention, version: Version) -> None:
    """Tell every signatory and the coordination, with the way to check."""
    adresses = set(convention.signataires.values_list("email", flat=True))
    for adresse in sorted(adresses | circuit.adresses_de_coordination(convention)):
        ecrire(
            "conventions/scellee",
            adresse,
            {
                "convention": convention,
                "code": rendu.grouper(version.code_controle),
                "pole": convention.pole,
                "lien": rendu.adresse_verifier(convention, version.code_controle),
            },
            objet=f"conventions.convention:{convention.pk}",
        )
