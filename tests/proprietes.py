"""What the property tests that write in the database share."""

from hypothesis import HealthCheck, settings

# A quarter of what the profile asks (tests/conftest.py): each example writes rows. The test cleans before
# each example, or writes nothing that the next one reads: its fixtures are made once for all of them.
EN_BASE = settings(
    max_examples=settings.default.max_examples // 4 if settings.default else 25,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
