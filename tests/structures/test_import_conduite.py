"""An import from its upload to its end: preview, apply, abandon, decide, undo."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from socle.models import Travail
from socle.travaux import executer
from structures import forms
from structures.comptes.models import Habilitation, Utilisateur
from structures.imports import conduite
from structures.imports.attentes import attentes
from structures.imports.finess import importer_finess
from structures.models import Adhesion, Ecart, Identifiant, Import, LigneImport, Structure
from structures.operations import confirmer, corriger
from structures.territoires.models import Pole
from tests.fabriques import avec_second_facteur, un_utilisateur
from tests.structures.conftest import ligne_historique, point

ClientDe = Callable[[Utilisateur], Client]
IMPORTS = "structures:imports"


@pytest.fixture
def depose(settings: Any, tmp_path: Path) -> Path:
    """A var/ of this test's own: the files of imports are counted there."""
    settings.VAR = tmp_path / "var"
    return tmp_path / "var" / "imports"


@pytest.fixture
def client(admin_du_portail: Utilisateur, client_de: ClientDe, depose: Path) -> Client:
    return client_de(admin_du_portail)


def octets(*lignes: str) -> bytes:
    return "\n".join(("finess;etalab;1690;2021-01-08", *lignes, "")).encode("latin-1")


def envoyer(client: Client, *lignes: str, nom: str = "finess.csv", contenu: bytes | None = None) -> Import:
    """Send a file and let the worker preview it."""
    fichier = SimpleUploadedFile(nom, octets(*lignes) if contenu is None else contenu)
    reponse = client.post(reverse(IMPORTS), {"fichier": fichier})
    assert reponse.status_code == 302, reponse.context["form"].errors
    journal = Import.objects.latest("pk")
    travailler(journal)
    journal.refresh_from_db()
    return journal


def travailler(journal: Import) -> Travail:
    """Run its last job as the worker does."""
    travail = conduite.travail_de(journal)
    assert travail is not None
    executer(str(travail.pk))
    travail.refresh_from_db()
    assert travail.etat == Travail.Etat.REUSSI, travail.erreur
    return travail


def agir(client: Client, journal: Import, action: str) -> Import:
    """Press a button of the import's page, then let the worker do it."""
    client.post(reverse(f"structures:{action}_import", args=[journal.pk]))
    travailler(journal)
    journal.refresh_from_db()
    return journal


def page(client: Client, journal: Import, **requete: str) -> str:
    return client.get(reverse("structures:import", args=[journal.pk]), requete).content.decode()


def messages_de(reponse: Any) -> str:
    return " ".join(str(m) for m in reponse.context["messages"])


# --- preview, apply, abandon ----------------------------------------------------------------


def test_apercu_puis_application(petite_normandie: SimpleNamespace, client: Client, depose: Path) -> None:
    journal = envoyer(client, ligne_historique(), ligne_historique(finess="x"))
    assert (journal.etat, journal.essai) == (Import.Etat.APERCU, True)
    assert not Structure.objects.exists()
    assert (depose / journal.empreinte).exists()
    texte = page(client, journal)
    assert "rien n’est encore écrit" in texte
    assert "Appliquer cet import" in texte
    assert "SESSAD (APF) – Caen" in texte
    assert "FINESS mal formé" in page(client, journal, voir="rejetees")
    journal = agir(client, journal, "appliquer")
    assert (journal.etat, journal.essai) == (Import.Etat.TERMINE, False)
    assert Structure.objects.get().finess == "140002536"
    assert not (depose / journal.empreinte).exists()
    assert journal.lignes.count() == 2
    assert "Appliqué le" in page(client, journal)
    assert "Appliquer cet import" not in page(client, journal)
    # Asked again, or taken up again by another worker: nothing to do twice.
    client.post(reverse("structures:appliquer_import", args=[journal.pk]))
    executer(str(Travail.objects.latest("cree_le").pk))
    assert Structure.objects.count() == 1


def test_abandon(petite_normandie: SimpleNamespace, client: Client, depose: Path) -> None:
    journal = envoyer(client, ligne_historique())
    client.post(reverse("structures:abandonner_import", args=[journal.pk]))
    journal.refresh_from_db()
    assert journal.etat == Import.Etat.ABANDONNE
    assert not any(depose.iterdir())
    reponse = client.post(reverse("structures:appliquer_import", args=[journal.pk]), follow=True)
    assert "n’est plus conservé" in messages_de(reponse)
    assert not Structure.objects.exists()


