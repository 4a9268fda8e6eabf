"""The map of all structures in a real Chromium: ready, then panned, against an empty map and against markers.

`python -m bench.carte_nationale`: 35,000 made-up structures (bench.cartes), the portal on a free port, one
browser. Three pages: ours; a Leaflet map with nothing; a Leaflet map where each structure is a marker added
one by one. A frame is long above 50 ms. Writes bench/carte_nationale.json.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

OPTIONS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
LONGUE_MS = 50
IMAGES = """() => {
  window.images = []; let avant = performance.now();
  const suivre = (ici) => {
    window.images.push(ici - avant); avant = ici;
    window.suite = requestAnimationFrame(suivre);
  };
  window.suite = requestAnimationFrame(suivre);
}"""
NUE = """async ({ adresse, avecReperes }) => {
  const element = document.getElementById("carte");
  element.replaceChildren();
  const debut = performance.now();
  const carte = L.map(element).setView([46.6, 2.4], 6);
  if (avecReperes) {
    const c = await (await fetch(adresse)).json();
    let [lat, lon] = [0, 0];
    for (let rang = 0; rang < c.id.length; rang += 1) {
      lat += c.lat[rang]; lon += c.lon[rang];
      L.marker([lat * c.pas, lon * c.pas]).addTo(carte);
    }
  }
  await new Promise((fini) => requestAnimationFrame(() => requestAnimationFrame(fini)));
  return performance.now() - debut;
}"""


def _glisser(page: Any) -> dict[str, float]:
    """Drag the map in a square, five times; the frames seen meanwhile."""
    boite = page.locator("#carte").bounding_box()
    x, y = boite["x"] + boite["width"] / 2, boite["y"] + boite["height"] / 2
    page.evaluate(IMAGES)
    for dx, dy in ((200, 0), (0, 120), (-200, 0), (0, -120), (150, 80)):
        page.mouse.move(x, y)
        page.mouse.down()
        for pas in range(1, 21):
            page.mouse.move(x + dx * pas / 20, y + dy * pas / 20)
        page.mouse.up()
        page.wait_for_timeout(400)
    images = page.evaluate("() => { cancelAnimationFrame(window.suite); return window.images.slice(1); }")
    return {
        "images": len(images),
        "longues": sum(duree > LONGUE_MS for duree in images),
        "pire_ms": round(max(images), 1),
        "mediane_ms": round(statistics.median(images), 1),
    }


def _mesurer(navigateur: Any, base: str) -> dict[str, Any]:
    resultats: dict[str, Any] = {}
    # On a machine of two cores at work for others, thirty-five thousand markers take minutes.
    navigateur = navigateur.new_context()
    navigateur.set_default_timeout(600_000)
    page = navigateur.new_page(viewport={"width": 1280, "height": 900})
    debut = time.perf_counter()
    page.goto(f"{base}/cartes/ensemble/?vue=46.6,2.4,6")
    page.wait_for_selector("#carte[data-prete]", state="attached", timeout=120_000)
    prete = (time.perf_counter() - debut) * 1000
    resultats["la nôtre"] = {"prete_ms": round(prete), **_glisser(page)}
    adresse = page.evaluate("JSON.parse(document.getElementById('carte-reglages').textContent).points")
    page.close()
    for nom, avec in (("carte vide", False), ("repères un à un", True)):
        page = navigateur.new_page(viewport={"width": 1280, "height": 900})
        page.route("**/cartes/ensemble.js*", lambda route: route.abort())
        page.goto(f"{base}/cartes/ensemble/", wait_until="load", timeout=120_000)
        page.set_default_timeout(300_000)
        duree = page.evaluate(NUE, {"adresse": adresse, "avecReperes": avec})
        resultats[nom] = {"prete_ms": round(duree), **_glisser(page)}
        page.close()
    return resultats


def main() -> None:
    from playwright.sync_api import sync_playwright

    racine = Path(__file__).resolve().parent.parent
    with socket.socket() as prise:
        prise.bind(("127.0.0.1", 0))
        port = prise.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="pcti-bench-") as var:
        # A database already filled may be given, to measure again without waiting.
        os.environ["PCTI_VAR"] = os.environ.get("PCTI_BENCH_VAR", var)
        env = {**os.environ, "PORT": str(port), "DJANGO_SETTINGS_MODULE": "pcti.settings"}
        if "PCTI_BENCH_VAR" not in os.environ:
            remplir = "import django; django.setup(); from bench.cartes import preparer; preparer()"
            subprocess.run([sys.executable, "-c", remplir], env=env, cwd=racine, check=True)  # noqa: S603
        serveur = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "gunicorn", "pcti.wsgi", "-b", f"127.0.0.1:{port}", "--threads", "4"],
            env=env, cwd=racine, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        base = f"http://127.0.0.1:{port}"
        try:
            _attendre(f"{base}/sante/")
            with sync_playwright() as p:
                navigateur = p.chromium.launch(executable_path=shutil.which("chromium"), args=OPTIONS)
                # The server has written its bodies: all three pages begin alike.
                for chemin in ("/cartes/ensemble/", "/cartes/points.json"):
                    navigateur.new_page().goto(f"{base}{chemin}", timeout=120_000)
                resultats = _mesurer(navigateur, base)
                navigateur.close()
        finally:
            serveur.terminate()
            serveur.wait(20)
    texte = json.dumps(resultats, ensure_ascii=False, indent=1) + "\n"
    (racine / "bench" / "carte_nationale.json").write_text(texte, encoding="utf-8")
    sys.stdout.write(texte)


def _attendre(adresse: str) -> None:
    for _ in range(120):
        try:
            with urllib.request.urlopen(adresse, timeout=2):  # noqa: S310 - ours
                return
        except urllib.error.HTTPError:
            return  # it answers: that no worker runs is not our matter here
        except OSError:
            time.sleep(0.5)
    raise RuntimeError("le portail ne répond pas")


if __name__ == "__main__":
    main()
