# Airflow with the DAGs and all that they run: producer and stream-writer with Node, the Spark job with spark-submit.
FROM node:24-bookworm-slim AS manifests
WORKDIR /all
COPY . .
RUN mkdir /manifests \
  && find . -name package.json -not -path '*/node_modules/*' -exec cp --parents -t /manifests {} + \
  && cp package-lock.json .npmrc /manifests/

FROM node:24-bookworm-slim AS apps
WORKDIR /workspace
ENV NX_DAEMON=false NX_TUI=false CI=true
COPY --from=manifests /manifests ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund --loglevel=error
COPY . .
# As in app.Dockerfile, with which it shares the layers.
RUN npx nx run-many -t build -p producer stream-writer random-user-server console infra --output-style=static
RUN --mount=type=cache,target=/root/.npm \
  npm ci --omit=dev --workspace=apps/producer --workspace=apps/stream-writer --no-audit --no-fund --loglevel=error \
  && rm -rf node_modules/@sluice \
  && mkdir -p /out/apps \
  && mv node_modules /out/ \
  && for app in producer stream-writer; do \
    mkdir "/out/apps/$app" && cp -r "apps/$app/dist" "apps/$app/package.json" "/out/apps/$app/"; \
    # what the two have in other versions than the rest of the workspace
    if [ -d "apps/$app/node_modules" ]; then cp -r "apps/$app/node_modules" "/out/apps/$app/"; fi; \
  done

FROM debian:bookworm-slim AS job
RUN apt-get update \
  && apt-get install -y --no-install-recommends maven openjdk-17-jre-headless python3 python3-pip python3-venv
WORKDIR /workspace
COPY spark-jobs/pom.xml spark-jobs/
RUN --mount=type=cache,target=/root/.m2/repository \
  mvn -q -B -f spark-jobs/pom.xml org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
    -DoutputDirectory=/out/jars -DincludeScope=runtime
COPY libs/user-schema/avro libs/user-schema/avro
COPY spark-jobs spark-jobs
RUN --mount=type=cache,target=/root/.cache/pip \
  awk '/^[a-z]/ { keep = /^(hatchling|packaging|pathspec|pluggy|tomlkit|trove-classifiers)==/ } keep' \
    spark-jobs/requirements.lock > /build.lock \
  && python3 -m venv /build \
  && /build/bin/pip install --quiet --no-deps --require-hashes -r /build.lock \
  && /build/bin/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir /wheel ./spark-jobs \
  && mv /wheel/*.whl /out/sluice_spark.zip \
  && cp spark-jobs/src/user_records_stream.py /out/ \
  && awk '/^[a-z]/ { keep = $0 !~ /^(ast-serialize|chispa|hatchling|iniconfig|librt|mypy|mypy-extensions|pathspec|pluggy|prettytable|pyarrow-stubs|pygments|pytest|ruff|tomlkit|trove-classifiers)==/ } keep' \
    spark-jobs/requirements.lock > /requirements.lock
COPY dags/requirements.lock dags/
# The provider alone: what else it needs is in the image, and its client of Spark Connect is not used.
RUN awk '/^[a-z]/ { keep = /^apache-airflow-providers-(apache-spark|common-compat)==/ } keep' \
    dags/requirements.lock > /providers.lock

FROM apache/airflow:3.3.2-python3.11
USER root
RUN apt-get update \
  && apt-get install -y --no-install-recommends openjdk-17-jre-headless libstdc++6 \
  && rm -rf /var/lib/apt/lists/*
COPY --from=apps /usr/local/bin/node /usr/local/bin/node
COPY --from=job /requirements.lock /tmp/requirements.lock
# An environment of its own: the Spark provider brings a pyspark without spark-submit into Airflow's.
RUN --mount=type=cache,target=/root/.cache/pip \
  python3.11 -m venv /opt/sluice/spark-jobs/.venv \
  && PIP_USER=false /opt/sluice/spark-jobs/.venv/bin/pip install --quiet --no-deps --require-hashes -r /tmp/requirements.lock \
  && rm /tmp/requirements.lock \
  && install -d -m 0777 /var/lib/sluice/checkpoint
USER airflow
RUN --mount=type=bind,from=job,source=/providers.lock,target=/tmp/providers.lock \
  pip install --quiet --no-cache-dir --no-deps --require-hashes -r /tmp/providers.lock
COPY --from=apps /out /opt/sluice
COPY --from=job /out /opt/sluice/spark-jobs/dist
COPY spark-jobs/conf infra/config/spark/spark-defaults.conf /opt/sluice/spark-jobs/conf/
COPY infra/config/spark/with-spark-conf.sh /opt/sluice/bin/
COPY dags/bin /opt/sluice/dags/bin
COPY dags/src /opt/sluice/dags/src
LABEL org.opencontainers.image.title="sluice airflow" \
  org.opencontainers.image.description="Apache Airflow with the Sluice DAGs and what they run" \
  org.opencontainers.image.licenses="Apache-2.0"
ENV SLUICE_HOME=/opt/sluice SLUICE_NODE=/usr/local/bin/node SPARK_CONF_DIR=/opt/sluice/spark-jobs/conf
