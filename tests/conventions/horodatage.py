"""A time-stamping service outside the portal: the real protocol (RFC 3161 over HTTP), on the loopback."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from asn1crypto import tsp

from fiches_action.conventions import autorite


class ServiceHorodatage(ThreadingHTTPServer):
    """``panne``: "" (answers), "503", "refus" (a refusal in the protocol), "muet" (holds the line)."""

    daemon_threads = True

    def __init__(self, dossier: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Reponse)
        dossier.mkdir(parents=True, exist_ok=True)
        autorite._creer(dossier)
        self.horodateur = autorite.AutoriteLocale(dossier).horodateur()
        self.panne = ""
        self.recues = 0
        # Set at each request received; a held line is let go when « lacher » is set.
        self.arrivee = threading.Event()
        self.lacher = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/tsa"


class _Reponse(BaseHTTPRequestHandler):
    server: ServiceHorodatage

    def do_POST(self) -> None:
        corps = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.recues += 1
        self.server.arrivee.set()
        if self.server.panne == "503":
            self.send_error(503)
            return
        if self.server.panne == "muet":
            self.server.lacher.wait(60)
            return
        if self.server.panne == "refus":
            reponse = tsp.TimeStampResp({"status": tsp.PKIStatusInfo({"status": tsp.PKIStatus("rejection")})})
        else:
            assert self.headers["Content-Type"] == "application/timestamp-query"
            reponse = self.server.horodateur.repondre(tsp.TimeStampReq.load(corps))
        octets = reponse.dump()
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(octets)))
        self.end_headers()
        self.wfile.write(octets)

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


@contextmanager
def service(dossier: Path) -> Iterator[ServiceHorodatage]:
    serveur = ServiceHorodatage(dossier)
    fil = threading.Thread(target=serveur.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    fil.start()
    try:
        yield serveur
    finally:
        serveur.lacher.set()
        serveur.shutdown()
        serveur.server_close()
        fil.join(5)
