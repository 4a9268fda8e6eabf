"""The pages, walked as their people: from the sheet to the sealed document, without an account to sign."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from fiches_action.conventions import circuit, operations, views_signature
from fiches_action.conventions.etats import Etat
from fiches_action.conventions.models import Convention, Preuve, Signataire, Version
from socle.models import Travail
from socle.travaux import executer
from tests.conventions import fabriques

Lancee = tuple[Convention, Version]


@pytest.fixture(autouse=True)
def _compteurs_a_zero() -> None:
    cache.clear()


def connecte(scene: SimpleNamespace, role: str) -> Client:
    client = Client()
    client.force_login(scene.personnes[role])
    return client


def travailler() -> None:
    for travail in Travail.objects.filter(etat=Travail.Etat.EN_ATTENTE):
        executer(str(travail.pk))


def formulaire_partie(rang: int, **changements: str) -> dict[str, str]:
    return {
        "nom": f"Association {rang}",
        "nom_court": f"l’association {rang}",
        "forme_juridique": "association",
        "adresse": "1, rue des Écoles, 27000 Évreux",
        "numero": "SIRET 12345678900011",
        "engagements": "accueillir\nécrire un bilan",
        "referent_fonction": "cheffe de service",
        "signataire_nom": f"Personne {rang}",
        "signataire_fonction": "directrice",
        "signataire_email": f"personne{rang}@exemple.test",
        "qualite": "titulaire",
        **changements,
    }


CONDITIONS = {
    "debut": "2026-12-01",
    "duree": "2",
    "reconduction": "expresse",
    "preavis_renouvellement": "trois mois",
    "preavis_resiliation": "trois mois",
    "cout": "gratuite",
    "lieux": "les locaux des parties",
    "delai_reponse": "dix",
    "membres_comite": "l’animateur",
    "frequence_comite": "deux fois par an",
    "date_bilan": "31 janvier",
    "duree_conservation_contacts": "un an",
    "tribunal": "Évreux",
    "lieu": "Évreux",
}


def preparer_par_les_pages(scene: SimpleNamespace, client: Client) -> Convention:
    fiche = fabriques.preparer(scene)
    page = client.get(fiche.get_absolute_url()).content.decode()
    assert reverse("conventions:creer", args=[fiche.reference]) in page, "the button is on the sheet's page"
    creee = client.post(reverse("conventions:creer", args=[fiche.reference]))
    convention = Convention.objects.get(fiche=fiche)
    assert creee.status_code == 302
    assert creee["Location"] == convention.get_absolute_url()
    assert "Il reste à compléter" in client.get(convention.get_absolute_url()).content.decode()
    for rang, partie in enumerate(convention.parties.all(), start=1):
        adresse = reverse("conventions:partie", args=[convention.reference, partie.pk])
        assert client.post(adresse, formulaire_partie(rang)).status_code == 302
    assert client.post(reverse("conventions:conditions", args=[convention.reference]), CONDITIONS).status_code == 302
    return convention


def agir(client: Client, convention: Convention, action: str) -> Any:
    return client.post(reverse("conventions:agir", args=[convention.reference, action]), follow=True)


def signer_par_la_page(signataire: Signataire) -> Client:
    """A person with only their e-mail and a browser."""
    visiteur = Client()
    adresse = reverse("conventions:signer", args=[signataire.jeton])
    assert "Recevoir un code" in visiteur.get(adresse).content.decode()
    visiteur.post(reverse("conventions:signer_code", args=[signataire.jeton]), {"action": "envoyer"})
    assert "Saisissez le code" in visiteur.get(adresse).content.decode()
    code = fabriques.dernier_code(signataire)
    visiteur.post(reverse("conventions:signer_code", args=[signataire.jeton]), {"action": "verifier", "code": code})
    page = visiteur.get(adresse)
    version = page.context["version"]
    assert "je la signe au nom de" in page.content.decode()
    document = visiteur.get(reverse("conventions:signer_document", args=[signataire.jeton]))
    assert document.content == version.document.lire()
    signe = visiteur.post(adresse, {"version": version.pk, "consentement": "on"}, follow=True)
    assert "Votre signature est enregistrée" in signe.content.decode()
    return visiteur


def test_from_the_sheet_to_the_sealed_document(scene: SimpleNamespace) -> None:
    client = connecte(scene, "direction")
    convention = preparer_par_les_pages(scene, client)
    assert "Le texte est complet" in client.get(convention.get_absolute_url()).content.decode()
    apercu = client.get(reverse("conventions:apercu", args=[convention.reference])).content.decode()
    assert "Article\u00a017" in apercu
    assert "<mark>" not in apercu
    assert "Mise au propre" in agir(client, convention, "figer").content.decode()
    travailler()
    page = client.get(convention.get_absolute_url()).content.decode()
    assert "La version 1 est figée" in page
    v = client.get(reverse("conventions:document", args=[convention.reference]))
    assert v["Content-Type"] == "application/pdf"
    agir(client, convention, "lancer")
    for rang in (1, 2):
        signer_par_la_page(Signataire.objects.get(convention=convention, rang=rang))
    convention.refresh_from_db()
    assert convention.etat == Etat.SIGNEE
    attente = client.get(convention.get_absolute_url()).content.decode()
    assert "scellement est en attente" in attente
    travailler()
    page = client.get(convention.get_absolute_url()).content.decode()
    assert "Le document est signé et scellé" in page
    final = client.get(reverse("conventions:document", args=[convention.reference])).content
    assert final.startswith(v.content)
    assert len(final) > len(v.content)
    lecture = Preuve.objects.filter(acte="signature").first()
    assert lecture is not None
    assert '"lecture":true' in lecture.contenu, "the opening of the document is in the evidence"


def test_a_wrong_form_says_what_and_loses_nothing(scene: SimpleNamespace) -> None:
    client = connecte(scene, "direction")
    convention = operations.creer_depuis_fiche(fabriques.preparer(scene), scene.personnes["direction"])
    partie = convention.parties.get(rang=1)
    adresse = reverse("conventions:partie", args=[convention.reference, partie.pk])
    faux = formulaire_partie(
        1, signataire_email="pas une adresse", qualite="delegataire", engagements="accueillir ici"
    )
    reponse = client.post(adresse, faux)
    texte = reponse.content.decode()
    assert reponse.status_code == 422
    assert "accueillir ici</textarea>" in texte
    assert "pas une adresse" in texte
    assert "Indiquez l’acte qui donne délégation." in texte
    assert 'aria-describedby="id_delegation_acte-aide id_delegation_acte-erreur"' in texte
    assert not convention.signataires.exists()
    demain = timezone.localdate() + timedelta(days=2)
    futur = formulaire_partie(1, qualite="delegataire", delegation_acte="décision", delegation_le=demain.isoformat())
    assert "à venir" in client.post(adresse, futur).content.decode()
    conditions = reverse("conventions:conditions", args=[convention.reference])
    payante = client.post(conditions, {**CONDITIONS, "cout": "payante", "lieu": "Pont-Audemer"})
    assert payante.status_code == 422
    assert "Dites comment les frais sont répartis." in payante.content.decode()
    assert "Pont-Audemer" in payante.content.decode()


def test_before_the_code_the_page_names_nobody(lancee: Lancee) -> None:
    premier = Signataire.objects.get(convention=lancee[0], rang=1)
    page = Client().get(reverse("conventions:signer", args=[premier.jeton]))
    texte = page.content.decode()
    assert "Camille" not in texte
    assert premier.email not in texte
    assert "no-store" in page["Cache-Control"]
    assert page["X-Robots-Tag"] == "noindex"
    assert Client().get(reverse("conventions:signer", args=["x" * 43])).status_code == 404


def test_the_code_proves_only_in_the_browser_that_typed_it(lancee: Lancee) -> None:
    premier = Signataire.objects.get(convention=lancee[0], rang=1)
    a, b = Client(), Client()
    code_url = reverse("conventions:signer_code", args=[premier.jeton])
    a.post(code_url, {"action": "envoyer"})
    a.post(code_url, {"action": "verifier", "code": fabriques.dernier_code(premier)})
    assert a.get(reverse("conventions:signer_document", args=[premier.jeton])).status_code == 200
    assert b.get(reverse("conventions:signer_document", args=[premier.jeton])).status_code == 404
    signer = b.post(
        reverse("conventions:signer", args=[premier.jeton]), {"version": lancee[1].pk, "consentement": "on"}
    )
    assert signer.status_code == 403
    assert not Preuve.objects.filter(acte="signature").exists()


def test_identification_ends_after_half_an_hour(lancee: Lancee, monkeypatch: pytest.MonkeyPatch) -> None:
    premier = Signataire.objects.get(convention=lancee[0], rang=1)
    client = Client()
    code_url = reverse("conventions:signer_code", args=[premier.jeton])
    client.post(code_url, {"action": "envoyer"})
    client.post(code_url, {"action": "verifier", "code": fabriques.dernier_code(premier)})
    monkeypatch.setattr(views_signature, "DUREE_IDENTIFICATION", -views_signature.DUREE_IDENTIFICATION)
    adresse = reverse("conventions:signer", args=[premier.jeton])
    assert "expiré" in client.post(adresse, {"version": lancee[1].pk, "consentement": "on"}).content.decode()


def test_a_wrong_code_and_no_consent_are_said_at_their_field(lancee: Lancee) -> None:
    premier = Signataire.objects.get(convention=lancee[0], rang=1)
    client = Client()
    code_url = reverse("conventions:signer_code", args=[premier.jeton])
    assert (
        "Demandez d’abord un code" in client.post(code_url, {"action": "verifier", "code": "123456"}).content.decode()
    )
    client.post(code_url, {"action": "envoyer"})
    assert "six chiffres" in client.post(code_url, {"action": "verifier", "code": "12"}).content.decode()
    code = fabriques.dernier_code(premier)
    faux = f"{(int(code) + 1) % 1_000_000:06d}"
    reponse = client.post(code_url, {"action": "verifier", "code": faux})
    assert reponse.status_code == 422
    assert "reste 4 essais" in reponse.content.decode()
    client.post(code_url, {"action": "verifier", "code": code})
    sans = client.post(reverse("conventions:signer", args=[premier.jeton]), {"version": lancee[1].pk})
    assert sans.status_code == 422
    assert "Cochez votre accord" in sans.content.decode()


def test_refusing_by_the_page(lancee: Lancee) -> None:
    premier = Signataire.objects.get(convention=lancee[0], rang=1)
    client = Client()
    code_url = reverse("conventions:signer_code", args=[premier.jeton])
    client.post(code_url, {"action": "envoyer"})
    client.post(code_url, {"action": "verifier", "code": fabriques.dernier_code(premier)})
    refuser = reverse("conventions:signer_refuser", args=[premier.jeton])
    assert client.post(refuser, {"refus-motif": " "}).status_code == 422
    page = client.post(refuser, {"refus-motif": "Le calendrier ne convient pas."}, follow=True).content.decode()
    assert "Votre refus est enregistré" in page
    assert "C’est à" not in page


def test_the_second_one_waits_and_the_first_one_is_done(lancee: Lancee) -> None:
    convention, version = lancee
    second = Signataire.objects.get(convention=convention, rang=2)
    adresse = reverse("conventions:signer", args=[second.jeton])
    assert "pas encore votre tour" in Client().get(adresse).content.decode()
    premier = Signataire.objects.select_related("partie", "convention").get(convention=convention, rang=1)
    fabriques.signer(premier, version)
    assert (
        "Votre signature est enregistrée"
        in Client().get(reverse("conventions:signer", args=[premier.jeton])).content.decode()
    )


def test_what_awaits_each_person_at_home(scene: SimpleNamespace, lancee: Lancee) -> None:
    from fiches_action.conventions.branchements import attentes

    signataire = scene.personnes["etranger"]
    premier = Signataire.objects.get(convention=lancee[0], rang=1)
    Signataire.objects.filter(pk=premier.pk).update(email=signataire.email.upper())
    assert [a.titre for a in attentes(signataire)] == ["Lire et signer une convention"]
    page = connecte(scene, "etranger").get(lancee[0].get_absolute_url()).content.decode()
    assert "Lire et signer" in page
    operations.creer_depuis_fiche(fabriques.preparer(scene), scene.personnes["direction"])
    assert "Compléter une convention" in [a.titre for a in attentes(scene.personnes["coordination"])]
    assert attentes(scene.personnes["pilotage"]) == []


def test_the_structure_page_shows_agreements_to_those_who_may_read_them(
    scene: SimpleNamespace, lancee: Lancee
) -> None:
    adresse = scene.structure.get_absolute_url()
    assert lancee[0].reference in connecte(scene, "membre").get(adresse).content.decode()
    assert lancee[0].reference not in connecte(scene, "etranger").get(adresse).content.decode()
    assert lancee[0].reference not in Client().get(adresse).content.decode()


def test_the_list_shows_what_one_may_read_in_a_constant_number_of_queries(scene: SimpleNamespace) -> None:
    client = connecte(scene, "direction")
    fiche = fabriques.preparer(scene)
    liste = reverse("conventions:liste")

    def compter() -> int:
        with CaptureQueriesContext(
            connection,
        ) as requetes:
            assert client.get(liste).status_code == 200
        return len(requetes)

    operations.creer_depuis_fiche(fiche, scene.personnes["direction"])
    compter()
    une = compter()
    for _ in range(8):
        operations.creer_depuis_fiche(fabriques.preparer(scene), scene.personnes["direction"])
    assert compter() == une
    assert "Aucune convention" not in client.get(liste).content.decode()
    assert "apparaîtront ici" in connecte(scene, "etranger").get(liste).content.decode()
    assert "Aucune convention dans cet état" in client.get(liste, {"etat": "scellee"}).content.decode()


def test_the_list_goes_on_page_after_page(scene: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    from fiches_action.conventions import views

    monkeypatch.setattr(views, "PAR_PAGE", 2)
    client = connecte(scene, "direction")
    direction = scene.personnes["direction"]
    refs = [operations.creer_depuis_fiche(fabriques.preparer(scene), direction).reference for _ in range(5)]
    vues: list[str] = []
    adresse = reverse("conventions:liste")
    while adresse:
        reponse = client.get(adresse)
        vues += [c.reference for c, _ in reponse.context["lignes"]]
        suite = reponse.context["suite"]
        adresse = reverse("conventions:liste") + suite if suite else ""
    assert vues == list(reversed(refs))


def test_impossible_steps_are_said_in_words(scene: SimpleNamespace) -> None:
    client = connecte(scene, "direction")
    convention = operations.creer_depuis_fiche(fabriques.preparer(scene), scene.personnes["direction"])
    assert "n’est pas possible" in agir(client, convention, "lancer").content.decode()
    assert "Il reste à compléter" in agir(client, convention, "figer").content.decode()
    assert client.post(reverse("conventions:agir", args=[convention.reference, "sceller"])).status_code == 404
    assert client.get(reverse("conventions:document", args=[convention.reference])).status_code == 404


def test_progress_of_the_freezing_then_the_page_anew(scene: SimpleNamespace) -> None:
    client = connecte(scene, "direction")
    convention = fabriques.convention_complete(fabriques.preparer(scene), scene.personnes["direction"])
    agir(client, convention, "figer")
    avancement = reverse("conventions:avancement", args=[convention.reference])
    fragment = client.get(avancement, headers={"HX-Request": "true"})
    assert "hx-get" in fragment.content.decode()
    travailler()
    fini = client.get(avancement, headers={"HX-Request": "true"})
    assert (fini.status_code, fini["HX-Refresh"]) == (204, "true")
    assert client.get(avancement)["Location"] == convention.get_absolute_url()


def test_evidence_is_for_the_coordination(scene: SimpleNamespace, lancee: Lancee) -> None:
    adresse = reverse("conventions:preuves", args=[lancee[0].reference])
    assert connecte(scene, "direction").get(adresse).status_code == 403
    reponse = connecte(scene, "coordination").get(adresse)
    assert reponse.status_code == 200
    assert reponse.json()["actes"][0]["contenu"].startswith('{"acte":"creation"')


def test_relaunching_by_the_page(scene: SimpleNamespace, lancee: Lancee) -> None:
    convention = lancee[0]
    premier = circuit.suivant(convention)
    assert premier is not None
    client = connecte(scene, "coordination")
    adresse = reverse("conventions:relancer", args=[convention.reference, premier.pk])
    assert "moins d’une heure" in client.post(adresse, follow=True).content.decode()
