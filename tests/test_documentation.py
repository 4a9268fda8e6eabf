"""What the documents name exists: files, settings, commands, links, and the words of the screens in the guide."""

import html
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest
from django.core.management import get_commands

RACINE = Path(__file__).resolve().parent.parent
DOCUMENTS = (
    "README.md", "ARCHITECTURE.md", "docs/guide.md", "docs/guide-imports.md", "docs/exploitation.md",
)  # fmt: skip
PIECES = ("cartes", "fiches_action", "offres", "pcti", "socle", "structures")
EXPLOITATION = "docs/exploitation.md"
# What the portal writes, or what stands in a mailbox: not files of the repository.
HORS_DEPOT = re.compile(r"var/|PCTI_VAR/|cur/$")
# Read only by the two container files, by the tests or by the launcher for its children.
REGLAGES_INTERNES = {"PCTI_COURTIER_SOCKET", "PCTI_CHROMIUM"}
# Said between « » by the guide, and on no screen as such: what people type, and sentences made of numbers and places.
EXEMPLES = {
    "esat vernon", "mission loc evreux", "autour de", "Enregistré à 14 h 03", "Couvre Évreux",
    "8 personnes sur les 12 demandées", "À 14 km", "Il manque 6 sessions", "3 personnes de plus",
}  # fmt: skip


@cache
def texte(document: str) -> str:
    return (RACINE / document).read_text(encoding="utf-8")


def cites(document: str) -> set[str]:
    """What stands between backquotes."""
    return set(re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", texte(document), flags=re.S | re.M)))


def existe(chemin: str) -> bool:
    """A file, a folder, a module, or something named in a module (`cartes/filtres.Choix`)."""
    if any((RACINE / f"{chemin.rstrip('/')}{fin}").exists() for fin in ("", ".py", ".js")):
        return True
    module, _, nom = chemin.rpartition(".")
    fichier = RACINE / f"{module}.py"
    return (
        bool(module) and fichier.exists() and re.search(rf"\b{nom}\b", fichier.read_text(encoding="utf-8")) is not None
    )


@pytest.mark.parametrize("document", DOCUMENTS)
def test_les_fichiers_nommes_existent(document: str) -> None:
    chemins = {c for c in cites(document) if re.fullmatch(r"[\w.-]+(/[\w.-]*)+", c) and not HORS_DEPOT.match(c)}
    if document in ("README.md", "ARCHITECTURE.md"):
        assert chemins
    assert sorted(c for c in chemins if not existe(c)) == []
    # A file named alone is somewhere.
    seuls = {c for c in cites(document) if re.fullmatch(r"\w+\.(?:py|js|html|css)", c)}
    partout = {f.name for piece in (*PIECES, "static", "templates") for f in (RACINE / piece).rglob("*.*")}
    partout |= {f.name for f in RACINE.glob("*.py")}
    assert sorted(seuls - partout) == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_les_liens_menent_quelque_part(document: str) -> None:
    for lien in re.findall(r"\]\(([^)\s]+)\)", texte(document)):
        fichier, _, ancre = lien.partition("#")
        cible = (RACINE / document).parent / fichier if fichier else RACINE / document
        assert cible.exists(), lien
        if ancre:
            titres = re.findall(r"^#+ (.+)$", cible.read_text(encoding="utf-8"), re.M)
            assert ancre in {re.sub(r"[^\w -]", "", titre.lower()).replace(" ", "-") for titre in titres}, lien


def test_les_reglages_de_l_exploitant_sont_ceux_du_code() -> None:
    motif = r"\b(?:PCTI_[A-Z0-9_]+|SENTRY_DSN|SECRET_KEY(?:_FALLBACKS)?|DATABASE_URL|REDIS_URL|EMAIL_URL)\b"
    code = [RACINE / "lancer.py", RACINE / "lancer_portail.py", *(RACINE / "pcti").rglob("*.py")]
    lus = {
        nom
        for fichier in code
        for nom in re.findall(rf'(?:env\.\w+\(|environ\.get\()\s*"({motif})"', fichier.read_text(encoding="utf-8"))
    } | {"DATABASE_URL", "EMAIL_URL"}
    assert "PCTI_INTEGRATION" in lus
    nommes = set(re.findall(motif, texte(EXPLOITATION)))
    assert sorted(lus - nommes - REGLAGES_INTERNES) == []
    assert sorted(nommes - lus) == []


def test_les_commandes_nommees_existent_et_les_notres_sont_nommees() -> None:
    commandes = get_commands()
    for document in DOCUMENTS:
        nommees = set(re.findall(r"manage\.py\s+([a-z_]+)", texte(document)))
        assert sorted(nommees - set(commandes)) == [], document
    notres = {nom for nom, piece in commandes.items() if str(piece).split(".")[0] in PIECES}
    assert "sauvegarder" in notres
    assert sorted(nom for nom in notres if nom not in texte(EXPLOITATION)) == []


def test_le_fichier_env_donne_en_exemple_se_lit_dans_un_script(tmp_path: Path) -> None:
    """Compose reads it, and so does the shell that receives what mail servers bring back (§ 8)."""
    exemple = re.search(r"^```\n(SECRET_KEY=.*?)^```", texte(EXPLOITATION), re.S | re.M)
    assert exemple
    (tmp_path / ".env").write_text(exemple[1], encoding="utf-8")
    commande = "set -a && . ./.env && set +a && printenv PCTI_EXPEDITEUR"
    fait = subprocess.run(["/bin/sh", "-c", commande], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (fait.stdout.strip(), fait.stderr) == ("PCTI <ne-pas-repondre@exemple.fr>", "")


def sans_blancs(contenu: str) -> str:
    """Spaces of all kinds as one; entities and escapes as the letters they stand for."""
    lisible = html.unescape(contenu).replace("\\u00a0", " ").replace("\u00a0", " ")
    return re.sub(r"\s+", " ", lisible)


def test_le_guide_dit_les_mots_des_ecrans() -> None:
    ecrans = sans_blancs(
        "\n".join(
            fichier.read_text(encoding="utf-8")
            for dossier, fin in (("templates", "html"), ("static", "js"), *((piece, "py") for piece in PIECES))
            for fichier in (RACINE / dossier).rglob(f"*.{fin}")
        )
    )
    dits = set(re.findall(r"« ([^»]+) »", sans_blancs(texte("docs/guide.md"))))
    assert "Emporter cette carte" in dits
    assert sorted(mots for mots in dits - EXEMPLES if mots.rstrip("…") not in ecrans) == []
