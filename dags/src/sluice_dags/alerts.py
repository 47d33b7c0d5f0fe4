"""What becomes of a task that failed for good, and of a run that is late: one JSON line in the log.

Where the Airflow Variable `sluice_alert_webhook` is set (or AIRFLOW_VAR_SLUICE_ALERT_WEBHOOK), the same JSON is posted to
that address.
"""

import json
import logging
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import datetime
from typing import Any

_log = logging.getLogger(__name__)
_WEBHOOK = "sluice_alert_webhook"
_TIMEOUT_SECONDS = 10
_LONGEST_ERROR = 500
# As redactUrls of the libraries: user and password, values of parameters, the fragment.
_USER_IN_URL = re.compile(r"(?<=//)[^\s/?#\"'<>]*@")
_REST_OF_URL = re.compile(r"//[^\s\"'<>]+")
_PARAMETER = re.compile(r"([?&;#][^=&;#]*=|[?&;#])[^&;#]+")


def task_failed(context: Mapping[str, Any]) -> None:
    """An `on_failure_callback`: Airflow calls it once, after the last try."""
    task = context["ti"]
    alert(
        "task-failed",
        dag=task.dag_id,
        run=task.run_id,
        task=task.task_id,
        tries=task.try_number,
        error=_short(context.get("exception")),
        log=getattr(task, "log_url", None),
    )


def deadline_missed(context: Mapping[str, Any], after: str) -> None:
    """A callback of a deadline: the run goes on, but longer than it should."""
    run = context.get("dag_run") or {}
    fields = run if isinstance(run, Mapping) else vars(run)
    alert("deadline-missed", dag=fields.get("dag_id"), run=fields.get("run_id") or fields.get("dag_run_id"), after=after)


def alert(event: str, **fields: object) -> None:
    """Says it in one line of the log, and to the webhook.

    Never raises: an alert that cannot be sent must not hide its reason.
    """
    line = json.dumps({"event": event, **fields}, default=_as_text)
    _log.error(line)
    try:
        address = _webhook()
        if address:
            _post(address, line)
    # the address may hold a key: only the kind of the failure is logged
    except urllib.error.HTTPError as error:
        _log.warning("the alert was not sent: the webhook answered %s", error.code)
    except Exception as error:
        _log.warning("the alert was not sent: %s", type(error).__name__)


def _webhook() -> str | None:
    # when the alert is raised, not when the DAG is parsed: the Variable may come from a secrets backend
    from airflow.sdk import Variable

    address: str | None = Variable.get(_WEBHOOK, default=None)
    return address


def _post(address: str, body: str) -> None:
    if not address.startswith(("http://", "https://")):
        raise ValueError("the webhook is no http or https address")
    request = urllib.request.Request(address, body.encode(), {"content-type": "application/json"}, method="POST")
    with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:
        response.read()


def _short(error: object) -> str | None:
    if error is None:
        return None
    text = _redact_urls(" ".join(str(error).split()) or type(error).__name__)
    return text if len(text) <= _LONGEST_ERROR else f"{text[:_LONGEST_ERROR]}…"


def _redact_urls(text: str) -> str:
    def without_values(url: re.Match[str]) -> str:
        found = re.search(r"[?#]", url[0])
        at = found.start() if found else len(url[0])
        return url[0][:at] + _PARAMETER.sub(r"\1***", url[0][at:])

    return _REST_OF_URL.sub(without_values, _USER_IN_URL.sub("***@", text))


def _as_text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
