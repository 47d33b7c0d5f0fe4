"""Publishes users of the RandomUser API to the topic `user_records`, by the built producer (`producer run`).

| param | |
| --- | --- |
| `count` | users to publish, 1 to 1,000,000 |
| `duration` | how long to publish, such as `60s` or `5m`; with `count`, whatever is first |

Every published user is acknowledged by Kafka before the run succeeds. A try that fails may have published some of its
users; the next try publishes others. By hand: `airflow dags trigger ingest_users --conf '{"count": 500}'`.
"""

import os

from airflow.sdk import DAG, Param

from sluice_dags.defaults import USERS, run_deadline, task_defaults
from sluice_dags.operators import PublishUsersOperator
from sluice_dags.settings import load_settings

_settings = load_settings(os.environ)

with DAG(
    dag_id="ingest_users",
    description="Publishes users of the RandomUser API to Kafka",
    doc_md=__doc__,
    schedule=_settings.ingest_schedule,
    catchup=False,
    max_active_runs=1,
    tags=["sluice", "kafka", "producer"],
    default_args=task_defaults(_settings),
    deadline=run_deadline(_settings),
    params={
        "count": Param(1000, type=["integer", "null"], minimum=1, maximum=1_000_000, title="Users to publish"),
        "duration": Param(
            None, type=["string", "null"], pattern=r"^[1-9]\d{0,4}(s|m|h)$", title="Time to publish for, such as 60s"
        ),
    },
):
    PublishUsersOperator(
        task_id="publish",
        settings=_settings,
        count="{{ params.count }}",
        duration="{{ params.duration }}",
        outlets=[USERS],
        doc_md="Runs `producer run`; returns `{fetched, produced, deadLettered, seconds}`.",
    )
