"""Health probe of the container: exit 0 when ``/sante/`` answers 200 on this machine. Standard library only."""

import http.client
import os
import sys
from urllib.parse import urlsplit


def main() -> int:
    # The portal only answers to its public name.
    nom = urlsplit(os.environ.get("PCTI_URL", "")).netloc or "127.0.0.1"
    connexion = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "8000")), timeout=8)
    try:
        connexion.request("GET", "/sante/", headers={"Host": nom, "X-Forwarded-Proto": "https"})
        reponse = connexion.getresponse()
        print(reponse.status, reponse.read(500).decode(errors="replace"))
        return 0 if reponse.status == 200 else 1
    except OSError as erreur:
        print(erreur)
        return 1


if __name__ == "__main__":
    sys.exit(main())
