# The worker in a container: hashed dependencies, no compiler and no pip beside it, an unprivileged numeric user.
#
#   docker build -t sync-worker .
#   docker run --read-only --tmpfs /tmp -v sync-data:/data -v ./config:/config:ro sync-worker
#
# It needs to write /data (the journal: keep it) and /tmp, and nothing else; secrets come as files (client_secret_file) or SYNC_*.
# For a build that can be repeated to the byte, name the base by digest: --build-arg PYTHON_IMAGE=python@sha256:...
ARG PYTHON_IMAGE=docker.io/library/python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS builder
WORKDIR /build
COPY requirements/build.txt requirements/runtime.txt requirements/
# xero-python comes as source alone: its wheel is made here with locked build tools, as is ours.
RUN python -m venv tools \
    && tools/bin/pip install --quiet --no-cache-dir --require-hashes -r requirements/build.txt \
    && tools/bin/pip wheel --quiet --no-cache-dir --no-build-isolation --require-hashes \
        -r requirements/runtime.txt --wheel-dir wheels
COPY pyproject.toml README.md ./
COPY config config
COPY sync_worker sync_worker
RUN tools/bin/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir wheels . \
    && python -m venv --without-pip /app \
    && tools/bin/pip --python /app/bin/python install --quiet --no-index --no-deps wheels/*.whl

FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="sync-worker" \
      org.opencontainers.image.description="Keeps a Salesforce CRM and a Xero organisation in step"
COPY --from=builder /app /app
COPY config/sync_worker.toml /config/sync_worker.toml
# Numeric, so that a cluster can see it is not root.
RUN install -d -o 10001 -g 10001 -m 0750 /data
ENV PATH=/app/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SYNC_CONFIG=/config/sync_worker.toml \
    SYNC_JOURNAL__PATH=/data/journal.db
VOLUME /data
WORKDIR /data
USER 10001:10001
HEALTHCHECK --interval=60s --timeout=20s --start-period=60s --retries=3 CMD ["sync-worker", "status", "--alive"]
# SIGTERM lets the call in flight end first; give it time: docker stop --time 90.
STOPSIGNAL SIGTERM
ENTRYPOINT ["sync-worker"]
CMD ["run"]
