"""Long jobs and e-mails with a real worker and a real broker, both killed without warning.

Nothing is simulated: pages are asked by a browser, processes get SIGKILL, and the proof is read
in the pages and in the rows that are left.
"""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from playwright.sync_api import Browser, Page, expect

from tests.e2e.recepteur_smtp import RecepteurSmtp
from tests.portail_reel import RACINE, PortailReel

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="lit /proc, propre à Linux")
# A page that meets a dead broker answers at once; the margin is for a busy machine.
PATIENCE_PAGE = 4.0
# The schedule looks for forgotten e-mails every 30 s, for forgotten jobs every 20 s, silent for 20 s.
REPRISE_MS = 75_000


@pytest.fixture(scope="module")
def portail_tue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortailReel]:
    """A portal of this module's own: it is mistreated."""
    portail = PortailReel(tmp_path_factory.mktemp("tue") / "var")
    try:
        portail.demarrer()
        yield portail
    finally:
        portail.arreter()


@pytest.fixture
def coordinatrice(navigateur: Browser, portail_tue: PortailReel) -> Iterator[Page]:
    """A browser signed in as the coordination of the pôle, the page on « Importer des structures »."""
    portail_tue.attendre_sante(200)
    contexte = navigateur.new_context(base_url=portail_tue.url, locale="fr-FR", timezone_id="Europe/Paris")
    contexte.set_default_timeout(15_000)
    page = contexte.new_page()
    page.goto("/comptes/login/")
    page.get_by_role("button", name="Coordination du pôle de l’Eure").click()
    page.goto("/structures/imports/")
    yield page
    contexte.close()


def lire(portail: PortailReel, requete: str, *valeurs: Any) -> list[tuple[Any, ...]]:
    """Rows of the portal's database, read only."""
    with closing(sqlite3.connect(f"file:{portail.var}/pcti.sqlite3?mode=ro", uri=True, timeout=20)) as base:
        return base.execute(requete, valeurs).fetchall()


def un(portail: PortailReel, requete: str, *valeurs: Any) -> Any:
    return lire(portail, requete, *valeurs)[0][0]


def fichier_finess(dossier: Path, premier: int, combien: int) -> Path:
    """``combien`` fictive ESAT of Évreux in the historic form, numbered from ``premier``."""
    lignes = ["finess;etalab;1690;2021-01-08"]
    for numero in range(premier, premier + combien):
        champs = ["structureet", f"{numero:09d}", "279999999", f"ESAT D ESSAI {numero}", f"ESAT D ESSAI {numero}"]
        champs += ["", "", str(numero % 200), "R", "DES ESSAIS", "", "", "229", "27", "EURE", "27000 EVREUX"]
        champs += ["0232000000", "", "246", "Établissement et Service d'Aide par le Travail", "4302", "", ""]
        lignes.append(";".join(champs + [""] * (32 - len(champs))))
    chemin = dossier / f"finess-{premier}.csv"
    chemin.write_text("\n".join(lignes) + "\n", encoding="latin-1")
    return chemin


def importer(page: Page, fichier: Path) -> str:
    """Send the file from the page; identifier of the job that previews it, followed on the import's page."""
    page.goto("/structures/imports/")
    page.get_by_label("Fichier").set_input_files(fichier)
    page.get_by_role("button", name="Voir ce qui changerait").click()
    page.wait_for_url("**/structures/imports/*/")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Import de {fichier.name}")
    return travail_suivi(page)


def appliquer(page: Page, delai: int = 60_000) -> str:
    """Wait for the preview, then ask to apply it; identifier of the job."""
    page.locator(".pcti-progression").get_by_role("link", name="Voir le résultat").click(timeout=delai)
    page.get_by_role("button", name="Appliquer cet import").click()
    expect(page.locator(".pcti-progression")).to_be_visible()
    return travail_suivi(page)


def travail_suivi(page: Page) -> str:
    """The job whose progress the page shows."""
    identifiant = page.locator(".pcti-progression").get_attribute("id") or ""
    return identifiant.removeprefix("travail-").replace("-", "")


