"""The questionnaire, page by page, as a director fills it in."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from offres import operations
from offres.models import Besoin, Offre, Reponse
from offres.vigilance import soupcons
from structures.models import Public
from tests.offres import fabriques as f

STRUCTURE = {"participation": "oui", "file_active": "45", "contact_fonction": "Service insertion"}
RANGEES = {"ressources-TOTAL_FORMS": "2", "ressources-INITIAL_FORMS": "0"}


def adresse(reponse: Reponse, *suite: object) -> str:
    return f"/offres/questionnaire/{reponse.pk}/" + "".join(f"{morceau}/" for morceau in suite)


def remplir(client: Client, reponse: Reponse, *suite: object, **donnees: Any) -> Any:
    """POST a page with the version that it shows, as a browser does."""
    page = client.get(adresse(reponse, *suite))
    form = page.context.get("form") if page.context else None
    if form is not None and "version" in form.fields:
        donnees.setdefault("version", form["version"].value())
    return client.post(adresse(reponse, *suite), {cle: v for cle, v in donnees.items() if v is not None})


def une_offre(scene: SimpleNamespace, **champs: Any) -> Offre:
    """An offer begun in the answer of the scene."""
    ligne = operations.ajouter_ligne(scene.une_reponse, "offres", f.service(), scene.personnes["direction"])
    assert isinstance(ligne, Offre)
    Offre.objects.filter(pk=ligne.pk).update(**champs)
    scene.une_reponse.refresh_from_db()
    return Offre.objects.get(pk=ligne.pk)


def test_une_direction_remplit_et_envoie(connecte: Client, scene: SimpleNamespace) -> None:
    reponse = scene.une_reponse
    publics = list(Public.objects.values_list("pk", flat=True)[:2])
    accueil = connecte.get(adresse(reponse)).content.decode()
    assert "Commencer" in accueil
    assert remplir(connecte, reponse, "structure", **STRUCTURE, publics=publics[:1]).url == adresse(reponse, "offres")
    r: Any = connecte.post(
        adresse(reponse, "offres", "ajouter"), {"service": "plateaux-techniques", "description": "Vert"}
    )
    offre = Offre.objects.get(reponse=reponse)
    assert r.url == adresse(reponse, "offres", offre.pk, "volume")
    r = remplir(connecte, reponse, "offres", offre.pk, "volume", volume="8", publics=publics)
    assert r.url == adresse(reponse, "offres", offre.pk, "zone")
    r = remplir(connecte, reponse, "offres", offre.pk, "zone", rayonnement="rayon", rayon_km="30")
    assert r.url == adresse(reponse, "offres", offre.pk, "ressources")
    rangee = {"ressources-0-profession": "Monitrice d’atelier", "ressources-0-etp": "0,25"}
    r = remplir(
        connecte, reponse, "offres", offre.pk, "ressources", lieux="Atelier", domaines_rome="A", **rangee, **RANGEES
    )
    assert r.url == adresse(reponse, "offres", offre.pk, "conditions")
    r = remplir(connecte, reponse, "offres", offre.pk, "conditions", modalites="presentiel", periodicite="mensuelle")
    assert r.url == adresse(reponse, "offres")
    connecte.post(adresse(reponse, "offres"), {"suite": "continuer"})
    connecte.post(adresse(reponse, "besoins", "ajouter"), {"service": "ateliers-numerique"})
    besoin = Besoin.objects.get(reponse=reponse)
    remplir(connecte, reponse, "besoins", besoin.pk, "volume", volume_inconnu="on", personnes="12")
    remplir(
        connecte, reponse, "besoins", besoin.pk, "conditions", priorite="haute", moment_cle="avant", periodicite=""
    )
    connecte.post(adresse(reponse, "besoins"), {"suite": "continuer"})
    partenaires = {
        "partenaires-TOTAL_FORMS": "2", "partenaires-INITIAL_FORMS": "0",
        "partenaires-0-partenaire": "Cap emploi", "partenaires-0-fin": "2027-12-31",
    }  # fmt: skip
    r = remplir(connecte, reponse, "cooperations", reseau_emploi="oui", **partenaires)
    assert r.url == adresse(reponse, "relecture")
    relue = connecte.get(adresse(reponse, "relecture")).content.decode()
    assert "8\u00a0personnes par an" in relue
    assert "0,25\u00a0ETP" in relue
    assert not Offre.objects.publiees().exists()
    assert remplir(connecte, reponse, "relecture").url == adresse(reponse)
    reponse.refresh_from_db()
    offre.refresh_from_db()
    besoin.refresh_from_db()
    assert (reponse.etat, reponse.soumise_par, reponse.participation) == (
        "soumise", scene.personnes["direction"], "oui",
    )  # fmt: skip
    assert (offre.publiee, offre.volume, offre.unite, offre.rayon_km) == (True, 8, "personnes/an", 30)
    assert offre.ressources == [{"profession": "Monitrice d’atelier", "etp": 0.25}]
    assert (besoin.publiee, besoin.volume, besoin.volume_inconnu, besoin.personnes) == (True, None, True, 12)
    assert reponse.cooperations["partenaires"][0]["fin"] == "2027-12-31"
    scene.structure.refresh_from_db()
    assert (scene.structure.capacite, scene.structure.provenance["capacite"]["source"]) == (45, "structure")


def test_rien_n_est_choisi_d_avance(connecte: Client, scene: SimpleNamespace) -> None:
    offre = une_offre(scene)
    for suite in (("structure",), ("offres", "ajouter"), ("offres", offre.pk, "zone"), ("offres", offre.pk, "volume"),
                  ("offres", offre.pk, "conditions"), ("cooperations",)):  # fmt: skip
        page = connecte.get(adresse(scene.une_reponse, *suite)).content.decode().replace("input:checked", "")
        assert "checked" not in page, suite


def test_la_progression_se_dit_en_mots(connecte: Client, scene: SimpleNamespace) -> None:
    page = connecte.get(adresse(scene.une_reponse, "offres")).content.decode()
    assert "Étape 2 sur 5, il reste environ 12 minutes" in " ".join(page.split())


@pytest.mark.parametrize(
    ("volet", "donnees", "champ", "message"),
    [
        ("volume", {}, "volume", "Je ne sais pas"),
        ("volume", {"volume": "beaucoup"}, "volume", "nombre entier"),
        ("volume", {"volume": "-3"}, "volume", "1"),
        ("volume", {"volume": "5", "volume_inconnu": "on"}, "volume", "gardez l’un des deux"),
        ("zone", {}, "rayonnement", "Choisissez une zone"),
        ("zone", {"rayonnement": "rayon"}, "rayon_km", "kilomètres"),
        ("zone", {"rayonnement": "rayon", "rayon_km": "9999"}, "rayon_km", "300"),
        ("zone", {"rayonnement": "communes", "recherche": "Évr"}, "recherche", "au moins une commune"),
        ("zone", {"rayonnement": "communes", "communes": "99999"}, "communes", "n’existe plus"),
        ("zone", {"rayonnement": "lune"}, "rayonnement", ""),
        ("conditions", {"debut": "2026-09-01", "fin": "2026-08-01"}, "fin", "avant le début"),
        ("conditions", {"debut": "31/02/2026"}, "debut", "n’existe pas"),
        ("service", {"service": "autre"}, "service_autre", "de quel service"),
        ("service", {"service": "inconnu"}, "service", "n’est plus dans la liste"),
        ("service", {}, "service", "Choisissez un service"),
    ],
)
def test_l_erreur_est_au_champ_et_rien_n_est_perdu(
    connecte: Client, scene: SimpleNamespace, volet: str, donnees: dict[str, str], champ: str, message: str
) -> None:
    offre = une_offre(scene)
    r = remplir(connecte, scene.une_reponse, "offres", offre.pk, volet, **donnees)
    assert r.status_code == 422
    assert message in " ".join(r.context["form"].errors[champ])
    page = r.content.decode()
    for nom, valeur in donnees.items():
        if nom in ("volume", "rayon_km", "recherche", "debut"):
            assert f'value="{valeur}"' in page, nom


def test_un_temps_sans_profession_est_signale(connecte: Client, scene: SimpleNamespace) -> None:
    offre = une_offre(scene)
    r = remplir(
        connecte, scene.une_reponse, "offres", offre.pk, "ressources", **RANGEES, **{"ressources-0-etp": "0,5"}
    )
    assert r.status_code == 422
    assert "Écrivez la profession" in r.content.decode()
    assert 'value="0,5"' in r.content.decode()


def test_la_recherche_de_commune_marche_sans_script(connecte: Client, scene: SimpleNamespace) -> None:
    offre = une_offre(scene)
    r = remplir(
        connecte, scene.une_reponse, "offres", offre.pk, "zone",
        suite="chercher", rayonnement="communes", recherche="bern", communes=scene.commune.pk,
    )  # fmt: skip
    page = r.content.decode()
    assert r.status_code == 200
    assert 'id="commune-27056"' in page
    assert 'id="commune-27229" checked' in " ".join(page.split())
    offre.refresh_from_db()
    assert offre.rayonnement == ""
    r = remplir(
        connecte, scene.une_reponse, "offres", offre.pk, "zone", rayonnement="communes", communes=["27229", "27056"]
    )
    assert r.status_code == 302
    assert {c.pk for c in offre.communes.all()} == {"27229", "27056"}


def test_changer_de_zone_oublie_l_ancienne(connecte: Client, scene: SimpleNamespace) -> None:
    offre = une_offre(scene)
    offre.communes.add(scene.commune)
    remplir(connecte, scene.une_reponse, "offres", offre.pk, "zone",
            rayonnement="region", communes=scene.commune.pk, rayon_km="20")  # fmt: skip
    offre.refresh_from_db()
    assert (offre.rayonnement, offre.rayon_km, offre.communes.count()) == ("region", None, 0)


def test_le_second_des_deux_garde_son_texte(connecte: Client, scene: SimpleNamespace) -> None:
    offre = une_offre(scene)
    ma_version = (
        connecte.get(adresse(scene.une_reponse, "offres", offre.pk, "service")).context["form"]["version"].value()
    )
    collegue = Client()
    collegue.force_login(scene.personnes["membre"], backend="django.contrib.auth.backends.ModelBackend")
    remplir(
        collegue, scene.une_reponse, "offres", offre.pk, "service", service=offre.service.slug, description="La sienne"
    )
    r = connecte.post(
        adresse(scene.une_reponse, "offres", offre.pk, "service"),
        {"version": ma_version, "service": offre.service.slug, "description": "La mienne"},
    )
    page = r.content.decode()
    assert r.status_code == 409
    assert "Membre Scène a aussi répondu ici" in page
    assert "La mienne" in page
    offre.refresh_from_db()
    assert offre.description == "La sienne"
    # Saved again from the page that told it, on purpose: it replaces.
    r = connecte.post(
        adresse(scene.une_reponse, "offres", offre.pk, "service"),
        {"version": r.context["form"]["version"].value(), "service": offre.service.slug, "description": "La mienne"},
    )
    offre.refresh_from_db()
    assert offre.description == "La mienne"


def test_deux_personnes_a_l_etape_1(connecte: Client, scene: SimpleNamespace) -> None:
    remplir(connecte, scene.une_reponse, "structure", **STRUCTURE)
    r = connecte.post(
        adresse(scene.une_reponse, "structure"), {**STRUCTURE, "version": "0", "telephone": "02 32 00 00 00"}
    )
    assert r.status_code == 409
    assert "02 32 00 00 00" in r.content.decode()
    scene.structure.refresh_from_db()
    assert scene.structure.telephone == ""


def test_envoyer_deux_fois(connecte: Client, scene: SimpleNamespace) -> None:
    remplir(connecte, scene.une_reponse, "structure", **STRUCTURE)
    une_offre(scene, volume=3, rayonnement="region")
    page = connecte.get(adresse(scene.une_reponse, "relecture"))
    envoi = {"version": page.context["form"]["version"].value()}
    connecte.post(adresse(scene.une_reponse, "relecture"), envoi)
    scene.une_reponse.refresh_from_db()
    premiere = scene.une_reponse.soumise_le
    r = connecte.post(adresse(scene.une_reponse, "relecture"), envoi, follow=True)
    scene.une_reponse.refresh_from_db()
    assert "déjà été envoyée" in r.content.decode()
    assert scene.une_reponse.soumise_le == premiere
    assert Offre.objects.publiees().count() == 1


def test_ce_qui_manque_empeche_l_envoi(connecte: Client, scene: SimpleNamespace) -> None:
    remplir(connecte, scene.une_reponse, "structure", **STRUCTURE)
    une_offre(scene)
    r = remplir(connecte, scene.une_reponse, "relecture")
    assert r.status_code == 422
    assert "il manque la zone" in r.content.decode()
    scene.une_reponse.refresh_from_db()
    assert scene.une_reponse.etat == "brouillon"


def test_l_envoi_refuse_ce_qui_a_change_depuis_la_relecture(connecte: Client, scene: SimpleNamespace) -> None:
    remplir(connecte, scene.une_reponse, "structure", **STRUCTURE)
    version = connecte.get(adresse(scene.une_reponse, "relecture")).context["form"]["version"].value()
    une_offre(scene, volume=3, rayonnement="region")
    r = connecte.post(adresse(scene.une_reponse, "relecture"), {"version": version, "commentaire": "Merci"})
    assert r.status_code == 409
    assert "depuis votre relecture" in r.content.decode()
    assert "Merci" in r.content.decode()
    scene.une_reponse.refresh_from_db()
    assert scene.une_reponse.etat == "brouillon"


def test_ne_pas_participer_mene_a_l_envoi(connecte: Client, scene: SimpleNamespace) -> None:
    r = remplir(connecte, scene.une_reponse, "structure", participation="non", file_active_inconnue="on")
    assert r.url == adresse(scene.une_reponse, "relecture")
    remplir(connecte, scene.une_reponse, "relecture")
    scene.une_reponse.refresh_from_db()
    assert scene.une_reponse.etat == "soumise"


def test_une_reponse_envoyee_dit_a_qui_demander_de_la_rouvrir(connecte: Client, scene: SimpleNamespace) -> None:
    une_offre(scene, volume=3, rayonnement="region")
    Reponse.objects.filter(pk=scene.une_reponse.pk).update(participation="oui")
    scene.une_reponse.refresh_from_db()
    operations.soumettre(scene.une_reponse, scene.une_reponse.version, scene.personnes["direction"])
    page = connecte.get(adresse(scene.une_reponse)).content.decode()
    assert f"mailto:{scene.personnes['coordination'].email}" in page


def test_une_reponse_envoyee_ne_se_modifie_plus(connecte: Client, scene: SimpleNamespace) -> None:
    offre = une_offre(scene, volume=3, rayonnement="region")
    Reponse.objects.filter(pk=scene.une_reponse.pk).update(participation="oui")
    scene.une_reponse.refresh_from_db()
    operations.soumettre(scene.une_reponse, scene.une_reponse.version, scene.personnes["direction"])
    for suite in (("structure",), ("offres",), ("offres", "ajouter"), ("offres", offre.pk, "zone"), ("cooperations",)):
        r: Any = connecte.get(adresse(scene.une_reponse, *suite))
        assert r.url == adresse(scene.une_reponse, "relecture"), suite
    connecte.post(adresse(scene.une_reponse, "offres", "ajouter"), {"service": "plateaux-techniques"})
    connecte.post(adresse(scene.une_reponse, "structure"), {**STRUCTURE, "version": scene.une_reponse.version})
    scene.structure.refresh_from_db()
    assert (Offre.objects.count(), scene.structure.capacite) == (1, None)


def test_retirer_une_ligne_se_confirme(connecte: Client, scene: SimpleNamespace) -> None:
    offre = une_offre(scene)
    page = adresse(scene.une_reponse, "offres", offre.pk, "retirer")
    assert "Annuler" in connecte.get(page).content.decode()
    assert Offre.objects.exists()
    connecte.post(page)
    assert not Offre.objects.exists()


@pytest.mark.parametrize(
    "texte", ["Suivi de Mme Durand", "Kevin MARTIN, 17 ans", "né le 12/03/2008", "1 08 03 27 229 012"]
)
def test_un_nom_dans_un_texte_avertit_sans_bloquer(connecte: Client, scene: SimpleNamespace, texte: str) -> None:
    r = connecte.post(
        adresse(scene.une_reponse, "offres", "ajouter"),
        {"service": "plateaux-techniques", "description": texte},
        follow=True,
    )
    assert "Ne jamais saisir de nom" in r.content.decode()
    assert Offre.objects.get().description == texte
    relue = connecte.get(adresse(scene.une_reponse, "relecture")).content.decode()
    assert "semble contenir" in relue


@pytest.mark.parametrize(
    "texte",
    ["Atelier à l’ESAT François Truffaut", "Espaces verts, 2 jours", "Depuis le 12 mars 2024", "IME LES TILLEULS"],
)
def test_un_texte_ordinaire_n_avertit_pas(connecte: Client, scene: SimpleNamespace, texte: str) -> None:
    r = connecte.post(
        adresse(scene.une_reponse, "offres", "ajouter"),
        {"service": "plateaux-techniques", "description": texte},
        follow=True,
    )
    assert "il semble contenir" not in r.content.decode()


@pytest.mark.parametrize(
    "texte",
    [
        "Lucas Martin sortira en juin",
        "le jeune Kévin, 17 ans",
        "Maëlys a besoin d’un stage",
        "Suivi de monsieur Dupont",
        "voir avec Mme D.",
        "À l’IME, Jean-Baptiste L. cherche un atelier",
        "LUCAS MARTIN",
    ],
)
def test_ce_qui_nomme_une_personne(texte: str) -> None:
    assert soupcons(texte) == ["le nom d’une personne"]


@pytest.mark.parametrize(
    "texte",
    [
        "Lycée Jean Moulin, rue Victor Hugo",
        "Foyer de l’Abbé Pierre et collège Paul Éluard",
        "Avec l’IME Les Tilleuls de Louviers",
        "Plateau technique à Saint-Martin et à Sainte-Adresse",
        "Madame, Monsieur, deux jours par mois",
        "Mission locale, Cap Emploi et France Travail",
        "Stages de novembre à mars, en milieu ordinaire",
    ],
)
def test_ce_qui_ne_nomme_personne(texte: str) -> None:
    assert soupcons(texte) == []


def test_le_texte_saisi_est_echappe(connecte: Client, scene: SimpleNamespace) -> None:
    une_offre(scene, description="<script>alert(1)</script>", volume=3, rayonnement="region")
    page = connecte.get(adresse(scene.une_reponse, "relecture")).content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_la_liste_des_lignes_a_un_nombre_constant_de_requetes(
    connecte: Client, scene: SimpleNamespace, django_assert_max_num_queries: Any
) -> None:
    for _ in range(8):
        ligne = une_offre(scene, rayonnement="communes", volume=2)
        ligne.communes.add(scene.commune)
    for suite, plafond in ((("offres",), 16), (("relecture",), 24)):
        with django_assert_max_num_queries(plafond):
            connecte.get(adresse(scene.une_reponse, *suite))


def test_rouvrir_garde_ce_qui_est_publie_jusqu_au_nouvel_envoi(scene: SimpleNamespace) -> None:
    auteur, coordination = scene.personnes["direction"], scene.personnes["coordination"]
    gardee, retiree = (
        une_offre(scene, volume=3, rayonnement="region"),
        une_offre(scene, volume=1, rayonnement="region"),
    )
    gardee.publics.add(Public.objects.all()[0])
    operations.soumettre(scene.une_reponse, scene.une_reponse.version, auteur)
    operations.rouvrir(scene.une_reponse, "Précisez le volume", coordination)
    copie = Offre.objects.brouillons().get(remplace=gardee)
    operations.enregistrer_ligne(copie, copie.version, auteur, {"volume": 9}, {})
    operations.retirer_ligne(Offre.objects.brouillons().get(remplace=retiree), auteur)
    assert set(Offre.objects.publiees().values_list("pk", "volume")) == {(gardee.pk, 3), (retiree.pk, 1)}
    scene.une_reponse.refresh_from_db()
    operations.soumettre(scene.une_reponse, scene.une_reponse.version, auteur)
    assert set(Offre.objects.publiees().values_list("pk", "volume")) == {(gardee.pk, 9)}
    assert gardee.publics.count() == 1
    retiree.refresh_from_db()
    assert retiree.retiree_le is not None
    assert not Offre.objects.brouillons().exists()


def test_une_nouvelle_campagne_du_pole_remplace_l_ancienne(scene: SimpleNamespace) -> None:
    auteur = scene.personnes["direction"]
    ancienne = une_offre(scene, volume=3, rayonnement="region")
    operations.soumettre(scene.une_reponse, scene.une_reponse.version, auteur)
    suivante = f.reponse(f.campagne(scene.pole, nom="L’année suivante"), scene.structure)
    operations.ajouter_ligne(suivante, "offres", f.service(), auteur)
    suivante.refresh_from_db()
    operations.soumettre(suivante, suivante.version, auteur)
    assert not Offre.objects.publiees().filter(pk=ancienne.pk).exists()
    assert Offre.objects.publiees().get().reponse == suivante


def test_les_dates_de_la_campagne_sont_dans_l_ordre(scene: SimpleNamespace) -> None:
    from django.db import IntegrityError

    with pytest.raises(IntegrityError):
        f.campagne(scene.pole, debut=date(2026, 5, 2), fin=date(2026, 5, 1))
