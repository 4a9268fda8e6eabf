"""Offered, asked, and the gap, service by service, in one bassin."""

from dataclasses import dataclass

from offres.models import Besoin, Offre, Service


@dataclass(frozen=True)
class LigneService:
    """Yearly volumes that structures declare (not results: never masked for signed-in partners)."""

    libelle: str
    unite: str
    offres: int
    besoins: int
    volume_offert: int
    volume_demande: int

    @property
    def ecart(self) -> int:
        """What is missing (0 when the offers cover the needs)."""
        return max(0, self.volume_demande - self.volume_offert)


def volumes_du_bassin(code: str) -> list[LigneService]:
    """Services that somebody offers or asks in the bassin, in the order of the nomenclature. Three queries."""
    offres = {v.service_id: v for v in Offre.objects.publiees().du_bassin(code).volumes_par_service_et_bassin()}
    besoins = {v.service_id: v for v in Besoin.objects.publiees().du_bassin(code).volumes_par_service_et_bassin()}
    lignes = []
    for service in Service.objects.order_by("ordre"):
        offre, besoin = offres.get(service.pk), besoins.get(service.pk)
        if offre is None and besoin is None:
            continue
        lignes.append(
            LigneService(
                libelle=service.libelle,
                unite=service.unite_volume,
                offres=offre.lignes if offre else 0,
                besoins=besoin.lignes if besoin else 0,
                volume_offert=offre.volume if offre else 0,
                volume_demande=besoin.volume if besoin else 0,
            )
        )
    return lignes