def attendre(condition: Callable[[], bool], delai: float, dire: Callable[[], str]) -> None:
    limite = time.monotonic() + delai
    while not condition():
        assert time.monotonic() < limite, dire()
        time.sleep(0.02)


def tuer(portail: PortailReel, mot: str) -> set[int]:
    """SIGKILL to every process of the portal that runs ``mot``."""
    victimes = set(portail.habitants(mot))
    assert victimes, f"aucun processus « {mot} »"
    for pid in victimes:
        os.kill(pid, signal.SIGKILL)
    return victimes


def compter_structures(portail: PortailReel, premier: int, combien: int) -> tuple[int, int]:
    """(rows, distinct numbers) among the numbers of the file."""
    bornes = (f"{premier:09d}", f"{premier + combien - 1:09d}")
    ligne = lire(
        portail,
        "SELECT count(*), count(DISTINCT finess) FROM structures_structure WHERE finess BETWEEN ? AND ?",
        *bornes,
    )[0]
    return int(ligne[0]), int(ligne[1])


def test_la_page_montre_l_avancement_puis_le_resultat(
    coordinatrice: Page, portail_tue: PortailReel, tmp_path: Path
) -> None:
    # Long enough for the page, which asks every two seconds, to see it on its way.
    combien = 15_000
    importer(coordinatrice, fichier_finess(tmp_path, 270100000, combien))
    suivi = coordinatrice.locator(".pcti-progression")
    expect(suivi.get_by_text("Vous pouvez quitter cette page")).to_be_visible()
    expect(suivi.get_by_text("lignes lues")).to_be_visible(timeout=30_000)
    # Nobody reloads: the page follows by itself.
    expect(suivi.get_by_text("Terminé")).to_be_visible(timeout=60_000)
    expect(suivi).to_contain_text(f"{combien} structures seraient créées")
    assert compter_structures(portail_tue, 270100000, combien) == (0, 0)
    appliquer(coordinatrice)
    expect(suivi.get_by_text("Terminé")).to_be_visible(timeout=120_000)
    expect(suivi).to_contain_text(f"{combien} créées")
    suivi.get_by_role("link", name="Voir le résultat").click()
    expect(coordinatrice.get_by_role("heading", level=1)).to_have_text("Import de finess-270100000.csv")
    assert compter_structures(portail_tue, 270100000, combien) == (combien, combien)


def test_un_import_dont_le_worker_est_tue_se_termine_une_seule_fois(
    coordinatrice: Page, portail_tue: PortailReel, tmp_path: Path
) -> None:
    premier, combien = 270200000, 6000
    importer(coordinatrice, fichier_finess(tmp_path, premier, combien))
    travail = appliquer(coordinatrice)
    attendre(lambda: un(portail_tue, "SELECT fait FROM socle_travail WHERE id=?", travail) > 0, 40, portail_tue.dit)
    tuer(portail_tue, "celery")
    ecrites, _ = compter_structures(portail_tue, premier, combien)
    assert 0 < ecrites < combien, "le worker devait mourir au milieu"

    # The page that was left open says the end by itself.
    expect(coordinatrice.locator(".pcti-progression").get_by_text("Terminé")).to_be_visible(timeout=REPRISE_MS)
    assert un(portail_tue, "SELECT essais FROM socle_travail WHERE id=?", travail) == 2
    assert compter_structures(portail_tue, premier, combien) == (combien, combien)
    historiques = un(
        portail_tue,
        "SELECT count(*) FROM structures_historicalstructure WHERE finess BETWEEN ? AND ?",
        f"{premier:09d}",
        f"{premier + combien - 1:09d}",
    )
    assert historiques == combien, "chaque structure est créée une fois, et une seule"
    journaux = lire(portail_tue, "SELECT id, etat FROM structures_import WHERE fichier=?", f"finess-{premier}.csv")
    assert [etat for _, etat in journaux] == ["termine"]
    creees = (
        "SELECT count(*), count(DISTINCT numero) FROM structures_ligneimport WHERE journal_id=? AND action='creee'"
    )
    assert lire(portail_tue, creees, journaux[0][0]) == [(combien, combien)], "aucune ligne du journal n’est doublée"


