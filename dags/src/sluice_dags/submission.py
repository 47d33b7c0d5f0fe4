"""How the Spark job is submitted: templates that Airflow fills in when the task runs."""

from typing import Any

from sluice_dags.settings import Settings


def submission(settings: Settings) -> dict[str, Any]:
    """Arguments of a SparkSubmitOperator.

    The job takes servers, credentials and the checkpoint from the environment of Airflow's workers, which spark-submit inherits;
    here is only what a run decides, so nothing secret comes into the rendered templates.
    """
    submit = "ti.xcom_pull(task_ids='preflight')['submit']"
    return {
        "spark_binary": "spark-submit",
        "application": f"{{{{ {submit}['application'] }}}}",
        "py_files": f"{{{{ {submit}['py_files'] }}}}",
        "jars": f"{{{{ {submit}['jars'] }}}}",
        "env_vars": {
            "PATH": f"{{{{ {submit}['path'] }}}}",
            "SLUICE_SPARK_ENVIRONMENT": str(settings.spark_environment),
            "TRIGGER": "{{ params.trigger }}",
            "STARTING_OFFSETS": "{{ params.starting_offsets }}",
            "MAX_OFFSETS_PER_TRIGGER": "{{ params.max_offsets_per_trigger }}",
        },
        "verbose": False,
    }
