"""The page of the columns, from the upload of a spreadsheet to its preview applied, and the remembered lists."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from socle.models import Travail
from socle.travaux import executer
from structures.comptes.models import Utilisateur
from structures.models import Correspondance, Import, Structure
from tests.fabriques import avec_second_facteur
from tests.structures.tableurs import EA, SIAE, ecrire_ods, ecrire_xlsx


@pytest.fixture
def client(admin_du_portail: Utilisateur, client_de: Callable[[Utilisateur], Client]) -> Client:
    """Somebody of the administration, signed in."""
    return client_de(avec_second_facteur(admin_du_portail))


def deposer(client: Client, contenu: bytes, nom: str) -> Import:
    """Upload a file; the import that waits for its columns."""
    reponse = client.post(reverse("structures:imports"), {"fichier": SimpleUploadedFile(nom, contenu)})
    journal = Import.objects.latest("pk")
    assert reponse.status_code == 302
    assert reponse["Location"] == reverse("structures:colonnes", args=[journal.pk])
    return journal


def dits(reponse: Any) -> dict[str, str]:
    """What the form of the page would send as it is shown."""
    form = reponse.context["form"]
    analyse = reponse.context["analyse"]
    valeurs = {nom: form[nom].value() or "" for nom in form.fields}
    return {
        **valeurs,
        "complete": "",
        "types_de": form.types_de,
        "feuille_montree": analyse.feuille,
        "ligne_entete": str(analyse.ligne_entete),
    }


def adresse(journal: Import) -> str:
    return reverse("structures:colonnes", args=[journal.pk])


def test_du_fichier_a_l_annuaire(petite_normandie: SimpleNamespace, client: Client, tmp_path: Path) -> None:
    """Upload, columns already filled, « Essayer », preview, apply; the second file is recognised."""
    contenu = ecrire_xlsx(tmp_path / "siae.xlsx", SIAE).read_bytes()
    journal = deposer(client, contenu, "SIAE de Normandie 2026.xlsx")
    page = client.get(adresse(journal))
    corps = page.content.decode()
    assert "Atelier chantier d’insertion" in corps
    assert "Ateliers du Bessin" in corps
    assert "bassin Caen" in corps
    assert page.context["apercu"].lues == 4
    assert page.context["apercu"].hors == 1
    reponse = client.post(adresse(journal), {**dits(page), "geste": "essayer", "liste": "SIAE"})
    assert reponse["Location"] == reverse("structures:import", args=[journal.pk])
    _travailler()
    journal.refresh_from_db()
    assert (journal.etat, journal.liste, journal.compteurs["creees"]) == ("apercu", "SIAE", 4)
    assert not Structure.objects.exists()
    client.post(reverse("structures:appliquer_import", args=[journal.pk]))
    _travailler()
    assert Structure.objects.count() == 4
    # Once applied, the page of the columns leads to the journal.
    assert client.get(adresse(journal)).status_code == 302
    suivant = deposer(client, contenu + b"", "autre nom.xlsx")
    page = client.get(adresse(suivant))
    assert "Nous reconnaissons la liste «&nbsp;SIAE&nbsp;»" in page.content.decode()
    client.post(adresse(suivant), {**dits(page), "geste": "essayer"})
    _travailler()
    suivant.refresh_from_db()
    assert suivant.compteurs["inchangees"] == 4


def _travailler() -> None:
    for travail in Travail.objects.filter(etat=Travail.Etat.EN_ATTENTE):
        executer(str(travail.pk))


def test_apercu_suit_ce_qui_est_dit(petite_normandie: SimpleNamespace, client: Client, tmp_path: Path) -> None:
    """Another column, another type: the preview changes, nothing is kept, what is missing is said."""
    journal = deposer(client, ecrire_ods(tmp_path / "ea.ods", EA).read_bytes(), "liste.ods")
    page = client.get(adresse(journal))
    envoi = dits(page)
    nom = next(c for c in page.context["analyse"].colonnes if c.entete.startswith("Nom"))
    envoi[f"colonne_{nom.rang}"] = ""
    reponse = client.post(adresse(journal), {**envoi, "type_constant": ""})
    assert reponse.status_code == 200
    assert len(reponse.context["manques"]) == 2
    assert "Il manque encore 2\u00a0réponses" in reponse.content.decode()
    assert client.post(adresse(journal), {**envoi, "geste": "essayer"}).status_code == 422
    reponse = client.post(adresse(journal), {**dits(page), "type_constant": "eatt", "geste": "apercu"})
    assert {ligne.type for ligne in reponse.context["apercu"].lignes} == {"EATT"}
    remarques = [r for ligne in reponse.context["apercu"].lignes for r in ligne.remarques]
    assert (
        "Adresse électronique du service",
        "pas d’adresse électronique dans «\u00a0pas de mail\u00a0»",
    ) in remarques
    assert not Correspondance.objects.exists()
    assert not Travail.objects.exists()


def test_autre_colonne_des_types(petite_normandie: SimpleNamespace, client: Client) -> None:
    """The values of the column that is named now are translated at once; those of a person stay hers."""
    journal = deposer(client, b"nom;code;genre\nA;EI;ML\nB;AI;EA\nC;AI;ULIS\n", "liste.csv")
    page = client.get(adresse(journal))
    assert page.context["form"].colonne_des_types().entete == "code"
    envoi = {**dits(page), "colonne_1": "", "colonne_2": "type"}
    form = client.post(adresse(journal), envoi).context["form"]
    assert [champ.value() for _, _, champ, _ in form.lignes_des_types()] == ["mission-locale", "ea", "ulis"]
    envoi |= {"types_de": "2", "type_0": "cap-emploi", "type_1": "", "type_2": "ulis"}
    form = client.post(adresse(journal), envoi).context["form"]
    assert [champ.value() for _, _, champ, _ in form.lignes_des_types()] == ["cap-emploi", "", "ulis"]


def test_feuille_et_ligne_des_entetes(petite_normandie: SimpleNamespace, client: Client, tmp_path: Path) -> None:
    """Another sheet brings other columns; a row of headers can be forced."""
    autre = [["Note"], ["Raison sociale", "CP", "Ville"], ["EI du Port", "14000", "Caen"], ["EI B", "14000", "Caen"]]
    contenu = ecrire_xlsx(tmp_path / "deux.xlsx", EA, Autre=autre).read_bytes()
    journal = deposer(client, contenu, "deux.xlsx")
    page = client.get(adresse(journal))
    assert page.context["analyse"].ligne_entete == 4
    envoi = {"geste": "feuille", "feuille": "Autre", "feuille_montree": "Liste", "ligne_entete": "4"}
    page = client.post(adresse(journal), envoi)
    assert page.context["analyse"].entetes == ["Raison sociale", "CP", "Ville"]
    envoi = {**dits(page), "type_constant": "siae-ei", "liste": "EI", "geste": "essayer"}
    assert client.post(adresse(journal), envoi).status_code == 302
    assert Import.objects.get().parametres["plan"]["feuille"] == "Autre"
    _travailler()
    assert Import.objects.get().compteurs["creees"] == 2
    # Coming back to the columns before applying: what was said is still there.
    page = client.get(adresse(journal))
    assert (page.context["analyse"].feuille, page.context["form"]["liste"].value()) == ("Autre", "EI")
    page = client.post(adresse(journal), {"geste": "feuille", "feuille_montree": "Autre", "ligne_entete": "3"})
    assert page.context["analyse"].entetes == ["EI du Port", "14000", "Caen"]


@pytest.mark.parametrize(
    ("contenu", "nom", "mots"),
    [
        (b"nom;ville\n", "vide.csv", "aucune ligne sous ses en-têtes"),
        (";".join(f"c{n}" for n in range(10_000)).encode() + b"\n1;2\n", "large.csv", "colonnes ou davantage"),
    ],
)
def test_fichier_sans_colonnes(
    petite_normandie: SimpleNamespace, client: Client, contenu: bytes, nom: str, mots: str
) -> None:
    journal = deposer(client, contenu, nom)
    reponse = client.get(adresse(journal))
    assert reponse.status_code == 422
    assert mots in reponse.content.decode()


def test_fichier_refuse_au_depot(petite_normandie: SimpleNamespace, client: Client) -> None:
    """What is no spreadsheet is said at the field, and not kept."""
    for contenu, mots in ((b"%PDF-1.7 ...", "PDF"), (b"PK\x03\x04abc", "abîmé"), (b"<html>", "page web")):
        reponse = client.post(reverse("structures:imports"), {"fichier": SimpleUploadedFile("x.xlsx", contenu)})
        assert reponse.status_code == 422
        assert mots in reponse.content.decode()
    assert not Import.objects.exists()


def test_contenu_echappe(petite_normandie: SimpleNamespace, client: Client) -> None:
    """HTML in headers, values, names and file names stays text."""
    mal = "<script>alert(1)</script>"
    texte = f"nom;ville;type;{mal}\n{mal};Caen;{mal};{mal}\nEA;Caen;EA;x\n"
    journal = deposer(client, texte.encode(), "mal<b>.csv")
    corps = client.get(adresse(journal)).content.decode()
    assert mal not in corps
    assert "&lt;script&gt;" in corps


def test_envois_forges(petite_normandie: SimpleNamespace, client: Client) -> None:
    """Unknown fields, types, sheets, rows: no crash, nothing written."""
    journal = deposer(client, b"nom;ville;type\nEA Un;Caen;EA\nEA Deux;Caen;EA\n", "ea.csv")
    page = client.get(adresse(journal))
    forges: list[dict[str, str]] = [
        {"colonne_0": "n’existe pas"},
        {"colonne_0": "type", "colonne_2": "type"},
        {"type_0": "roi", "liste": "\x00"},
        {"feuille": "Autre", "feuille_montree": "x" * 500},
        {"ligne_entete": "9" * 40},
        {"ligne_entete": "3"},
        {"liste": "x" * 5000, "type_constant": "<b>"},
    ]
    for forge in forges:
        reponse = client.post(adresse(journal), {**dits(page), "geste": "essayer", **forge})
        assert reponse.status_code in (302, 422), forge
        assert not Structure.objects.exists()


def test_listes_connues(petite_normandie: SimpleNamespace, client: Client) -> None:
    """Seen, renamed, forgotten; a taken name is said at the field."""
    assert "Aucune liste" in client.get(reverse("structures:correspondances")).content.decode()
    liste = Correspondance.objects.create(
        liste="EA", format="csv", entetes=["nom", "reste"], colonnes={"nom": "nom"}, types={"ea": ["EA", "ea"]}
    )
    Correspondance.objects.create(liste="SIAE")
    page = reverse("structures:correspondance", args=[liste.pk])
    corps = client.get(page).content.decode()
    assert "Nom de la structure" in corps
    assert "Colonnes laissées de côté&nbsp;: reste" in corps
    reponse = client.post(page, {"liste": "siae"})
    assert reponse.status_code == 422
    assert "s’appelle déjà" in reponse.content.decode()
    assert client.post(page, {"liste": "Entreprises adaptées"}).status_code == 302
    liste.refresh_from_db()
    assert liste.liste == "Entreprises adaptées"
    assert client.post(reverse("structures:oublier_correspondance", args=[liste.pk])).status_code == 302
    assert list(Correspondance.objects.values_list("liste", flat=True)) == ["SIAE"]


def test_nombre_de_requetes(
    petite_normandie: SimpleNamespace, client: Client, django_assert_max_num_queries: Any
) -> None:
    """Many lists cost what one does."""
    Correspondance.objects.bulk_create(Correspondance(liste=f"L{n}") for n in range(40))
    client.get(reverse("structures:correspondances"))
    with django_assert_max_num_queries(25):
        client.get(reverse("structures:correspondances"))
