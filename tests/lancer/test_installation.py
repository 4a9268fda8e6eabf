"""The parts of the start script that decide: what is missing, what is installed already, where the broker listens."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import lancer
import lancer_portail
import lancer_tests
from lancer_portail import Echec, Processus, arreter, chemin_socket
from tests.portail_reel import RACINE

VERROUS = ["requirements.txt", "requirements-dev.txt"]


@pytest.mark.parametrize("nom", VERROUS)
def test_un_verrou_ne_nomme_ni_adresse_ni_chemin(nom: str) -> None:
    for numero, ligne in enumerate((RACINE / nom).read_text(encoding="utf-8").splitlines(), 1):
        assert not re.search(r"https?:|file:|git\+|--index-url|--find-links|--trusted-host", ligne), f"{nom}:{numero}"
        assert not re.search(r"(^|[\s=@])/[a-z]", ligne), f"{nom}:{numero} {ligne}"


@pytest.mark.parametrize("nom", VERROUS)
def test_chaque_bibliotheque_est_fixee_avec_ses_empreintes(nom: str) -> None:
    texte = (RACINE / nom).read_text(encoding="utf-8")
    fixe = r"^([A-Za-z0-9][\w.-]*)(?:\[[\w,-]+\])?==\S+(?: ;[^\\\n]*)? \\\n    --hash=sha256:[0-9a-f]{64}"
    paquets = re.findall(fixe, texte, re.M)
    lignes = [ligne for ligne in texte.splitlines() if ligne and not ligne.startswith((" ", "#"))]
    assert len(paquets) == len(lignes) > 50


def versions(nom: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==(\S+)", (RACINE / nom).read_text(encoding="utf-8"), re.M))


def test_le_verrou_de_developpement_contient_l_autre_aux_memes_versions() -> None:
    execution, developpement = (versions(nom) for nom in VERROUS)
    assert execution.items() <= developpement.items()


def test_l_empreinte_change_avec_le_verrou(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("django==5.2\n")
    avant = lancer.empreintes(["a.txt"], tmp_path)
    (tmp_path / "a.txt").write_text("django==5.3\n")
    assert avant.isdisjoint(lancer.empreintes(["a.txt"], tmp_path))


def test_un_environnement_a_jour_n_est_pas_retouche(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    venv = tmp_path / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(sys.executable)
    monkeypatch.setattr(lancer, "VENV", venv)
    (venv / "pcti-installe.txt").write_text("\n".join(lancer.empreintes(VERROUS)))
    avant = sorted(venv.rglob("*"))
    assert lancer.preparer_venv(["requirements.txt"], tmp_path / "journal.log") == venv / "bin" / "python"
    assert sorted(venv.rglob("*")) == avant


def test_une_installation_coupee_recommence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mark is gone while pip works: a pip that fails leaves an environment known as incomplete."""
    venv = tmp_path / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    monkeypatch.setattr(lancer, "VENV", venv)
    marque = venv / "pcti-installe.txt"
    marque.write_text("une ancienne empreinte\n")
    with pytest.raises(Echec, match="No module named pip"):
        lancer.preparer_venv(["requirements.txt"], tmp_path / "journal.log")
    assert not marque.exists()


def test_les_bibliotheques_absentes_sont_nommees_par_leur_paquet() -> None:
    assert lancer.bibliotheques_absentes({"c": "libc6", "n-existe-pas": "paquet-manquant"}) == ["paquet-manquant"]


