"""35,000 structures over the communes of France in Chromium: ready, moved, zoomed, by the canvas of
« toutes les structures » and by the symbols of a bassin, against an empty Leaflet page and against markers
added one by one.

``python -m bench.navigateur`` prints a table and writes ``bench/navigateur.json``. A frame longer than 50 ms
is one that a person feels; the empty page says how many the machine gives by itself.
"""

from __future__ import annotations

import json
import lzma
import random
import shutil
import statistics
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from playwright.sync_api import TimeoutError, sync_playwright

BANC = Path(__file__).resolve().parent
COMMUNES = BANC / "donnees" / "communes-france.csv.xz"
NOMBRE = 35_000
# One by one: a tenth of them first, for a machine on which the whole never ends.
MANIERES = ("vide", "ensemble", "bassin", "un-a-un:3500", "un-a-un")
FOIS = 3
LONGUE_MS = 50.0
# A page that takes longer is said to be given up.
PATIENCE_MS = 90_000
# A gesture is given up after so many seconds: by then the page has said what it is.
GESTE_S = 15
FAMILLES = (
    "medico-social-enfants", "medico-social-adultes", "emploi", "education", "iae", "emploi-adapte", "formation",
    "institution", "autre",
)  # fmt: skip
GENRES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png",
          ".html": "text/html", ".json": "application/json"}  # fmt: skip


def points() -> list[tuple[float, float]]:
    """Made-up structures, spread over the communes of France as people are (degrees); always the same."""
    lignes = [ligne.split(",") for ligne in lzma.decompress(COMMUNES.read_bytes()).decode().split("\n")]
    hasard = random.Random(5)  # noqa: S311 (not a secret: the same structures at each run)
    tirees = hasard.choices(lignes, [int(ligne[2]) for ligne in lignes], k=NOMBRE)
    return [(float(lat) + hasard.gauss(0, 0.01), float(lon) + hasard.gauss(0, 0.015)) for lat, lon, _ in tirees]


def colonnes() -> bytes:
    """The points as the portal sends them (cartes/points.py): columns of differences."""
    hasard = random.Random(6)  # noqa: S311
    rangs = sorted((round(lat * 1e4), round(lon * 1e4)) for lat, lon in points())
    suites = {"lat": [lat for lat, _ in rangs], "lon": [lon for _, lon in rangs], "id": list(range(1, NOMBRE + 1))}
    corps: dict[str, Any] = {
        nom: [b - a for a, b in zip([0, *suite], suite, strict=False)] for nom, suite in suites.items()
    }
    corps |= {
        "pas": 1e-4, "noms": FAMILLES, "familles": list(range(len(FAMILLES))),
        "type": [hasard.randrange(len(FAMILLES)) for _ in rangs],
    }  # fmt: skip
    return json.dumps(corps, separators=(",", ":")).encode()


def _racines() -> dict[str, Path]:
    leaflet = find_spec("leaflet")
    if leaflet is None or leaflet.origin is None:
        raise SystemExit("django-leaflet n’est pas installé.")
    return {"/static/": BANC.parent / "static", "/leaflet/": Path(leaflet.origin).parent / "static" / "leaflet"}


