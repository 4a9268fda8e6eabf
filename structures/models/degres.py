"""A position on Earth, as it is kept."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

if TYPE_CHECKING:
    FloatField = models.FloatField[float | None, float | None]
else:
    FloatField = models.FloatField

# One centimetre.
DECIMALES = 7


class DegresField(FloatField):
    """Decimal degrees, written to seven decimals.

    A stray 1e-200 would stop every search by distance on PostgreSQL, which refuses the square of so
    small a number (underflow). The Greenwich meridian crosses the région: longitudes near zero happen.
    """

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        return super().get_db_prep_save(round(value, DECIMALES) if isinstance(value, float) else value, connection)

    def deconstruct(self) -> Any:
        """A plain float for the migrations: the column is the same."""
        nom, _, arguments, options = super().deconstruct()
        return nom, "django.db.models.FloatField", arguments, options