def demander_un_code(page: Page, adresse: str) -> float:
    """Ask for a sign-in code; seconds that the page took."""
    page.goto("/comptes/login/")
    page.get_by_label("Adresse électronique professionnelle").first.fill(adresse)
    debut = time.monotonic()
    page.get_by_role("button", name="Recevoir un code").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Entrez le code reçu")
    return time.monotonic() - debut


@contextmanager
def courtier_en_panne(portail: PortailReel, panne: signal.Signals) -> Iterator[None]:
    """The broker killed (SIGKILL) or frozen (SIGSTOP), and not started again before the end."""
    assert portail.processus is not None
    portail.processus.send_signal(signal.SIGSTOP)  # the launcher sleeps: it starts nothing again
    courtiers = portail.habitants("valkey-server")
    try:
        assert courtiers
        for pid in courtiers:
            os.kill(pid, panne)
        yield
    finally:
        if panne == signal.SIGSTOP:
            for pid in courtiers:
                os.kill(pid, signal.SIGCONT)
        portail.processus.send_signal(signal.SIGCONT)


@pytest.fixture
def visiteur(navigateur: Browser, portail_tue: PortailReel) -> Iterator[Page]:
    contexte = navigateur.new_context(base_url=portail_tue.url, locale="fr-FR")
    contexte.set_default_timeout(30_000)
    yield contexte.new_page()
    contexte.close()


def test_le_courtier_tue_ne_bloque_personne_et_rien_ne_se_perd(
    coordinatrice: Page, visiteur: Page, portail_tue: PortailReel, tmp_path: Path
) -> None:
    premier, combien = 270300000, 30
    fichier = fichier_finess(tmp_path, premier, combien)
    adresses = ["direction.esat@demo.invalid", "direction.ime@demo.invalid", "pilotage@demo.invalid"]
    avant = {adresse: messages_pour(visiteur, adresse) for adresse in adresses}
    with courtier_en_panne(portail_tue, signal.SIGKILL):
        durees = []
        for adresse in adresses:
            durees.append(demander_un_code(visiteur, adresse))
            visiteur.context.clear_cookies()
        debut = time.monotonic()
        travail = importer(coordinatrice, fichier)
        durees.append(time.monotonic() - debut)
        expect(coordinatrice.get_by_text("Vous pouvez quitter cette page")).to_be_visible()
        assert max(durees) < PATIENCE_PAGE, durees
        assert un(portail_tue, "SELECT etat FROM socle_travail WHERE id=?", travail) == "en_attente"

    appliquer(coordinatrice, REPRISE_MS)
    expect(coordinatrice.locator(".pcti-progression").get_by_text("Terminé")).to_be_visible(timeout=REPRISE_MS)
    assert compter_structures(portail_tue, premier, combien) == (combien, combien)
    en_route = "SELECT count(*) FROM socle_courriel WHERE etat IN ('en_attente','en_cours')"
    attendre(lambda: un(portail_tue, en_route) == 0, 60, portail_tue.dit)
    assert (
        un(portail_tue, "SELECT count(*) FROM socle_courriel WHERE etat <> 'envoye' AND modele <> 'offres_collecte'")
        == 0
    )
    for adresse in adresses:
        assert messages_pour(visiteur, adresse) == avant[adresse] + 1, adresse


def test_un_courtier_fige_ne_fige_pas_les_pages(visiteur: Page, portail_tue: PortailReel) -> None:
    """A broker that accepts and never answers: a half-open connection, a machine that swaps."""
    portail_tue.attendre_sante(200)
    demander_un_code(visiteur, "direction.esat@demo.invalid")  # the connection is open from now on
    visiteur.context.clear_cookies()
    with courtier_en_panne(portail_tue, signal.SIGSTOP):
        assert demander_un_code(visiteur, "direction.ime@demo.invalid") < PATIENCE_PAGE


