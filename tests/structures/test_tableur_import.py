"""Lists of every kind in the columns of their own world: read, placed, found again, mended."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from structures.imports.moteur import importer
from structures.imports.tableur.analyse import analyser
from structures.imports.tableur.champs import type_de
from structures.imports.tableur.entree import source, source_de
from structures.imports.tableur.memoire import NomPris, oublier, renommer, retenir
from structures.imports.tableur.plan import Plan, depuis_json
from structures.imports.tableur.proposition import nom_de_liste, proposer
from structures.imports.tableur.valeurs_de_cellules import code_postal, courriel, entier, numero, site_web, telephone
from structures.models import Correspondance, Identifiant, Import, Structure
from tests.structures.tableurs import CAP_EMPLOI, EA, SIAE, ecrire_csv, ecrire_ods, ecrire_xlsx


def commande(fichier: Path, *options: str, **autres: Any) -> Import:
    """Run the command; the journal it wrote."""
    call_command("importer_tableur", str(fichier), *options, **autres)
    return Import.objects.latest("pk")


def comptes(journal: Import) -> tuple[int, int, int, int]:
    """(created, changed, same, rejected)."""
    c = journal.compteurs
    return c["creees"], c["modifiees"], c["inchangees"], c["rejetees"]


@pytest.mark.parametrize(("forme", "ecrire"), [("xlsx", ecrire_xlsx), ("ods", ecrire_ods)])
def test_siae_du_ministere(petite_normandie: SimpleNamespace, tmp_path: Path, forme: str, ecrire: Any) -> None:
    """Types in all their spellings, spoiled postal codes, CEDEX; another région is left aside; twice the same."""
    fichier = ecrire(tmp_path / f"siae_2026.{forme}", SIAE)
    journal = commande(fichier)
    assert comptes(journal) == (4, 0, 0, 0)
    assert journal.compteurs["hors_territoire"] == 1
    lues = {s.type: s for s in Structure.objects.select_related("commune")}
    assert set(lues) == {"siae-ei", "siae-ai", "siae-aci", "siae-etti"}
    ei, aci = lues["siae-ei"], lues["siae-aci"]
    assert (ei.nom, ei.siret, ei.code_postal, ei.commune.nom) == (
        "Ateliers du Bessin", "11111111800019", "14000", "Caen",
    )  # fmt: skip
    assert (aci.commune.nom, aci.code_postal, aci.adresse) == ("Fauville", "27930", "Route de Paris")
    assert lues["siae-etti"].commune.nom == "Caen"
    assert comptes(commande(fichier)) == (0, 0, 4, 0)
    assert Correspondance.objects.get().liste == "siae"


@pytest.mark.parametrize(
    ("mot", "type_"),
    [
        ("Service d'accompagnement médico-social adultes handicapés", "samsah"),
        ("Centre Rééducation Professionnelle", "esrp-espo"),
        ("Centre de Pré orientation pour Handicapés", "esrp-espo"),
        ("Unités Evaluation Réentraînement et d'Orient. Soc. et Pro.", "ueros"),
        ("Foyer de Vie pour Adultes Handicapés", ""),
    ],
)
def test_les_mots_de_finess_sont_des_types(mot: str, type_: str) -> None:
    """As FINESS shortens its own categories: a list that copies them loses nobody."""
    assert type_de(mot) == type_


def test_entreprises_adaptees(petite_normandie: SimpleNamespace, tmp_path: Path) -> None:
    """A title above the headers, an address in two columns, a telephone that lost its zero, no column of types."""
    journal = commande(ecrire_ods(tmp_path / "Entreprises adaptées 2026.ods", EA))
    assert comptes(journal) == (2, 0, 0, 0)
    bocage = Structure.objects.get(siret="66666666400014")
    assert (bocage.type, bocage.adresse, bocage.telephone) == ("ea", "ZA Nord, Bât. B", "02 31 00 00 01")
    assert (bocage.capacite, bocage.courriel, bocage.point_approche) == (25, "ea@bocage.test", True)
    remarque = journal.lignes.get(action="remarque")
    assert (remarque.numero, "pas d’adresse électronique" in remarque.raison) == (6, True)


def test_cap_emploi(petite_normandie: SimpleNamespace, tmp_path: Path) -> None:
    """Coordinates with commas, « +33 », a site without its scheme."""
    journal = commande(ecrire_xlsx(tmp_path / "Liste reçue.xlsx", CAP_EMPLOI))
    assert comptes(journal) == (2, 0, 0, 0)
    caen = Structure.objects.get(commune=petite_normandie.caen)
    assert (caen.type, caen.telephone, caen.site_web) == ("cap-emploi", "02 31 00 00 03", "https://capemploi.test")
    assert (caen.lat, caen.lon, caen.point_approche) == (49.185, -0.37, False)


def test_ce_qui_manque_est_dit(petite_normandie: SimpleNamespace, tmp_path: Path) -> None:
    """No type, no place: the command names what is missing, writes nothing, and takes it from its options."""
    fichier = ecrire_csv(tmp_path / "liste.csv", "Intitulé;Lieu exact;Réf\nLe Relais;Caen;A1\nLe Port;Évreux;A2\n")
    with pytest.raises(CommandError, match=r"type de structure.*--type") as erreur:
        commande(fichier)
    assert "où est la structure" in str(erreur.value)
    assert not Import.objects.exists()
    assert not Correspondance.objects.exists()
    with pytest.raises(CommandError, match=r"Pas de colonne « Commune »\. Colonnes : Intitulé, Lieu exact, Réf"):
        commande(fichier, "--colonne", "ville=Commune")
    with pytest.raises(CommandError, match="n’est pas un champ"):
        commande(fichier, "--colonne", "commune=Lieu exact")
    with pytest.raises(CommandError, match="n’est pas un type"):
        commande(fichier, "--type", "siae")
    options = ("--colonne", "ville=lieu exact", "--type", "siae-aci", "--liste", "Chantiers")
    essai = commande(fichier, *options, "--essai")
    assert (essai.essai, comptes(essai), Structure.objects.count()) == (True, (2, 0, 0, 0), 0)
    assert not Correspondance.objects.exists()
    assert comptes(commande(fichier, *options)) == (2, 0, 0, 0)
    # The second time nothing has to be said: the headers are enough.
    assert comptes(commande(fichier)) == (0, 0, 2, 0)
    assert Correspondance.objects.get().type_constant == "siae-aci"


def test_types_d_une_colonne(petite_normandie: SimpleNamespace, tmp_path: Path) -> None:
    """Ours, out of scope, and a value that appears later and nobody translated."""
    entete = "type;nom;cp;ville\n"
    un = ecrire_csv(tmp_path / "services.csv", entete + "ML;Mission locale;14000;Caen\nCIO;Centre;14000;Caen\n")
    journal = commande(un)
    assert comptes(journal) == (1, 0, 0, 0)
    assert journal.hors_perimetre == {"CIO": 1}
    deux = ecrire_csv(tmp_path / "b.csv", entete + "ML;Mission locale;14000;Caen\nPoint info;P;14000;Caen\n")
    plan = depuis_json({"liste": "services", "colonnes": Correspondance.objects.get().colonnes})
    journal = importer(deux, source_de(plan))
    assert comptes(journal) == (0, 0, 1, 1)
    assert "personne n’a traduit" in journal.lignes.get(action="rejetee").raison
    journal = commande(deux, "--valeur", "Point info=mission-locale", "--valeur", "ML=-")
    assert comptes(journal) == (1, 0, 0, 0)
    assert journal.hors_perimetre == {"ML": 1}


def test_cle_de_la_liste(petite_normandie: SimpleNamespace, tmp_path: Path) -> None:
    """Several sites at one SIRET: two columns together name the line, which is found again under another name."""
    entete = "org_id,site_id,organisme,nom,cp,ville,siret\n"
    lignes = (
        "74,,GEIQ BTP,GEIQ BTP,14000,Caen,39969770500032\n"
        "74,1,GEIQ BTP,Antenne de Caen,14000,Caen,39969770500032\n"
        "74,2,GEIQ BTP,Antenne d'Évreux,27000,Évreux,39969770500032\n"
    )
    fichier = ecrire_csv(tmp_path / "geiq.csv", entete + lignes)
    assert comptes(commande(fichier)) == (3, 0, 0, 0)
    assert set(Identifiant.objects.values_list("liste", "valeur")) == {
        ("geiq", "74"),
        ("geiq", "74/1"),
        ("geiq", "74/2"),
    }
    assert Structure.objects.filter(nom="GEIQ BTP – Antenne de Caen").exists()
    fichier.write_text(entete + lignes.replace("Antenne de Caen", "Agence de Caen"), encoding="utf-8")
    assert comptes(commande(fichier)) == (0, 1, 2, 0)
    assert Structure.objects.get(identifiants__valeur="74/1").nom == "GEIQ BTP – Agence de Caen"


def test_liste_complete(petite_normandie: SimpleNamespace, tmp_path: Path) -> None:
    """What leaves a list said complete is proposed for closure, never closed; a partial one proposes nothing."""
    texte = "nom;type;cp;ville;id\nEA Un;EA;14000;Caen;1\nEA Deux;EA;14000;Caen;2\n"
    fichier = ecrire_csv(tmp_path / "ea.csv", texte)
    commande(fichier)
    fichier.write_text(texte.replace("EA Deux;EA;14000;Caen;2\n", "EA Trois;EA;14000;Caen;3\n"), encoding="utf-8")
    assert commande(fichier).compteurs["disparues"] == 0
    journal = commande(fichier, "--complete")
    assert [ligne.nom for ligne in journal.lignes.filter(action="disparue")] == ["EA Deux"]
    assert Structure.objects.ouvertes().count() == 3


def test_ce_que_la_structure_corrige_reste(petite_normandie: SimpleNamespace, tmp_path: Path) -> None:
    texte = "nom;type;cp;ville;téléphone\nEA Un;EA;14000;Caen;02 31 00 00 00\n"
    fichier = ecrire_csv(tmp_path / "ea.csv", texte)
    commande(fichier)
    structure = Structure.objects.get()
    structure.telephone = "02 31 11 11 11"
    structure.provenance["telephone"] = {"source": "structure"}
    structure.save()
    journal = commande(fichier)
    structure.refresh_from_db()
    assert (structure.telephone, comptes(journal)[1], journal.compteurs["ecarts"]) == ("02 31 11 11 11", 0, 1)


def test_contenu_hostile(petite_normandie: SimpleNamespace, tmp_path: Path) -> None:
    """Formulas, HTML, NUL, signs that nobody sees: texts like others, lines with their reason."""
    fichier = ecrire_csv(
        tmp_path / "ea.csv",
        "nom;type;cp;ville;siret\n"
        '"=HYPERLINK(""http://mal.test"")";EA;14000;Caen;\n'
        "<script>alert(1)</script>;EA;14000;Caen;3,99698E+13\n"
        "N\x00ul;EA;14000;Caen;12\n"
        ";EA;14000;Caen;\n"
        "Sans lieu;EA;;;\n"
        "Ambiguë;EA;99999;Nulle-Part;\n",
    )
    journal = commande(fichier)
    assert comptes(journal)[0] == 3
    raisons = {ligne.numero: ligne.raison for ligne in journal.lignes.filter(action="rejetee")}
    assert raisons[5] == "nom absent"
    assert set(raisons) | {7} == {5, 6, 7}
    assert {s.siret for s in Structure.objects.all()} == {""}
    remarques = {ligne.numero: ligne.raison for ligne in journal.lignes.filter(action="remarque")}
    assert "arrondi" in remarques[3]
    assert "<script>" in Structure.objects.get(nom__contains="script").nom


def test_proposition(petite_normandie: SimpleNamespace, tmp_path: Path) -> None:
    """Headers that say nothing: the values do. A header that lies is not believed."""
    lignes = [
        ["Dénomination", "A", "B", "C", "D", "E", "siret_ok", "F"],
        *(
            [f"ESAT {n}", "39969770500032", "0140006F", f"a{n}@esat.test", f"https://e{n}.test", "14000", "ok", "Caen"]
            for n in range(3)
        ),
        ["ESAT 4", "84161662600013", "0140008H", "b@esat.test", "https://f.test", "27000", "ok", "Évreux"],
    ]
    proposition = proposer(analyser(ecrire_xlsx(tmp_path / "x.xlsx", lignes)), "x.xlsx")
    assert dict(proposition.plan.colonnes) == {
        "Dénomination": "nom", "A": "siret", "B": "uai", "C": "courriel", "D": "site_web", "E": "code_postal",
        "F": "ville",
    }  # fmt: skip
    assert proposition.plan.type_constant == "esat"
    assert proposition.raisons["A"] == "on y voit quatorze chiffres et leur clé"
    assert proposition.plan.manques() == []


def test_memoire_d_une_liste(petite_normandie: SimpleNamespace, tmp_path: Path) -> None:
    """Same headers: confirmed as it was said. Same name, other columns: what is known stays, the rest is guessed."""
    fichier = ecrire_csv(tmp_path / "ea_2025.csv", "nom;genre;cp;ville\nEA Un;EA;14000;Caen\nEA Deux;EA;14000;Caen\n")
    analyse = analyser(fichier)
    plan = Plan(
        "EA", colonnes={"nom": "nom", "cp": "code_postal", "ville": "ville"}, type_constant="eatt", origine="moi"
    )
    retenir(plan, analyse, None)
    retenir(plan, analyse, None)
    proposition = proposer(analyse, "autre nom.csv")
    assert proposition.connue == Correspondance.objects.get()
    assert (proposition.plan.liste, proposition.plan.type_constant, proposition.plan.origine) == ("EA", "eatt", "moi")
    assert "genre" not in proposition.plan.colonnes
    change = ecrire_csv(
        tmp_path / "ea_2026.csv", "nom;genre;cp;ville;tél\nEA Un;EA;14000;Caen;02 31 00 00 00\nB;EA;1;Caen;\n"
    )
    proposition = proposer(analyser(change), "ea_2026.csv")
    assert proposition.plan.liste == "EA"
    assert dict(proposition.plan.colonnes) == {
        "nom": "nom", "cp": "code_postal", "ville": "ville", "tél": "telephone",
    }  # fmt: skip
    # Another list under the same file name is another list.
    autre = ecrire_csv(tmp_path / "EA.csv", "raison sociale;commune\nEI;Caen\nEI;Caen\n")
    assert proposer(analyser(autre), "EA.csv").plan.liste == "EA (2)"


def test_renommer_et_oublier(petite_normandie: SimpleNamespace, tmp_path: Path) -> None:
    """Under its new name the list still knows its lines, and may still update them."""
    texte = "nom;type;cp;ville;id\nEA Un;EA;14000;Caen;1\n"
    fichier = ecrire_csv(tmp_path / "ea.csv", texte)
    commande(fichier, "--liste", "EA de Normandie")
    commande(ecrire_csv(tmp_path / "ei.csv", "titre;type;cp;ville\nEI;EI;14000;Caen\n"), "--colonne", "nom=titre")
    liste = Correspondance.objects.get(liste="EA de Normandie")
    with pytest.raises(NomPris, match="s’appelle déjà"):
        renommer(liste, "EI")
    renommer(liste, "  Entreprises   adaptées ")
    assert set(Identifiant.objects.values_list("liste", flat=True)) == {"Entreprises adaptées", "ei"}
    fichier.write_text(texte.replace("EA Un", "EA Une"), encoding="utf-8")
    journal = commande(fichier)
    assert (journal.liste, comptes(journal)) == ("Entreprises adaptées", (0, 1, 0, 0))
    oublier(liste)
    assert Structure.objects.count() == 2
    with pytest.raises(NomPris, match="a déjà servi"):
        renommer(Correspondance.objects.get(), "Entreprises adaptées")


def test_plan_d_un_autre_fichier(petite_normandie: SimpleNamespace, tmp_path: Path) -> None:
    """A file that lacks the columns of its list is refused, with their names."""
    fichier = ecrire_csv(tmp_path / "a.csv", "titre;cp;ville\nEA;14000;Caen\n")
    plan = {"liste": "EA", "colonnes": {"nom": "nom", "cp": "code_postal", "ville": "ville"}, "type_constant": "ea"}
    with pytest.raises(Exception, match="Colonnes attendues et absentes : nom"):
        importer(fichier, source({"plan": plan}))


def test_valeurs_de_cellules() -> None:
    """What programs spoil is mended; what is lost is said."""
    assert numero("siret", "399 697 705 00032") == ("39969770500032", "")
    assert numero("siret", "3.9969770500032E13")[0] == ""
    # A SIRET that begins with a zero, whose zero the program dropped.
    assert numero("siret", "5501768500011.0") == ("05501768500011", "")
    assert numero("safir", "1234") == ("01234", "")
    assert numero("finess", "10000024.0") == ("010000024", "")
    assert numero("uai", " 0140006f ") == ("0140006F", "")
    assert [code_postal(v)[0] for v in ("1400", "1400.0", "14 000", "F-14000", "14000 CAEN", "6100,0")] == [
        "01400", "01400", "14000", "14000", "14000", "06100",
    ]  # fmt: skip
    assert code_postal("14000 – Caen cedex 4") == ("14000", "Caen cedex 4")
    assert telephone("02 31 00 00 00 / 06 00 00 00 00") == "02 31 00 00 00"
    assert telephone("+33 (0)2 31 00 00 00") == "02 31 00 00 00"
    assert courriel("Contact : Accueil@EA.test (le matin)") == ("accueil@ea.test", "")
    assert site_web("www.ea.test/page")[0] == "https://www.ea.test/page"
    assert site_web("javascript:alert(1)")[0] == ""
    assert [entier(v)[0] for v in ("25 places", "1 200", "12.0", "environ 12")] == [25, 1200, 12, None]
    assert nom_de_liste("geiq_normandie_2026-06.csv") == "geiq normandie"
    assert nom_de_liste("Liste EA (2026).xlsx") == "Liste EA"
    assert nom_de_liste("2026.csv") == "2026"
