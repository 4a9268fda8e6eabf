# syntax=docker/dockerfile:1
# Debian 13: its pg_dump is of version 17, as the server of docker-compose.yml; an older one refuses a newer server.
FROM python:3.11-slim-trixie

# What WeasyPrint loads and no wheel carries; pg_dump and pg_restore for the backups.
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 postgresql-client \
    && rm -rf /var/lib/apt/lists/*

RUN useradd --system --uid 10001 --home-dir /srv --shell /usr/sbin/nologin pcti \
    && install -d -o pcti -g pcti -m 750 /srv/var /srv/sauvegardes
WORKDIR /srv/portail

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements.txt ./
RUN pip install --require-hashes --only-binary :all: -r requirements.txt

COPY . .
ENV PCTI_ENV=production PCTI_VAR=/srv/var PCTI_STATIQUES=/srv/statiques
# The key serves this command only: the portal refuses to start in production without its own.
RUN SECRET_KEY=construction-de-l-image PCTI_VAR=/tmp/var python manage.py collectstatic --noinput -v 0 \
    && rm -rf /tmp/var

USER pcti
VOLUME ["/srv/var", "/srv/sauvegardes"]
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "sonde.py"]
CMD ["gunicorn", "pcti.wsgi", "--bind", "0.0.0.0:8000", "--workers", "3", "--threads", "4", "--timeout", "60", \
     "--worker-tmp-dir", "/dev/shm", "--no-control-socket", "--access-logfile", "-"]