def test_le_meme_fichier_envoye_deux_fois_n_est_garde_qu_une(
    petite_normandie: SimpleNamespace, client: Client, depose: Path
) -> None:
    """The file goes with the last import that waits for it."""
    premier, second = envoyer(client, ligne_historique()), envoyer(client, ligne_historique())
    assert len(list(depose.iterdir())) == 1
    conduite.abandonner(premier)
    assert len(list(depose.iterdir())) == 1
    conduite.abandonner(second)
    assert not list(depose.iterdir())


def test_fichier_disparu_du_disque(petite_normandie: SimpleNamespace, client: Client, depose: Path) -> None:
    journal = envoyer(client, ligne_historique())
    (depose / journal.empreinte).unlink()
    reponse = client.post(reverse("structures:appliquer_import", args=[journal.pk]), follow=True)
    assert "envoyez-le de nouveau" in messages_de(reponse)


def test_oublie_une_semaine_le_fichier_s_efface(
    petite_normandie: SimpleNamespace, client: Client, depose: Path
) -> None:
    journal = envoyer(client, ligne_historique())
    assert conduite.nettoyer() == 0
    Import.objects.update(commence_le=timezone.now() - timedelta(days=8))
    perdu = depose / ("0" * 64)
    perdu.write_text("x")
    assert conduite.nettoyer() == 1
    journal.refresh_from_db()
    assert journal.etat == Import.Etat.ABANDONNE
    # A file of no import is left for a day: it may be on its way.
    assert list(depose.iterdir()) == [perdu]
    assert conduite.nettoyer() == 0


def test_une_liste_occupee_est_refusee_en_mots(petite_normandie: SimpleNamespace, client: Client) -> None:
    premier, second = envoyer(client, ligne_historique()), envoyer(client, ligne_historique(tel="0231000000"))
    client.post(reverse("structures:appliquer_import", args=[premier.pk]))
    reponse = client.post(reverse("structures:appliquer_import", args=[second.pk]), follow=True)
    assert "Un autre import de la même liste est en cours" in messages_de(reponse)
    travailler(premier)
    assert agir(client, second, "appliquer").etat == Import.Etat.TERMINE


@pytest.mark.parametrize(
    ("nom", "contenu", "defaut"),
    [
        ("vide.csv", b"", "vide"),
        ("blanc.csv", b"  \n \n", "vide"),
        ("photo.jpg", b"\xff\xd8\xff\xe0" + b"\x00\x01" * 500, ""),
        ("abime.csv.gz", b"\x1f\x8b\x08\x00abc", "abîmé"),
    ],
)
def test_fichier_refuse_au_champ(
    scene: SimpleNamespace, client_de: ClientDe, depose: Path, nom: str, contenu: bytes, defaut: str
) -> None:
    client = client_de(scene.personnes["coordination"])
    reponse = client.post(reverse(IMPORTS), {"fichier": SimpleUploadedFile(nom, contenu)})
    assert reponse.status_code == 422
    assert defaut in " ".join(reponse.context["form"].errors["fichier"])
    assert not depose.exists() or not list(depose.iterdir())
    assert not Import.objects.filter(fichier=nom).exists()


