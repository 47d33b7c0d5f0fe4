"""Writes the topic `user_records` into the table `worldwide_users.user_records` by the Spark job, then proves it.

1. `preflight` looks for the built job, its settings, both topics, the table and the registry's subject. What is missing
   is named with the command that mends it, and is not tried again; a server that does not answer is.
2. `stream` submits the job by the connection `spark_default`. It goes on from its checkpoint, so a try after a failure,
   or a run by hand after an outage, loses nothing and changes no row twice.
3. `verify` checks that the job has settled all that the topic held at the preflight and, with `verify` = `audit`, that
   every row is what the topic makes it.

| param | |
| --- | --- |
| `trigger` | `availableNow`: all that is there, then end. An interval, as `10s`: until the task's time-out |
| `starting_offsets` | where a job without a checkpoint begins; `committed`: where the group stands, or the first record |
| `max_offsets_per_trigger` | records of one batch |
| `verify` | `audit`: rows and letters by the topic; `lag`: offsets alone, where the topic is too large to be read again |
"""

import os

from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.sdk import DAG, Param

from sluice_dags.defaults import USERS, run_deadline, task_defaults
from sluice_dags.operators import PreflightOperator, VerifyOperator
from sluice_dags.settings import AFTER_INGEST, load_settings
from sluice_dags.submission import submission

_settings = load_settings(os.environ)

with DAG(
    dag_id="stream_users",
    description="Writes the topic into Cassandra by the Spark job, and proves it",
    doc_md=__doc__,
    schedule=[USERS] if _settings.stream_schedule == AFTER_INGEST else _settings.stream_schedule,
    catchup=False,
    # two jobs on one checkpoint would fail each other
    max_active_runs=1,
    tags=["sluice", "spark", "cassandra"],
    default_args=task_defaults(_settings),
    deadline=run_deadline(_settings),
    params={
        "trigger": Param(
            "availableNow",
            type="string",
            pattern=r"^(availableNow|[1-9]\d{0,4}(s|m))$",
            title="availableNow, or an interval such as 10s",
        ),
        "starting_offsets": Param(
            "committed", type="string", enum=["committed", "earliest", "latest"], title="Where a new checkpoint begins"
        ),
        "max_offsets_per_trigger": Param(100_000, type="integer", minimum=1, maximum=10_000_000, title="Records of one batch"),
        "verify": Param("audit", type="string", enum=["audit", "lag"], title="How the run is verified"),
    },
):
    preflight = PreflightOperator(
        task_id="preflight",
        settings=_settings,
        execution_timeout=_settings.preflight_timeout,
        doc_md="Looks for all that the job needs; returns what is submitted, and where the topic ends.",
    )
    stream = SparkSubmitOperator(
        task_id="stream",
        conn_id="spark_default",
        name="user-records-stream",
        **submission(_settings),
        doc_md="Submits the Spark job and waits for its end.",
    )
    verify = VerifyOperator(
        task_id="verify",
        settings=_settings,
        how="{{ params.verify }}",
        before=preflight.output,
        doc_md="Judges offsets and rows; returns `{lag, held, records, keys, rows, refused, letters}`.",
    )
    preflight >> stream >> verify
