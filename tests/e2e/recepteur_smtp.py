"""A mail server for the tests: it accepts everything and counts, which a real mailbox would not do for us."""

import socketserver
import threading
import time
from collections import Counter
from email import message_from_bytes
from types import TracebackType
from typing import Self


class _Session(socketserver.StreamRequestHandler):
    server: "RecepteurSmtp"

    def handle(self) -> None:
        self._dire("220 essai")
        for ligne in self.rfile:
            verbe = ligne.split(b" ", 1)[0].strip().upper()
            if verbe == self.server.coupe:
                return
            if verbe == b"DATA":
                self._dire("354 allez-y")
                message = self._message()
                time.sleep(self.server.delai)
                self.server.compter(message)
                if self.server.sans_recu:
                    return
                self._dire("250 reçu")
            elif verbe == b"QUIT":
                self._dire("221 au revoir")
                return
            else:
                self._dire("250 d'accord")

    def _message(self) -> bytes:
        lignes = []
        for ligne in self.rfile:
            if ligne.rstrip(b"\r\n") == b".":
                break
            lignes.append(ligne)
        return b"".join(lignes)

    def _dire(self, mots: str) -> None:
        self.wfile.write(mots.encode() + b"\r\n")


class RecepteurSmtp(socketserver.ThreadingTCPServer):
    """``with RecepteurSmtp() as recepteur``: ``.url``, ``.recus[message_id]``, ``.pour[adresse]``."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.recus: Counter[str] = Counter()
        self.pour: Counter[str] = Counter()
        # Seconds taken by each message: a mail server is slower than this machine.
        self.delai = 0.0
        # Takes the message, and the connection breaks before it says so.
        self.sans_recu = False
        # The command at which the connection breaks.
        self.coupe = b""
        self._verrou = threading.Lock()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"

    def compter(self, message: bytes) -> None:
        lu = message_from_bytes(message)
        with self._verrou:
            self.recus[str(lu["Message-ID"]).strip()] += 1
            self.pour[str(lu["To"]).strip()] += 1

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, type_: type[BaseException] | None, valeur: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()
        self.server_close()