def servir() -> ThreadingHTTPServer:
    """A server of the page, of our own modules and of Leaflet, on a free port of this machine."""
    corps = {
        "/": (BANC / "navigateur.html").read_bytes(),
        "/banc.js": (BANC / "navigateur.js").read_bytes(),
        "/banc.css": b"html, body, #carte { height: 100%; margin: 0; }",
        "/points.json": colonnes(),
    }
    racines = _racines()

    class Reponse(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            chemin = self.path.split("?")[0]
            contenu = corps.get(chemin)
            for debut, racine in racines.items():
                fichier = racine / chemin.removeprefix(debut)
                if chemin.startswith(debut) and fichier.is_file():
                    contenu = fichier.read_bytes()
            self.send_response(200 if contenu is not None else 404)
            self.send_header("Content-Type", GENRES.get(Path(chemin).suffix, "text/html"))
            self.send_header("Content-Length", str(len(contenu or b"")))
            self.end_headers()
            self.wfile.write(contenu or b"")

        def log_message(self, format: str, *args: Any) -> None:
            """Silent."""

    serveur = ThreadingHTTPServer(("127.0.0.1", 0), Reponse)
    threading.Thread(target=serveur.serve_forever, daemon=True).start()
    return serveur


def _images(page: Any, geste: Any) -> dict[str, float]:
    page.evaluate("banc.relever()")
    geste()
    durees = [float(duree) for duree in page.evaluate("banc.relever()")]
    longues = [duree for duree in durees if duree > LONGUE_MS]
    return {"images": len(durees), "longues": len(longues), "pire_ms": round(max(durees, default=0))}


def _tirer(page: Any) -> None:
    """Drag the map across the screen, four times there and back, as a hand does (until its patience ends)."""
    fin = time.monotonic() + GESTE_S
    for _ in range(4):
        for sens in (1, -1):
            if time.monotonic() > fin:
                return
            page.mouse.move(640 - sens * 250, 400)
            page.mouse.down()
            for pas in range(1, 21):
                page.mouse.move(640 - sens * 250 + sens * 25 * pas, 400 + sens * 5 * pas)
            page.mouse.up()
            page.wait_for_timeout(150)


def _zoomer(page: Any) -> None:
    """Three steps closer, three steps back (until its patience ends)."""
    fin = time.monotonic() + GESTE_S
    for bouton in (".leaflet-control-zoom-in", ".leaflet-control-zoom-out"):
        for _ in range(3):
            if time.monotonic() > fin:
                return
            page.locator(bouton).click()
            page.wait_for_timeout(500)


def mesurer(navigateur: Any, adresse: str, maniere: str) -> dict[str, Any]:
    """One page: ready, dragged, zoomed, filtered."""
    page = navigateur.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{adresse}/?{maniere}", wait_until="commit")
    mesure: dict[str, Any] = {"maniere": maniere, "ajout_ms": None, "prete_ms": PATIENCE_MS}
    try:
        page.wait_for_function("window.banc?.ajout", polling=100)
        mesure["ajout_ms"] = round(page.evaluate("banc.ajout"))
        page.wait_for_function("window.banc?.pret", polling=100)
    except TimeoutError:
        page.close()
        return {**mesure, "abandon": True}
    mesure["prete_ms"] = round(page.evaluate("banc.pret"))
    mesure["chargement"] = _images(page, lambda: page.wait_for_timeout(300))
    mesure["deplacement"] = _images(page, lambda: _tirer(page))
    mesure["zoom"] = _images(page, lambda: _zoomer(page))
    if maniere in ("ensemble", "bassin"):
        mesure["filtre_ms"] = round(statistics.median(page.evaluate("[0,1,2,3,0,1].map((r) => banc.filtrer(r))")), 1)
        mesure["elements"] = page.locator(".leaflet-marker-pane > *").count()
    page.close()
    return mesure


def main() -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("Chromium n’est pas installé.")
    serveur = servir()
    adresse = f"http://127.0.0.1:{serveur.server_address[1]}"
    lignes = []
    with sync_playwright() as playwright:
        navigateur = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for maniere in MANIERES:
            # The median run of a few: the machine may be busy with something else.
            essais = [
                mesurer(navigateur, adresse, maniere) for _ in range(1 if maniere.startswith("un-a-un") else FOIS)
            ]
            lignes.append(sorted(essais, key=lambda essai: essai["prete_ms"])[len(essais) // 2])
            sys.stdout.write(json.dumps(lignes[-1], ensure_ascii=False) + "\n")
        navigateur.close()
    serveur.shutdown()
    resultat = {"points": NOMBRE, "octets": len(colonnes()), "mesures": lignes}
    (BANC / "navigateur.json").write_text(json.dumps(resultat, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
