# syntax=docker/dockerfile:1
# The product in production: docs/operating.md says how to run it. Two images: the site (app), which
# is server, worker and beat, and the proxy in front of it.

FROM caddy:2.10.0-alpine AS proxy
# A copy has no file capabilities: it starts where all capabilities are dropped, and needs none, as
# it listens on ports above 1024.
RUN cp /usr/bin/caddy /usr/bin/caddy.plain && mv /usr/bin/caddy.plain /usr/bin/caddy \
    && chown -R 10001:10001 /data
COPY --chmod=644 setup/container/Caddyfile /etc/caddy/Caddyfile
USER 10001:10001
EXPOSE 8080 8443

FROM python:3.13.3-slim-bookworm AS build
WORKDIR /app
COPY requirements/run.txt requirements/run.txt
RUN python -m venv .venv && .venv/bin/python -m pip install --no-cache-dir --require-hashes \
    --no-deps --only-binary :all: --requirement requirements/run.txt

FROM python:3.13.3-slim-bookworm AS app
WORKDIR /app
COPY system-packages.txt .
# The cache of fonts is made here: where the site runs, its file system is read-only.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends $(awk '$1 == "run" { print $2 }' system-packages.txt) \
    && rm -rf /var/lib/apt/lists/* \
    && fc-cache --force --system-only \
    && groupadd --system --gid 10001 policygen \
    && useradd --system --uid 10001 --gid 10001 --home-dir /data --shell /usr/sbin/nologin policygen \
    && install --directory --owner policygen --group policygen --mode 700 /data
COPY --from=build /app/.venv .venv
COPY manage.py ./
COPY policygen policygen
COPY templates templates
COPY static static
COPY clauses clauses
COPY setup/container setup/container
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    POLICYGEN_ENV=production \
    POLICYGEN_DATA_DIR=/data
# The values of this one step are thrown away: collecting static files needs settings, not secrets.
# The files may have been fetched by somebody whose files nobody else may read.
RUN chmod -R a+rX manage.py policygen templates static clauses setup \
    && python -m compileall -q policygen \
    && POLICYGEN_SECRET_KEY=$(head -c 60 /dev/urandom | base64 --wrap 0) \
    POLICYGEN_ALLOWED_HOSTS=localhost POLICYGEN_SMTP_URL=console POLICYGEN_MAIL_FROM=root@localhost \
    python manage.py collectstatic --no-input --verbosity 0
USER policygen
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "setup/container/healthcheck.py"]
CMD ["setup/container/serve.sh"]