def messages_pour(page: Page, adresse: str) -> int:
    """How many messages the demonstration's mailbox shows for this person."""
    page.goto(f"/demo/courriels/?a={adresse}")
    return page.locator("main .pcti-courriels > li").count()


def test_un_courriel_livre_plusieurs_fois_part_une_fois(portail_tue: PortailReel) -> None:
    """Two more workers receive each e-mail four times, beside the portal's own and its schedule."""
    portail_tue.attendre_sante(200)
    chemin = socket_du_courtier(portail_tue)
    with RecepteurSmtp() as recepteur, Celery(broker=f"redis+socket://{chemin}") as client:
        env = {**portail_tue.env, "EMAIL_URL": recepteur.url, "PCTI_COURTIER_SOCKET": chemin}
        with deux_workers(client, env, portail_tue):
            identifiants = ecrire_courriels(env, 25)
            for identifiant in identifiants * 4:
                client.send_task("socle.tasks.expedier", args=[identifiant], queue="doublons", retry=False)
            attendre(lambda: file_vide(client) and tous_envoyes(portail_tue, identifiants), 60, portail_tue.dit)
        assert sum(recepteur.recus.values()) > 0, "les deux workers devaient en envoyer"
        for identifiant in identifiants:
            cle = f"<{identifiant}@127.0.0.1>"
            boite = un(portail_tue, "SELECT count(*) FROM demo_messagerecu WHERE message_id=?", cle)
            assert recepteur.recus[cle] + boite == 1, f"{identifiant} : {recepteur.recus[cle]} + {boite}"


@contextmanager
def deux_workers(client: Celery, env: dict[str, str], portail: PortailReel) -> Iterator[None]:
    """Ready on the queue « doublons »; stopped warmly: what they received is finished first."""
    commande = [sys.executable, "-m", "celery", "-A", "pcti", "worker", "-Q", "doublons", "--concurrency", "2"]
    commande += ["--without-gossip", "--without-mingle", "--loglevel", "WARNING"]
    noms = [f"doublon{n}@essai" for n in (1, 2)]
    workers = [subprocess.Popen([*commande, "-n", nom], cwd=RACINE, env=env) for nom in noms]
    try:
        attendre(lambda: len(client.control.ping(destination=noms, timeout=1) or []) == 2, 60, portail.dit)
        yield
    finally:
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
        for worker in workers:
            worker.wait(30)


def socket_du_courtier(portail: PortailReel) -> str:
    """Where this portal's broker listens (the start script may have shortened the path)."""
    for pid in portail.habitants("gunicorn"):
        for variable in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
            if variable.startswith(b"PCTI_COURTIER_SOCKET="):
                return variable.split(b"=", 1)[1].decode()
    raise AssertionError("le portail n’a pas de courtier")


def ecrire_courriels(env: dict[str, str], combien: int) -> list[str]:
    """Rows ready to be sent, that nobody was told about; their identifiers."""
    code = (
        "from socle.models import Courriel\n"
        f"for n in range({combien}):\n"
        "    c = Courriel.objects.create("
        "modele='essai', destinataire='essai@demo.invalid', sujet='Essai', texte='Essai')\n"
        "    print(c.pk)"
    )
    fait = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", code],
        cwd=RACINE, env=env, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return fait.stdout.split()


def file_vide(client: Celery) -> bool:
    with client.connection_for_read() as connexion:
        canal: Any = connexion.default_channel
        return int(canal.client.llen("doublons")) == 0


def tous_envoyes(portail: PortailReel, identifiants: list[str]) -> bool:
    marques = ",".join("?" * len(identifiants))
    cles = [i.replace("-", "") for i in identifiants]
    requete = f"SELECT count(*) FROM socle_courriel WHERE etat='envoye' AND id IN ({marques})"  # noqa: S608 - marks only
    return bool(un(portail, requete, *cles) == len(identifiants))