def test_fichier_trop_lourd(
    scene: SimpleNamespace, client_de: ClientDe, depose: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is written before the upload, and the refusal says how to do otherwise."""
    monkeypatch.setattr(forms, "POIDS_MAX", 10)
    client = client_de(scene.personnes["coordination"])
    assert "200\u00a0Mo au plus" in client.get(reverse(IMPORTS)).content.decode()
    reponse = client.post(reverse(IMPORTS), {"fichier": SimpleUploadedFile("f.csv", octets(ligne_historique()))})
    assert reponse.status_code == 422
    assert "compressez-le" in " ".join(reponse.context["form"].errors["fichier"])


def test_un_fichier_coupe_ne_s_applique_pas(petite_normandie: SimpleNamespace, client: Client, depose: Path) -> None:
    contenu = b'{"pmej": [{"informationsGeneralesPMEJ": {"numFinessPm": "750719239"}, "ege": [{"info'
    journal = envoyer(client, nom="finess.json", contenu=contenu)
    assert journal.etat == Import.Etat.ECHOUE
    texte = page(client, journal)
    assert "Rien n’a été écrit" in texte
    assert "Appliquer cet import" not in texte
    assert not list(depose.iterdir())


# --- the journal ----------------------------------------------------------------------------


def test_les_onglets_et_les_pages_du_journal(petite_normandie: SimpleNamespace, client: Client) -> None:
    lignes = [ligne_historique(finess=f"14{rang:07d}", nom=f"SAVS {rang}") for rang in range(1, 121)]
    journal = agir(client, envoyer(client, *lignes), "appliquer")
    vus: list[str] = []
    adresse = reverse("structures:import", args=[journal.pk]) + "?voir=creees"
    for _ in range(3):
        reponse = client.get(adresse)
        vus += [ligne.nom for ligne, _, _ in reponse.context["lignes"]]
        adresse = reverse("structures:import", args=[journal.pk]) + reponse.context["suite"]
    assert len(vus) == len(set(vus)) == 120
    assert reponse.context["suite"] == ""


def test_le_journal_coute_autant_pour_une_ligne_que_pour_cinquante(
    petite_normandie: SimpleNamespace, client: Client
) -> None:
    def requetes(journal: Import, voir: str) -> int:
        with CaptureQueriesContext(connection) as prises:
            page(client, journal, voir=voir)
        return len(prises)

    def importer_deux(nombre: int, tel: str) -> Import:
        lignes = [ligne_historique(finess=f"14{rang:07d}", tel=tel, ej=f"75{rang:07d}") for rang in range(1, nombre)]
        return agir(client, envoyer(client, *lignes, ligne_historique(finess="270000219")), "appliquer")

    un = importer_deux(2, "0231111111")
    cout_creees = requetes(un, "creees")
    un_modifie = importer_deux(2, "0231222222")
    cout_modifiees = requetes(un_modifie, "modifiees")
    assert requetes(importer_deux(60, "0231111112"), "creees") <= cout_creees
    assert requetes(importer_deux(60, "0231222223"), "modifiees") <= cout_modifiees
    un_seul = agir(client, envoyer(client, ligne_historique(finess="270000219")), "appliquer")
    assert un_seul.compteurs["disparues"] == 59
    assert "sans doute partiel" in page(client, un_seul)
    assert requetes(un_seul, "disparues") <= cout_modifiees + 3


def test_export_du_journal(petite_normandie: SimpleNamespace, client: Client) -> None:
    agir(client, envoyer(client, ligne_historique()), "appliquer")
    journal = envoyer(client, ligne_historique(tel="0231000000", nom="=CMD"), ligne_historique(finess="x"))
    reponse = client.get(reverse("structures:import_export", args=[journal.pk, "csv"]))
    texte = b"".join(reponse.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert "téléphone" in texte
    assert "02 31 46 82 40" in texte
    assert "FINESS mal formé" in texte
    assert "'=CMD" in texte
    assert client.get(reverse("structures:import_export", args=[journal.pk, "exe"])).status_code == 404


# --- closures proposed ----------------------------------------------------------------------


@pytest.fixture
def deux_poles(petite_normandie: SimpleNamespace, client_de: ClientDe, depose: Path) -> SimpleNamespace:
    """A coordination of Caen, and a structure of Évreux that she doesn't decide for."""
    pole = Pole.objects.create(nom="Pôle de Caen", slug="caen")
    pole.communes.add(petite_normandie.caen)
    elle = avec_second_facteur(un_utilisateur())
    Habilitation.objects.create(utilisateur=elle, role=Habilitation.Role.COORDINATION, pole=pole)
    return SimpleNamespace(elle=elle, client=client_de(elle))


def avec_deux_disparues(client: Client) -> Import:
    """Three known, two of which are no longer in the file: one in Caen, one in Évreux."""
    la = ligne_historique(finess="270000219", dep="27", commune="229", acheminement="27000 EVREUX", nom="SAVS EVREUX")
    reste = [ligne_historique(finess="140000019", nom="SAVS CAEN")]
    reste.append(ligne_historique(finess="270000227", dep="27", commune="229", acheminement="27000 EVREUX", nom="S"))
    agir(client, envoyer(client, ligne_historique(), la, *reste), "appliquer")
    return agir(client, envoyer(client, *reste), "appliquer")


def test_fermer_ou_garder_les_disparues(deux_poles: SimpleNamespace) -> None:
    client = deux_poles.client
    journal = avec_deux_disparues(client)
    assert Structure.objects.ouvertes().count() == 4
    lignes = {ligne.numero_cle: ligne for ligne in journal.lignes.filter(action="disparue")}
    assert set(lignes) == {"140002536", "270000219"}
    texte = page(client, journal, voir="disparues")
    assert f'value="{lignes["140002536"].pk}"' in texte
    assert "à décider par la coordination de son pôle" in texte
    (attente,) = attentes(deux_poles.elle)
    assert "Fermer ou garder 1 structure absente" in attente.titre
    adresse = reverse("structures:import_disparues", args=[journal.pk])
    reponse = client.post(
        adresse,
        {"decision": "fermer", "motif": "locaux vendus", "ligne": [ligne.pk for ligne in lignes.values()]},
        follow=True,
    )
    assert "1 laissées" in messages_de(reponse)
    fermee = Structure.objects.get(finess="140002536")
    assert fermee.fermee_le == timezone.localdate()
    assert "locaux vendus" in (fermee.history.first().history_change_reason or "")
    assert Structure.objects.get(finess="270000219").fermee_le is None
    assert not attentes(deux_poles.elle)
    # Decided already: the second press does nothing.
    client.post(adresse, {"garder": str(lignes["140002536"].pk)})
    lignes["140002536"].refresh_from_db()
    assert lignes["140002536"].suite == LigneImport.Suite.FERMEE


def test_garder_une_disparue(deux_poles: SimpleNamespace) -> None:
    journal = avec_deux_disparues(deux_poles.client)
    ligne = journal.lignes.get(action="disparue", numero_cle="140002536")
    deux_poles.client.post(reverse("structures:import_disparues", args=[journal.pk]), {"garder": str(ligne.pk)})
    ligne.refresh_from_db()
    assert (ligne.suite, ligne.suite_par) == (LigneImport.Suite.GARDEE, deux_poles.elle)
    assert Structure.objects.get(finess="140002536").fermee_le is None
    reponse = deux_poles.client.post(reverse("structures:import_disparues", args=[journal.pk]), {}, follow=True)
    assert "Cochez au moins une structure" in messages_de(reponse)


# --- undo -----------------------------------------------------------------------------------


def etat_de_la_base() -> list[dict[str, Any]]:
    return [dict(ligne) for ligne in Structure.objects.order_by("pk").values()]


def sans_dates(lignes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{c: v for c, v in ligne.items() if c not in ("modifie_le",)} for ligne in lignes]


def test_annuler_rend_tout_comme_avant(petite_normandie: SimpleNamespace, client: Client) -> None:
    """Fields, provenance and search words come back; what was created goes; nothing else moves."""
    agir(client, envoyer(client, ligne_historique(), point("140002536", 453008.2, 6905495.5)), "appliquer")
    avant = etat_de_la_base()
    journal = agir(
        client,
        envoyer(
            client,
            ligne_historique(
                tel="0231000000", nom="SAVS DU BOCAGE", dep="27", commune="229", acheminement="27000 EVREUX"
            ),
            ligne_historique(finess="270000219", nom="IME NEUF"),
        ),
        "appliquer",
    )
    assert Structure.objects.count() == 2
    assert "Annuler cet import" in page(client, journal)
    assert (
        "retrouve ses valeurs" in client.get(reverse("structures:annuler_import", args=[journal.pk])).content.decode()
    )
    journal = agir(client, journal, "annuler")
    assert journal.etat == Import.Etat.ANNULE
    assert sans_dates(etat_de_la_base()) == sans_dates(avant)
    assert journal.compteurs["annulation"] == {"retirees": 1, "rendues": 1, "laissees": 0}
    assert "Annulé le" in page(client, journal)
    assert not Identifiant.objects.filter(journal=journal).exists()
    # Undone already: nothing to do twice.
    executer(str(Travail.objects.latest("cree_le").pk))
    assert sans_dates(etat_de_la_base()) == sans_dates(avant)
    # The previous one is the last applied again, and can be undone in its turn.
    journal = agir(client, Import.objects.filter(etat="termine").latest("pk"), "annuler")
    assert not Structure.objects.exists()


def test_annuler_laisse_ce_qui_a_change_depuis(petite_normandie: SimpleNamespace, client: Client) -> None:
    agir(client, envoyer(client, ligne_historique()), "appliquer")
    journal = agir(client, envoyer(client, ligne_historique(tel="0231000000", nom="SESSAD APF")), "appliquer")
    corriger(Structure.objects.get(), {"telephone": "02 31 99 99 99"}, un_utilisateur())
    journal = agir(client, journal, "annuler")
    structure = Structure.objects.get()
    assert (structure.telephone, structure.nom) == ("02 31 99 99 99", "SESSAD (APF) – Caen")
    ligne = journal.lignes.get(action="modifiee")
    assert ligne.suite == LigneImport.Suite.GARDEE
    assert "téléphone" in ligne.raison
    assert "Laissé, car changé depuis" in page(client, journal, voir="modifiees")


@pytest.mark.parametrize("attache", ["équipe", "correction", "confirmation", "autre liste"])
def test_annuler_garde_une_creee_sur_laquelle_on_compte(
    petite_normandie: SimpleNamespace, client: Client, attache: str
) -> None:
    journal = agir(client, envoyer(client, ligne_historique(), ligne_historique(finess="270000219")), "appliquer")
    structure = Structure.objects.get(finess="140002536")
    if attache == "équipe":
        Adhesion.objects.create(utilisateur=un_utilisateur(), structure=structure, role="direction")
    elif attache == "correction":
        corriger(structure, {"telephone": "02 31 99 99 99"}, un_utilisateur())
    elif attache == "confirmation":
        confirmer(structure, un_utilisateur())
    else:
        Identifiant.objects.create(structure=structure, liste="une autre", valeur="1")
    journal = agir(client, journal, "annuler")
    gardee = Structure.objects.get()
    assert (gardee.pk, gardee.fermee_le) == (structure.pk, None)
    assert "on compte sur elle" in journal.lignes.get(action="creee", structure=gardee).raison
    assert "on compte sur elle" in page(client, journal, voir="creees")


def test_annuler_rouvre_ce_que_la_liste_avait_fait_fermer(deux_poles: SimpleNamespace) -> None:
    client = deux_poles.client
    journal = avec_deux_disparues(client)
    ligne = journal.lignes.get(action="disparue", numero_cle="140002536")
    client.post(reverse("structures:import_disparues", args=[journal.pk]), {"fermer": str(ligne.pk)})
    assert Structure.objects.ouvertes().count() == 3
    agir(client, journal, "annuler")
    assert Structure.objects.ouvertes().count() == 4
    assert "fermee_le" not in Structure.objects.get(finess="140002536").provenance
    assert not attentes(deux_poles.elle)


def test_seul_le_dernier_s_annule(petite_normandie: SimpleNamespace, client: Client) -> None:
    premier = agir(client, envoyer(client, ligne_historique()), "appliquer")
    agir(client, envoyer(client, ligne_historique(tel="0231000000")), "appliquer")
    reponse = client.post(reverse("structures:annuler_import", args=[premier.pk]), follow=True)
    assert "Seul le dernier import" in messages_de(reponse)
    assert "Annuler cet import" not in page(client, premier)
    assert Structure.objects.get().telephone == "02 31 00 00 00"


def test_annulation_coupee_reprend(
    petite_normandie: SimpleNamespace, client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Killed after its first lot, the undo goes on with what is left; a list being undone is not imported."""
    from structures.imports import annulation

    monkeypatch.setattr(annulation, "LOT", 3)
    lignes = [ligne_historique(finess=f"14{rang:07d}") for rang in range(1, 9)]
    journal = agir(client, envoyer(client, *lignes), "appliquer")
    par = Utilisateur.objects.first()
    assert par is not None
    conduite.demander_annulation(journal, par)

    def mourir(fait: int, total: int, mots: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        annulation.annuler(Import.objects.get(pk=journal.pk), progres=mourir)
    assert Structure.objects.count() == 5
    chemin = tmp_path / "f.csv"
    chemin.write_bytes(octets(ligne_historique()))
    from structures.imports.moteur import ImportOccupe

    with pytest.raises(ImportOccupe):
        importer_finess(chemin)
    travailler(journal)
    assert not Structure.objects.exists()


# --- differences ----------------------------------------------------------------------------


def avec_un_ecart(client: Client) -> Ecart:
    agir(client, envoyer(client, ligne_historique()), "appliquer")
    corriger(Structure.objects.get(), {"telephone": "02 31 99 99 99"}, un_utilisateur())
    agir(client, envoyer(client, ligne_historique(tel="0231000000")), "appliquer")
    return Ecart.objects.get()


def test_prendre_la_valeur_du_fichier(deux_poles: SimpleNamespace) -> None:
    client = deux_poles.client
    ecart = avec_un_ecart(client)
    assert any("1 différence" in a.titre for a in attentes(deux_poles.elle))
    texte = client.get(reverse("structures:ecarts")).content.decode()
    assert "02 31 00 00 00" in texte
    assert "02 31 99 99 99" in texte
    client.post(reverse("structures:ecarts"), {"prendre": str(ecart.pk)})
    structure = Structure.objects.get()
    assert structure.telephone == "02 31 00 00 00"
    assert structure.provenance["telephone"]["source"] == "finess"
    trace = structure.history.first()
    assert trace.history_user == deux_poles.elle
    assert "valeur du fichier prise" in trace.history_change_reason
    assert not Ecart.objects.exists()
    # The field is the list's again: the next import writes it.
    agir(client, envoyer(client, ligne_historique(tel="0231111111")), "appliquer")
    assert Structure.objects.get().telephone == "02 31 11 11 11"


def test_garder_la_valeur_de_la_structure(deux_poles: SimpleNamespace) -> None:
    client = deux_poles.client
    ecart = avec_un_ecart(client)
    client.post(reverse("structures:ecarts"), {"decision": "garder", "ecart": [str(ecart.pk)]})
    assert not attentes(deux_poles.elle)
    journal = agir(client, envoyer(client, ligne_historique(tel="0231000000")), "appliquer")
    assert journal.compteurs["ecarts"] == 0
    assert "Aucune différence" in client.get(reverse("structures:ecarts")).content.decode()
    agir(client, envoyer(client, ligne_historique(tel="0231111111")), "appliquer")
    assert "02 31 11 11 11" in client.get(reverse("structures:ecarts")).content.decode()


def test_les_ecarts_d_un_autre_pole_ne_se_tranchent_pas(
    deux_poles: SimpleNamespace, petite_normandie: SimpleNamespace
) -> None:
    ecart = avec_un_ecart(deux_poles.client)
    Structure.objects.update(commune=petite_normandie.evreux)
    assert "Aucune différence" in deux_poles.client.get(reverse("structures:ecarts")).content.decode()
    reponse = deux_poles.client.post(reverse("structures:ecarts"), {"prendre": str(ecart.pk)}, follow=True)
    assert "hors de vos pôles" in messages_de(reponse)
    assert Structure.objects.get().telephone == "02 31 99 99 99"


def test_la_page_des_ecarts_coute_autant_pour_un_que_pour_cinquante(
    deux_poles: SimpleNamespace, petite_normandie: SimpleNamespace
) -> None:
    def un_de_plus(rang: int) -> None:
        structure = Structure.objects.create(nom=f"SAVS {rang}", type="savs", commune=petite_normandie.caen)
        Ecart.objects.create(
            structure=structure, liste="finess", champ="telephone", valeurs={"telephone": "x"}, source="finess"
        )

    def requetes() -> int:
        with CaptureQueriesContext(connection) as prises:
            reponse = deux_poles.client.get(reverse("structures:ecarts"))
        assert reponse.status_code == 200
        return len(prises)

    un_de_plus(0)
    un = requetes()
    for rang in range(1, 60):
        un_de_plus(rang)
    assert requetes() <= un
    reponse = deux_poles.client.get(reverse("structures:ecarts"))
    assert len(reponse.context["lignes"]) == 50
    suite = deux_poles.client.get(reverse("structures:ecarts") + reponse.context["suite"])
    assert len(suite.context["lignes"]) == 10
