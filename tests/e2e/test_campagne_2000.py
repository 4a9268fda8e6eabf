"""A campaign of two thousand structures, opened by its page; the worker and the broker are killed on the way.

Counted at the mail server: nobody is written to twice, and whoever got nothing is shown « incertain ».
"""

import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.recepteur_smtp import RecepteurSmtp
from tests.e2e.test_travaux_reels import attendre, courtier_en_panne, lire, tuer, un
from tests.portail_reel import RACINE, PortailReel

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="lit /proc, propre à Linux")
STRUCTURES, MUETTES, PARTAGEES, PARTAGEUSES = 2000, 50, 100, 20
CAMPAGNE = "Recueil de deux mille"
REPRISE_MS = 75_000
# The schedule comes every 30 s for what the broker forgot, and goes on for 20 s.
ENVOIS_S = 240.0
# What a living worker has taken leaves in less: the mail server answers at once by then.
ENVOI_EN_COURS = "-5 seconds"

SEMER = f"""
from structures.models import Adhesion, Structure
from structures.comptes.models import Utilisateur
from structures.territoires.models import Pole
pole = Pole.objects.get(departement="27")
communes = list(pole.communes.order_by("pk"))
structures = Structure.objects.bulk_create([
    Structure(nom=f"Essai deux mille {{n:04d}}", type="autre", commune=communes[n % len(communes)], fictive=True)
    for n in range({STRUCTURES})
], batch_size=500)
seules = {STRUCTURES} - {MUETTES} - {PARTAGEES}
personnes = Utilisateur.objects.bulk_create([
    Utilisateur(email=f"deuxmille{{n:04d}}@demo.invalid", prenom="Essai", nom=str(n))
    for n in range(seules + {PARTAGEUSES})
], batch_size=500)
liens = [(personnes[n], structures[n]) for n in range(seules)]
liens += [(personnes[seules + n % {PARTAGEUSES}], structures[seules + n]) for n in range({PARTAGEES})]
Adhesion.objects.bulk_create([
    Adhesion(utilisateur=qui, structure=ou, role="direction") for qui, ou in liens
], batch_size=500)
"""


@pytest.fixture(scope="module")
def poste() -> Iterator[RecepteurSmtp]:
    with RecepteurSmtp() as recepteur:
        # So that the e-mails are still leaving when the broker dies.
        recepteur.delai = 0.05
        yield recepteur


@pytest.fixture(scope="module")
def portail(tmp_path_factory: pytest.TempPathFactory, poste: RecepteurSmtp) -> Iterator[PortailReel]:
    """A portal of this module's own, that sends to the counting mail server, with two thousand more structures."""
    portail = PortailReel(tmp_path_factory.mktemp("deuxmille") / "var", EMAIL_URL=poste.url)
    try:
        portail.demarrer()
        subprocess.run(
            [sys.executable, "manage.py", "shell", "--no-imports", "-c", SEMER],
            cwd=RACINE, env=portail.env, check=True, timeout=180,
        )  # fmt: skip
        yield portail
    finally:
        portail.arreter()


@pytest.fixture
def coordination(navigateur: Browser, portail: PortailReel) -> Iterator[Page]:
    contexte = navigateur.new_context(base_url=portail.url, locale="fr-FR", timezone_id="Europe/Paris")
    contexte.set_default_timeout(30_000)
    page = contexte.new_page()
    page.goto("/comptes/login/")
    page.get_by_role("button", name="Coordination du pôle de l’Eure").click()
    page.wait_for_url("**/")
    yield page
    contexte.close()


def ouvrir(page: Page) -> str:
    """Prepare and open from the pages; address of the campaign."""
    page.goto("/offres/campagnes/ouvrir/")
    page.get_by_label("Nom de la campagne").fill(CAMPAGNE)
    page.get_by_label("Ouverte le").fill(date.today().isoformat())
    page.get_by_label("Dernier jour pour répondre").fill((date.today() + timedelta(days=30)).isoformat())
    page.get_by_role("button", name="Choisir les structures attendues").click()
    page.get_by_role("checkbox", name=re.compile("Autre structure")).check()
    page.get_by_role("button", name="Mettre la liste à jour").click()
    page.wait_for_url("**#liste")
    page.goto(page.url.partition("#")[0].replace("/structures/", "/verifier/"))
    page.get_by_role("button", name="Ouvrir et inviter").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(CAMPAGNE)
    expect(page.locator(".pcti-progression")).to_be_visible()
    return page.url


def courriels(portail: PortailReel, *etats: str) -> int:
    """How many invitations of the two thousand in these states."""
    marques = ",".join("?" * len(etats))
    siens = "FROM socle_courriel WHERE destinataire LIKE 'deuxmille%'"
    requete = f"SELECT count(*) {siens} AND etat IN ({marques})"
    return int(un(portail, requete, *etats))


def repris_a_l_instant(portail: PortailReel) -> int:
    """How many e-mails a worker took a few seconds ago."""
    prises = "SELECT count(*) FROM socle_courriel WHERE etat = 'en_cours' AND reclame_le > datetime('now', ?)"
    return int(un(portail, prises, ENVOI_EN_COURS))


def vieillir_les_prises(portail: PortailReel) -> None:
    """Five minutes pass for what a dead worker had taken (the only thing here that is not waited for)."""
    with closing(sqlite3.connect(portail.var / "pcti.sqlite3", timeout=30)) as base, base:
        base.execute(
            "UPDATE socle_courriel SET reclame_le = datetime(reclame_le, '-10 minutes') WHERE etat = 'en_cours'"
        )


