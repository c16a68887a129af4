# syntax=docker/dockerfile:1
# The product in production: docs/operating.md says how to run it.

FROM python:3.13-slim-bookworm AS build
WORKDIR /app
COPY requirements/run.txt requirements/run.txt
RUN python -m venv .venv && .venv/bin/python -m pip install --no-cache-dir --require-hashes \
    --no-deps --only-binary :all: --requirement requirements/run.txt

FROM python:3.13-slim-bookworm
WORKDIR /app
COPY system-packages.txt .
RUN apt-get update \
    && apt-get install --yes --no-install-recommends $(awk '$1 == "run" { print $2 }' system-packages.txt) \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin policygen \
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
    POLICYGEN_ENV=production \
    POLICYGEN_DATA_DIR=/data
# The values of this one step are thrown away: collecting static files needs settings, not secrets.
RUN python -m compileall -q policygen \
    && POLICYGEN_SECRET_KEY=$(head -c 60 /dev/urandom | base64 --wrap 0) \
    POLICYGEN_ALLOWED_HOSTS=localhost POLICYGEN_SMTP_URL=console POLICYGEN_MAIL_FROM=root@localhost \
    python manage.py collectstatic --no-input --verbosity 0
USER policygen
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "setup/container/healthcheck.py"]
CMD ["setup/container/serve.sh"]
