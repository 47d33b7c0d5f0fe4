# Spark with the job in it: for the master, the worker, and spark-submit of the job itself.
FROM debian:bookworm-slim AS build
RUN apt-get update \
  && apt-get install -y --no-install-recommends maven openjdk-17-jre-headless python3 python3-pip python3-venv
WORKDIR /workspace
COPY spark-jobs/pom.xml spark-jobs/
RUN --mount=type=cache,target=/root/.m2/repository \
  mvn -q -B -f spark-jobs/pom.xml org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
    -DoutputDirectory=/out/jars -DincludeScope=runtime
COPY libs/user-schema/avro libs/user-schema/avro
COPY spark-jobs spark-jobs
# The wheel under a name that Spark takes, made by what the lock has.
RUN --mount=type=cache,target=/root/.cache/pip \
  awk '/^[a-z]/ { keep = /^(hatchling|packaging|pathspec|pluggy|tomlkit|trove-classifiers)==/ } keep' \
    spark-jobs/requirements.lock > /build.lock \
  && python3 -m venv /build \
  && /build/bin/pip install --quiet --no-deps --require-hashes -r /build.lock \
  && /build/bin/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir /wheel ./spark-jobs \
  && mv /wheel/*.whl /out/sluice_spark.zip \
  && cp spark-jobs/src/user_records_stream.py /out/ \
  # Spark itself is in the base image; tools for development stay out.
  && awk '/^[a-z]/ { keep = $0 !~ /^(pyspark|py4j|ast-serialize|chispa|hatchling|iniconfig|librt|mypy|mypy-extensions|pathspec|pluggy|prettytable|pyarrow-stubs|pygments|pytest|ruff|tomlkit|trove-classifiers)==/ } keep' \
    spark-jobs/requirements.lock > /requirements.lock

FROM apache/spark:4.1.1-scala2.13-java17-python3-ubuntu
USER root
# The driver may run in Airflow's image: the same Python at the same path there.
RUN apt-get update \
  && apt-get install -y --no-install-recommends python3.11 python3.11-venv \
  && rm -rf /var/lib/apt/lists/*
COPY --from=build /requirements.lock /tmp/requirements.lock
RUN --mount=type=cache,target=/root/.cache/pip \
  python3.11 -m venv /opt/sluice/spark-jobs/.venv \
  && /opt/sluice/spark-jobs/.venv/bin/pip install --quiet --no-deps --require-hashes -r /tmp/requirements.lock \
  && rm /tmp/requirements.lock
COPY --from=build /out /opt/sluice/spark-jobs/dist
COPY spark-jobs/conf infra/config/spark/spark-defaults.conf /opt/sluice/spark-jobs/conf/
COPY infra/config/spark/with-spark-conf.sh /opt/sluice/bin/
# Airflow's tasks and Spark's executors are other users and share it.
RUN install -d -m 0777 /var/lib/sluice/checkpoint
LABEL org.opencontainers.image.title="sluice spark" \
  org.opencontainers.image.description="Apache Spark with the Sluice job" \
  org.opencontainers.image.licenses="Apache-2.0"
# Without the secret that with-spark-conf.sh adds, a master does not start.
ENV SPARK_CONF_DIR=/opt/sluice/spark-jobs/conf \
  PYSPARK_PYTHON=/opt/sluice/spark-jobs/.venv/bin/python \
  PYSPARK_DRIVER_PYTHON=/opt/sluice/spark-jobs/.venv/bin/python
USER spark
