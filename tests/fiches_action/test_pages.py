"""The pages, per role: what each person reads, may do, and is told when they may not."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from fiches_action.models import Acteur, Etape, FicheAction, Indicateur
from fiches_action.operations import appliquer
from fiches_action.sections import SECTIONS, TOUTES
from tests.fiches_action.fabriques import decor, fiche_remplie, fiche_vide, mettre_a, structure, tous_confirment

pytestmark = pytest.mark.django_db
TOUS = (
    "membre", "direction", "partenaire", "etranger", "coordination", "autre_coordination", "pilotage",
    "administration",
)  # fmt: skip


def client_de(scene: SimpleNamespace, role: str) -> Client:
    client = Client()
    client.force_login(scene.personnes[role], backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(scene: SimpleNamespace, role: str, adresse: str) -> str:
    reponse = client_de(scene, role).get(adresse)
    assert reponse.status_code == 200, adresse
    return reponse.content.decode()


def section_url(fiche: FicheAction, section: str) -> str:
    return reverse("fiches:modifier", args=[fiche.reference, section])


# --- who reads ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("etat", "lecteurs"),
    [
        ("brouillon", {"membre", "direction", "partenaire", "coordination"}),
        ("proposee", set(TOUS) - {"etranger"}),
        ("validee", set(TOUS) - {"etranger"}),
        ("abandonnee", set(TOUS) - {"etranger"}),
    ],
)
def test_qui_lit_une_fiche(etat: str, lecteurs: set[str]) -> None:
    scene = decor()
    fiche = mettre_a(fiche_remplie(scene), etat)
    for role in TOUS:
        client = client_de(scene, role)
        attendu = 200 if role in lecteurs else 403
        assert client.get(fiche.get_absolute_url()).status_code == attendu, role
        assert client.get(reverse("fiches:pdf", args=[fiche.reference])).status_code == attendu, role
        # The list and the page follow the same rule.
        assert (fiche.reference in client.get(reverse("fiches:liste")).content.decode()) == (role in lecteurs), role


def test_un_partenaire_du_bassin_lit_une_fiche_proposee() -> None:
    scene = decor()
    fiche = mettre_a(fiche_remplie(scene, bassins=[scene.bassin, scene.autre_bassin]), "proposee")
    assert client_de(scene, "etranger").get(fiche.get_absolute_url()).status_code == 200


def test_un_visiteur_va_se_connecter_et_une_reference_inconnue_est_introuvable() -> None:
    scene = decor()
    reponse = Client().get(fiche_vide(scene).get_absolute_url())
    assert reponse.status_code == 302
    assert reponse["Location"].startswith(reverse("account_login"))
    assert client_de(scene, "membre").get("/fiches/FA-1999-0001/").status_code == 404


# --- the list ----------------------------------------------------------------------------------


def test_la_liste_filtre_et_dit_combien() -> None:
    scene = decor()
    FicheAction.objects.filter(pk__in=[scene.fiche.pk, scene.fiche_proposee.pk]).update(etat="terminee")
    fiche = fiche_remplie(scene)
    validee = mettre_a(fiche_remplie(scene), "validee")
    tout = page(scene, "membre", "/fiches/")
    assert "4\u00a0fiches" in tout
    filtre = page(scene, "membre", "/fiches/?etat=validee&bassin=2808&miennes=1")
    assert "1\u00a0fiche" in filtre
    assert validee.reference in filtre
    assert fiche.reference not in filtre
    # Each filter can be removed.
    assert 'href="/fiches/?bassin=2808&amp;miennes=1"' in filtre
    assert "Aucune fiche ne répond" in page(scene, "membre", "/fiches/?etat=suspendue")
    # An unknown filter is no error.
    assert "4\u00a0fiches" in page(scene, "membre", "/fiches/?etat=nimporte")


def test_la_liste_se_lit_page_par_page_sans_rien_repeter() -> None:
    scene = decor()
    for _ in range(23):
        fiche_vide(scene)
    FicheAction.objects.update(cree_le=timezone.now())
    premiere = client_de(scene, "membre").get("/fiches/")
    suite = premiere.context["suite"]
    vues = [fiche.reference for fiche, _ in premiere.context["lignes"]]
    seconde = client_de(scene, "membre").get(suite)
    vues += [fiche.reference for fiche, _ in seconde.context["lignes"]]
    assert len(vues) == len(set(vues)) == 25
    assert not seconde.context["suite"]


def _requetes(scene: SimpleNamespace, role: str, adresse: str) -> int:
    client = client_de(scene, role)
    with CaptureQueriesContext(connection) as captees:
        assert client.get(adresse).status_code == 200
    return len(captees)


@pytest.mark.parametrize("role", ["membre", "coordination", "pilotage", "administration"])
def test_la_liste_et_l_accueil_font_un_nombre_constant_de_requetes(role: str) -> None:
    scene = decor()
    mettre_a(fiche_remplie(scene), "proposee")
    adresses = ["/fiches/", "/fiches/?miennes=1&bassin=2808"]
    avant = [_requetes(scene, role, adresse) for adresse in adresses]
    for rang in range(6):
        fiche = mettre_a(fiche_remplie(scene), "proposee")
        Acteur.objects.create(fiche=fiche, structure=structure(scene, f"ESAT {rang}"))
    assert [_requetes(scene, role, adresse) for adresse in adresses] == avant


def test_la_page_fait_un_nombre_constant_de_requetes() -> None:
    scene = decor()
    fiche = fiche_remplie(scene)
    avant = _requetes(scene, "membre", fiche.get_absolute_url())
    for rang in range(5):
        autre = structure(scene, f"ESAT {rang}")
        Acteur.objects.create(fiche=fiche, structure=autre)
        jour = timezone.localdate()
        Etape.objects.create(fiche=fiche, intitule="Étape", responsable=autre, debut=jour, fin=jour)
        Indicateur.objects.create(fiche=fiche, intitule="Indicateur", reference=1, cible=2)
    assert _requetes(scene, "membre", fiche.get_absolute_url()) == avant


# --- opening and writing -------------------------------------------------------------------------


def test_ouvrir_une_fiche() -> None:
    scene = decor()
    client = client_de(scene, "membre")
    adresse = reverse("fiches:nouvelle")
    assert "Ouvrir la fiche" in client.get(adresse).content.decode()
    refus = client.post(adresse, {"titre": "", "porteur": scene.structure.pk, "objet": "Gardé"})
    assert "Gardé" in refus.content.decode()
    assert "à corriger" in refus.content.decode()
    # A structure that is not one's own can't lead.
    assert client.post(adresse, {"titre": "Ouvrir", "porteur": scene.autre_structure.pk}).status_code == 200
    reponse = client.post(adresse, {"titre": "Ouvrir les ateliers", "porteur": scene.structure.pk})
    fiche = FicheAction.objects.get(titre="Ouvrir les ateliers")
    assert reponse["Location"] == fiche.get_absolute_url()
    assert [b.code for b in fiche.bassins.all()] == ["2808"]


def test_la_fiche_se_lit_comme_la_page_imprimee() -> None:
    scene = decor()
    html = page(scene, "membre", fiche_remplie(scene).get_absolute_url())
    places = [html.index(f'id="titre-{section.cle}"') for section in SECTIONS]
    assert places == sorted(places)
    assert html.count("<h1") == 1
    assert "Brouillon" in html
    assert "Proposer la fiche" in html
    # A count of three persons is never written.
    assert "moins de 5" in html
    assert "style=" not in html.split("<main", 1)[1].split("</main>", 1)[0]


@pytest.mark.parametrize("section", [s.cle for s in TOUTES])
def test_chaque_section_a_sa_page(section: str) -> None:
    scene = decor()
    fiche = fiche_remplie(scene)
    html = page(scene, "membre", section_url(fiche, section))
    assert html.count("<h1") == 1


@pytest.mark.parametrize("section", ["secrets", "etat", "identite-2", "ENJEUX"])
def test_une_section_inconnue_n_existe_pas(section: str) -> None:
    scene = decor()
    assert client_de(scene, "membre").get(section_url(fiche_vide(scene), section)).status_code == 404


def test_une_section_de_texte_n_a_pas_de_lignes() -> None:
    scene = decor()
    fiche = fiche_vide(scene)
    adresse = reverse("fiches:ligne_ajouter", args=[fiche.reference, "enjeux"])
    assert client_de(scene, "membre").get(adresse).status_code == 404


def _ecrire(client: Client, fiche: FicheAction, section: str, **valeurs: Any) -> Any:
    adresse = section_url(fiche, section)
    lue = client.get(adresse).context["lue"]
    return client.post(adresse, {"lue": lue, **valeurs})


def test_ecrire_chaque_section_depuis_sa_page() -> None:
    scene = decor()
    fiche = fiche_vide(scene)
    client = client_de(scene, "membre")
    assert _ecrire(client, fiche, "enjeux", enjeux="Un constat").status_code == 302
    assert _ecrire(client, fiche, "objet", objet="Une phrase", finalite="passerelles", axe="").status_code == 302
    zone = _ecrire(client, fiche, "zone", bassins=["2808"], communes="Évreux, bernay (27)", zone="")
    assert zone.status_code == 302
    assert {c.nom for c in fiche.communes.all()} == {"Évreux", "Bernay"}
    assert _ecrire(client, fiche, "identite", titre="Un autre titre", pilote=scene.personnes["partenaire"].pk)
    fiche.refresh_from_db()
    assert (fiche.titre, fiche.pilote) == ("Un autre titre", scene.personnes["partenaire"])
    # Somebody of none of the structures can't be the pilote.
    refus = _ecrire(client, fiche, "identite", titre="x", pilote=scene.personnes["etranger"].pk)
    assert refus.status_code == 422


def test_une_commune_inconnue_est_dite_et_rien_n_est_perdu() -> None:
    scene = decor()
    reponse = _ecrire(
        client_de(scene, "membre"), fiche_vide(scene), "zone", bassins=["2808"], communes="Trifouilly", zone="Gardé"
    )
    html = reponse.content.decode()
    assert reponse.status_code == 422
    assert "Trifouilly" in html
    assert "n’est pas une commune connue" in html
    assert "Gardé" in html


def test_le_second_redacteur_voit_l_autre_texte_et_garde_le_sien() -> None:
    scene = decor()
    fiche = fiche_vide(scene)
    premier, second = client_de(scene, "membre"), client_de(scene, "direction")
    adresse = section_url(fiche, "enjeux")
    lue = second.get(adresse).context["lue"]
    assert _ecrire(premier, fiche, "enjeux", enjeux="Le texte du premier").status_code == 302
    conflit = second.post(adresse, {"lue": lue, "enjeux": "Le texte du second"})
    html = conflit.content.decode()
    assert conflit.status_code == 409
    assert "a changé pendant que vous écriviez" in html
    assert "Membre Scène" in html
    assert "Le texte du premier" in html
    assert "Le texte du second" in html
    fiche.refresh_from_db()
    assert fiche.enjeux == "Le texte du premier"
    # Having seen it, they may save theirs.
    assert second.post(adresse, {"lue": conflit.context["lue"], "enjeux": "Les deux"}).status_code == 302
    fiche.refresh_from_db()
    assert fiche.enjeux == "Les deux"


def test_ce_que_les_gens_ecrivent_est_echappe_partout() -> None:
    scene = decor()
    mal = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    fiche = fiche_remplie(scene, enjeux=mal, ressources=mal, zone=mal, criteres=mal, gouvernance=mal)
    FicheAction.objects.filter(pk=fiche.pk).update(titre=mal[:160], objet=mal)
    Acteur.objects.filter(fiche=fiche).update(contribution=mal, referent_fonction=mal)
    fiche.etapes.update(intitule=mal)
    fiche.indicateurs.update(intitule=mal, source=mal, unite=mal[:40], definition=mal)
    adresses = [fiche.get_absolute_url(), "/fiches/", *(section_url(fiche, s.cle) for s in TOUTES)]
    for adresse in adresses:
        html = page(scene, "membre", adresse)
        assert "<script>alert" not in html, adresse
        assert "<img src=x" not in html, adresse


# --- rows ------------------------------------------------------------------------------------------


def test_ajouter_une_structure_par_recherche() -> None:
    scene = decor()
    fiche = fiche_vide(scene, bassins=[scene.bassin])
    client = client_de(scene, "membre")
    adresse = reverse("fiches:ligne_ajouter", args=[fiche.reference, "acteurs"])
    voisine = structure(scene, "SAVS Les Peupliers")
    # Without a word: the structures of the zone; those already there are not offered.
    html = client.get(adresse).content.decode()
    assert "SAVS Les Peupliers" in html
    assert "Mission locale du Pays –" not in html
    assert "ESAT du Bocage" in client.get(adresse, {"q": "bocage"}).content.decode()
    assert "Aucune structure ne répond" in client.get(adresse, {"q": "zzz"}).content.decode()
    # One can't add what was not found.
    assert client.post(adresse, {"structure": scene.autre_structure.pk, "role": "partenaire"}).status_code == 422
    # Nor make a second leading structure.
    assert client.post(adresse, {"structure": voisine.pk, "role": "porteur"}).status_code == 422
    assert (
        client.post(adresse, {"structure": voisine.pk, "role": "appui", "contribution": "Un avis"}).status_code == 302
    )
    assert Acteur.objects.get(fiche=fiche, structure=voisine).role == "appui"


def test_ajouter_une_etape_et_corriger_ses_dates() -> None:
    scene = decor()
    fiche = fiche_vide(scene)
    client = client_de(scene, "membre")
    adresse = reverse("fiches:ligne_ajouter", args=[fiche.reference, "planning"])
    valeurs = {"intitule": "Visite", "debut": "2026-05-10", "fin": "2026-05-01", "avancement": "prevue"}
    refus = client.post(adresse, valeurs)
    assert refus.status_code == 422
    assert "La fin vient avant le début" in refus.content.decode()
    assert client.post(adresse, {**valeurs, "fin": "2026-05-10"}).status_code == 302
    assert fiche.etapes.get().est_jalon
    html = page(scene, "membre", fiche.get_absolute_url())
    assert "<polygon" in html
    assert "10\u00a0mai 2026" in html


def test_pas_de_cible_sans_reference() -> None:
    scene = decor()
    fiche = fiche_vide(scene)
    client = client_de(scene, "membre")
    adresse = reverse("fiches:ligne_ajouter", args=[fiche.reference, "indicateurs"])
    valeurs = {
        "intitule": "Entrées en emploi", "type": "resultat", "unite": "personnes", "effectif": "on", "cible": "6",
        "cible_le": "2027-06-30", "sens": "haut", "frequence": "annuelle", "source": "Cap emploi",
    }  # fmt: skip
    refus = client.post(adresse, valeurs)
    assert refus.status_code == 422
    assert "Pas de cible sans référence" in refus.content.decode()
    assert client.post(adresse, {**valeurs, "reference_le": "2026-12-31"}).status_code == 302
    assert "à relever" in page(scene, "membre", fiche.get_absolute_url())


def test_deux_redacteurs_sur_une_ligne() -> None:
    scene = decor()
    fiche = fiche_remplie(scene)
    etape = fiche.etapes.first()
    assert etape is not None
    adresse = reverse("fiches:ligne_modifier", args=[fiche.reference, "planning", etape.pk])
    client = client_de(scene, "membre")
    lue = client.get(adresse).context["lue"]
    Etape.objects.filter(pk=etape.pk).update(intitule="Changée par l’autre")
    valeurs = {"intitule": "La mienne", "debut": "2026-05-10", "fin": "2026-05-10", "avancement": "faite"}
    conflit = client.post(adresse, {**valeurs, "lue": lue})
    assert conflit.status_code == 409
    assert "Changée par l’autre" in conflit.content.decode()
    assert "La mienne" in conflit.content.decode()
    assert client.post(adresse, {**valeurs, "lue": conflit.context["lue"]}).status_code == 302
    # Without what was read, nothing is overwritten.
    assert client.post(adresse, {**valeurs, "intitule": "En aveugle"}).status_code == 409
    assert Etape.objects.get(pk=etape.pk).intitule == "La mienne"


def test_la_ligne_d_une_autre_fiche_est_introuvable() -> None:
    scene = decor()
    fiche, autre = fiche_remplie(scene), fiche_remplie(scene)
    etape = autre.etapes.first()
    assert etape is not None
    client = client_de(scene, "membre")
    for nom, methode in (("ligne_modifier", client.get), ("ligne_retirer", client.post)):
        assert methode(reverse(f"fiches:{nom}", args=[fiche.reference, "planning", etape.pk])).status_code == 404
    adresse = reverse("fiches:ligne_retirer", args=[autre.reference, "planning", etape.pk])
    # Asking first removes nothing.
    assert "Présentation des équipes" in client.get(adresse).content.decode()
    assert Etape.objects.filter(pk=etape.pk).exists()
    assert client.post(adresse).status_code == 302
    assert not Etape.objects.filter(pk=etape.pk).exists()


# --- the chain ----------------------------------------------------------------------------------------


def test_la_chaine_de_la_proposition_a_la_validation() -> None:
    scene = decor()
    fiche = fiche_remplie(scene)

    def passer(action: str) -> str:
        return reverse("fiches:passer", args=[fiche.reference, action])

    membre, partenaire, coordination = (client_de(scene, r) for r in ("membre", "partenaire", "coordination"))
    # A direct POST that skips a step is refused.
    assert membre.post(passer("valider"), {"decision_le": "2026-01-01"}).status_code == 403
    assert coordination.post(passer("valider"), {"decision_le": "2026-01-01"}).status_code == 409
    assert membre.post(passer("proposer")).status_code == 302
    assert "n’a pas encore confirmé" in page(scene, "coordination", fiche.get_absolute_url())
    assert coordination.post(passer("valider"), {"decision_le": "2026-01-01"}).status_code == 409
    html = page(scene, "partenaire", fiche.get_absolute_url())
    assert "Votre structure est citée" in html
    acteur = Acteur.objects.get(fiche=fiche, structure=scene.structure_voisine)
    reponse = reverse("fiches:participation", args=[fiche.reference, acteur.pk])
    assert coordination.post(reponse, {"reponse": "oui"}).status_code == 403
    assert partenaire.post(reponse, {"reponse": "peut-être"}).status_code == 404
    assert partenaire.post(reponse, {"reponse": "oui"}).status_code == 302
    demain = (timezone.localdate() + timedelta(days=1)).isoformat()
    assert coordination.post(passer("valider"), {"decision_le": demain}).status_code == 422
    assert coordination.post(passer("valider"), {"decision_le": "2026-01-05"}).status_code == 302
    fiche.refresh_from_db()
    assert (fiche.etat, str(fiche.validee_le)) == ("validee", "2026-01-05")
    html = page(scene, "membre", fiche.get_absolute_url())
    assert "Validée par le comité de suivi le 5\u00a0janvier 2026" in html
    assert "décision du comité du 5\u00a0janvier 2026" in html
    # The text no longer changes.
    assert membre.get(section_url(fiche, "enjeux")).status_code == 403
    assert membre.post(section_url(fiche, "enjeux"), {"enjeux": "x", "lue": "x"}).status_code == 403


def test_la_page_dit_qui_peut_quand_on_ne_peut_pas() -> None:
    scene = decor()
    fiche = mettre_a(fiche_remplie(scene), "proposee")
    tous_confirment(fiche)
    html = page(scene, "pilotage", fiche.get_absolute_url())
    assert "«\u00a0Valider la fiche\u00a0» revient à la coordination du pôle" in html
    assert reverse("fiches:passer", args=[fiche.reference, "valider"]) not in html
    assert reverse("fiches:passer", args=[fiche.reference, "valider"]) in page(
        scene, "coordination", fiche.get_absolute_url()
    )


def test_une_action_inconnue_n_existe_pas() -> None:
    scene = decor()
    adresse = reverse("fiches:passer", args=[fiche_vide(scene).reference, "expedier"])
    assert client_de(scene, "membre").post(adresse).status_code == 404


def test_la_demande_de_la_coordination_se_lit_en_tete() -> None:
    scene = decor()
    fiche = appliquer(fiche_remplie(scene), "proposer", scene.personnes["membre"])
    appliquer(fiche, "demander_complement", scene.personnes["coordination"], "Précisez <b>le calendrier</b>.")
    html = page(scene, "membre", fiche.get_absolute_url())
    assert "La coordination demande un complément" in html
    assert "Précisez &lt;b&gt;le calendrier&lt;/b&gt;." in html
    appliquer(fiche, "proposer", scene.personnes["membre"])
    assert "demande un complément" not in page(scene, "membre", fiche.get_absolute_url())