def test_une_campagne_de_deux_mille(coordination: Page, portail: PortailReel, poste: RecepteurSmtp) -> None:
    adresse = ouvrir(coordination)
    travail = un(portail, "SELECT id FROM socle_travail WHERE genre='offres.inviter' ORDER BY cree_le DESC LIMIT 1")
    fait = "SELECT fait FROM socle_travail WHERE id=?"
    total = STRUCTURES - MUETTES - PARTAGEES + PARTAGEUSES

    # The worker dies while the invitations are being written: the page that was left open says the end.
    attendre(lambda: un(portail, fait, travail) > 100, 90, portail.dit)
    suivi = coordination.locator(".pcti-progression")
    expect(suivi.get_by_text("Rédaction des invitations")).to_be_visible()
    tuer(portail, "celery")
    assert un(portail, fait, travail) < total, "le worker devait mourir au milieu"
    expect(suivi.get_by_text("Terminé")).to_be_visible(timeout=3 * REPRISE_MS)
    assert un(portail, "SELECT essais FROM socle_travail WHERE id=?", travail) == 2
    assert courriels(portail, "en_attente", "en_cours", "envoye", "incertain") == total
    # It counted the people, all of them: none of those written before the worker died is left out, or counted twice.
    assert lire(portail, "SELECT fait, total FROM socle_travail WHERE id=?", travail) == [(total, total)]
    montre_vrai(coordination, portail, adresse)

    # Broker and worker die while the e-mails leave.
    attendre(lambda: courriels(portail, "envoye") > 150, ENVOIS_S, portail.dit)
    with courtier_en_panne(portail, signal.SIGKILL):
        for pid in portail.habitants("celery"):
            os.kill(pid, signal.SIGKILL)
        partis = courriels(portail, "envoye")
        assert partis < total, "le courtier devait mourir au milieu"
        # The tracking page answers, and says how many are still on their way.
        coordination.goto(adresse)
        expect(coordination.get_by_text(re.compile(r"courriels écrits"))).to_contain_text("en route")

    poste.delai = 0.0
    attendre(lambda: courriels(portail, "en_attente") == 0, ENVOIS_S, portail.dit)
    attendre(lambda: repris_a_l_instant(portail) == 0, 90, portail.dit)
    vieillir_les_prises(portail)
    attendre(lambda: courriels(portail, "en_cours") == 0, 90, portail.dit)
    compter(portail, poste, total)
    relire(coordination, portail, adresse)


def montre_vrai(page: Page, portail: PortailReel, adresse: str) -> None:
    """What the page shows lies between what the rows said before and after."""
    campagne = int(adresse.rstrip("/").rpartition("/")[2])
    siens = (
        "SELECT count(DISTINCT c.id) FROM socle_courriel c JOIN offres_relance r ON r.courriel_id = c.id "
        "JOIN offres_reponse q ON q.id = r.reponse_id WHERE q.campagne_id = ?"
    )
    partis = f"{siens} AND c.etat = 'envoye'"
    avant = un(portail, partis, campagne)
    page.goto(adresse)
    barre = page.get_by_role("progressbar", name="Courriels partis")
    montre, ecrits = int(barre.get_attribute("value") or -1), int(barre.get_attribute("max") or 0)
    assert avant <= montre <= un(portail, partis, campagne)
    assert ecrits == un(portail, siens, campagne)


def compter(portail: PortailReel, poste: RecepteurSmtp, total: int) -> None:
    """None twice, none missing but those shown as uncertain."""
    lignes = lire(portail, "SELECT id, destinataire, etat FROM socle_courriel WHERE destinataire LIKE 'deuxmille%'")
    assert len(lignes) == len({adresse for _, adresse, _ in lignes}) == total, "un courriel par personne"
    recus = {adresse: n for adresse, n in poste.pour.items() if adresse.startswith("deuxmille")}
    assert set(recus.values()) == {1}, "personne n’en reçoit deux"
    etats = {etat for _, _, etat in lignes}
    assert etats <= {"envoye", "incertain"}, etats
    for _, adresse, etat in lignes:
        if etat == "envoye":
            assert recus.get(adresse) == 1, adresse
    manquants = {adresse for _, adresse, _ in lignes} - set(recus)
    assert manquants <= {adresse for _, adresse, etat in lignes if etat == "incertain"}
    doubles = lire(
        portail,
        "SELECT reponse_id, personne_id FROM offres_relance WHERE palier='invitation' "
        "GROUP BY reponse_id, personne_id HAVING count(*) > 1",
    )
    assert doubles == []
    assert un(
        portail,
        "SELECT count(*) FROM offres_relance r JOIN structures_structure s JOIN offres_reponse q "
        "ON q.structure_id = s.id AND q.id = r.reponse_id WHERE s.nom LIKE 'Essai deux mille%'",
    ) == STRUCTURES - MUETTES  # fmt: skip


def relire(page: Page, portail: PortailReel, adresse: str) -> None:
    """The tracking page says the same as the rows."""
    page.goto(adresse)
    places = page.get_by_role("navigation", name="Où en sont les structures")
    expect(places).to_contain_text("Personne à qui écrire")
    incertains = courriels(portail, "incertain")
    if incertains:
        expect(page.get_by_text(re.compile(rf"{incertains}\s+incertain"))).to_be_visible()
        page.get_by_role("link", name=re.compile("incertain")).first.click()
        expect(page.locator("table.offres-suivi")).to_contain_text("incertain")
