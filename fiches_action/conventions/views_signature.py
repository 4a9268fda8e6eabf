"""Being written."""

from django.http import Http404, HttpRequest, HttpResponse


def _bientot(request: HttpRequest, **_: object) -> HttpResponse:
    raise Http404


liste = creer = detail = partie = retirer_partie = ajouter_partie = conditions = apercu = agir = relancer = _bientot
resceller = avancement = document = preuves = signer = code = refuser = verifier = _bientot