def test_sans_droit_d_installer_on_dit_quoi_faire(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PCTI_SANS_APT", "1")
    assert lancer.demander_apt(["libpango-1.0-0"], tmp_path / "journal.log") is False
    dit = capsys.readouterr().out
    assert "libpango-1.0-0" in dit
    assert not (tmp_path / "journal.log").exists()


def test_un_chemin_trop_long_pour_un_socket_va_dans_un_dossier_a_nous(tmp_path: Path) -> None:
    assert chemin_socket(Path("/srv/pcti/var")) == Path("/srv/pcti/var/valkey.sock")
    long = Path("/srv") / ("d" * 120)
    court = chemin_socket(long)
    try:
        assert len(os.fsencode(court)) <= lancer_portail.LONGUEUR_SOCKET
        assert court.parent.stat().st_mode & 0o777 == 0o700
        assert chemin_socket(long) == court
        court.parent.chmod(0o777)
        with pytest.raises(Echec, match="n’est pas à nous"):
            chemin_socket(long)
    finally:
        court.parent.rmdir()


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "80 00"])
def test_un_port_impossible_est_refuse(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", port)
    with pytest.raises(Echec, match="n’est pas un numéro de port"):
        lancer.port_demande()


def test_un_enfant_sourd_au_signal_est_tue_avec_les_siens(tmp_path: Path) -> None:
    sourd = "import signal,subprocess,time; signal.signal(15, signal.SIG_IGN); "
    sourd += "p = subprocess.Popen(['sleep', '600']); print(p.pid, flush=True); time.sleep(600)"
    processus = Processus("sourd", [sys.executable, "-c", sourd], dict(os.environ), tmp_path / "sourd.log")
    processus.demarrer()
    lancer_portail.attendre(lambda: (tmp_path / "sourd.log").read_text().endswith("\n"), 20, [processus])
    petit_enfant = int((tmp_path / "sourd.log").read_text())
    arreter([processus], 0.3)
    assert not processus.vivant
    # Killed, but the system may take a moment to bury it.
    lancer_portail.attendre(lambda: not en_vie(petit_enfant), 10, [])


def en_vie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_un_echec_au_demarrage_montre_la_fin_du_journal(tmp_path: Path) -> None:
    programme = "import sys; print('la raison'); sys.exit(3)"
    processus = Processus("essai", [sys.executable, "-c", programme], dict(os.environ), tmp_path / "essai.log")
    processus.demarrer()
    with pytest.raises(Echec, match=r"essai n’a pas démarré(.|\n)*la raison"):
        lancer_portail.attendre(lambda: False, 20, [processus])


def test_les_options_et_les_chemins_de_pytest_sont_distingues() -> None:
    assert lancer_tests.est_chemin("tests/lancer/test_installation.py::test_x")
    assert not lancer_tests.est_chemin("-k")
    assert not lancer_tests.est_chemin("convention and not e2e")
    assert lancer_tests.est_navigateur("tests/e2e/test_pages_publiques.py")
    assert not lancer_tests.est_navigateur("tests/lancer")


RAPPORT = """<testsuites><testsuite tests="5" failures="1" errors="1" skipped="1">
<testcase name="a"/><testcase name="b"><skipped message="pas de Redis&#10;détail"/></testcase>
</testsuite></testsuites>"""


@pytest.mark.parametrize(
    ("rapport", "non_joue", "exigeant", "code"),
    [
        (RAPPORT, [], False, 1),
        (RAPPORT.replace('failures="1" errors="1"', 'failures="0" errors="0"'), [], True, 0),
        (RAPPORT.replace('failures="1" errors="1"', 'failures="0" errors="0"'), ["navigateur"], False, 0),
        (RAPPORT.replace('failures="1" errors="1"', 'failures="0" errors="0"'), ["navigateur"], True, 1),
    ],
)
def test_le_bilan_compte_et_rend_le_bon_code(
    rapport: str, non_joue: list[str], exigeant: bool, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "r.xml").write_text(rapport, encoding="utf-8")
    bilan = lancer_tests.Bilan(non_joue=non_joue)
    bilan.lire_junit(tmp_path / "r.xml")
    assert bilan.conclure(exigeant=exigeant) == code
    dit = capsys.readouterr().out.splitlines()
    assert dit[-1] == (
        "2 passed, 2 failed, 1 skipped" if code == 1 and not non_joue else "4 passed, 0 failed, 1 skipped"
    )
    assert "sauté (1) : pas de Redis" in "\n".join(dit)


def test_une_etape_ratee_fait_echouer_l_ensemble() -> None:
    bilan = lancer_tests.Bilan()
    bilan.noter("mypy", reussi=False, duree=1.0)
    assert bilan.conclure(exigeant=False) == 1
