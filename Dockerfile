# Builds the wheel and its environment from the locks, then keeps only the environment.
# A tag moves; whoever publishes an image pins it: --build-arg BASE=debian:bookworm-slim@sha256:... (deploy/README.md).
ARG BASE=debian:bookworm-slim
FROM ${BASE} AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY requirements/run.txt requirements/build.txt requirements/
RUN python3 -m venv tools \
    && tools/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements/build.txt \
    && python3 -m venv /opt/maraude \
    && /opt/maraude/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements/run.txt
COPY pyproject.toml README.md ./
COPY app app
COPY migrations migrations
RUN tools/bin/hatchling build -t wheel -d dist \
    && /opt/maraude/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-index dist/*.whl \
    && /opt/maraude/bin/pip uninstall --yes setuptools pip \
    && python3 -m compileall -q /opt/maraude/lib

FROM ${BASE}
# Nothing in here may become somebody else: the system's setuid programs are made ordinary ones.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3 \
    && rm -rf /var/lib/apt/lists/* \
    && find / -xdev -type f -perm /6000 -exec chmod a-s {} + \
    && groupadd --gid 10001 maraude \
    && useradd --no-create-home --uid 10001 --gid maraude --home-dir /var/lib/maraude --shell /usr/sbin/nologin maraude \
    && install -d -o maraude -g maraude -m 0700 /var/lib/maraude /var/lib/maraude/keys /var/lib/maraude/anchors
COPY --from=build /opt/maraude /opt/maraude
ENV PATH=/opt/maraude/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MARAUDE_DATABASE_URL=sqlite:////var/lib/maraude/maraude.db \
    MARAUDE_KEYS_DIR=/var/lib/maraude/keys \
    MARAUDE_ANCHORS_DIR=/var/lib/maraude/anchors
# Everything the service writes is in here: the rest may be mounted read-only.
WORKDIR /var/lib/maraude
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python3", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["maraude"]
CMD ["serve", "--host", "0.0.0.0"]
