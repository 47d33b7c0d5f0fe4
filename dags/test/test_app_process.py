"""Running an app by its contract. The app is a script that keeps it; node is the real one."""

import logging
import shutil
from datetime import timedelta
from pathlib import Path
from time import monotonic

import pytest

from sluice_dags.app_process import CONFIGURATION, AppCommand, AppError, AppProcess

_NODE = shutil.which("node") or "node"
_SOON = timedelta(seconds=30)
_log = logging.getLogger("task")


def _start(folder: Path, source: str, *arguments: str, node: str = _NODE) -> AppProcess:
    script = folder / "main.js"
    script.write_text(source)
    return AppProcess(AppCommand("producer", node, script, arguments), environment={"SETTING": "a"}, log=_log)


def test_the_last_line_is_the_result_and_the_log_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    source = """
      console.error(JSON.stringify({ level: 'warn', msg: 'Kafka is away', pid: 1 }));
      console.log('starting');
      console.log(JSON.stringify({ fetched: Number(process.argv[3]), env: Object.keys(process.env).join() }));
    """
    with caplog.at_level(logging.INFO):
        assert _start(tmp_path, source, "run", "7").result(_SOON) == {"fetched": 7, "env": "SETTING"}
    assert caplog.record_tuples == [("task", logging.WARNING, "producer: Kafka is away")]


def test_a_failure_says_the_last_words_of_the_app_whole(tmp_path: Path) -> None:
    source = """
      console.error(JSON.stringify({ level: 'info', msg: 'not this' }));
      console.error('producer: settings are not valid:\\n- KAFKA_BROKERS\\n- SOURCE_URL');
      process.exitCode = 78;
    """
    with pytest.raises(AppError) as raised:
        _start(tmp_path, source, "run").result(_SOON)
    assert raised.value.code == CONFIGURATION
    message = "producer run ended with exit code 78: producer: settings are not valid:\n- KAFKA_BROKERS\n- SOURCE_URL"
    assert str(raised.value) == message


def test_a_failure_keeps_the_report_that_was_printed(tmp_path: Path) -> None:
    with pytest.raises(AppError) as raised:
        _start(tmp_path, "console.log('{\"ok\":false}'); process.exitCode = 1;").result(_SOON)
    assert raised.value.result == {"ok": False}


def test_no_result_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(AppError, match="printed no JSON object"):
        _start(tmp_path, "console.log('[1]')").result(_SOON)


def test_an_app_that_waits_for_its_server_is_ended_and_its_reason_told(tmp_path: Path) -> None:
    source = """
      process.on('SIGTERM', () => process.exit(0));
      console.error(JSON.stringify({ level: 'warn', msg: 'Cassandra cannot be reached' }));
      setInterval(() => {}, 1000);
    """
    started = monotonic()
    with pytest.raises(AppError, match=r"was ended after 1\.5 s: Cassandra cannot be reached") as raised:
        _start(tmp_path, source).result(timedelta(seconds=1.5))
    assert raised.value.code is None
    assert monotonic() - started < 15


def test_nothing_goes_on_once_it_is_stopped(tmp_path: Path) -> None:
    process = _start(tmp_path, "setInterval(() => {}, 1000)")
    process.stop()
    with pytest.raises(AppError, match="exit code -15"):
        process.result(_SOON)


def test_what_is_missing_is_named_with_its_remedy(tmp_path: Path) -> None:
    with pytest.raises(AppError, match=r"producer is not built.*npx nx run producer:build") as raised:
        AppProcess(AppCommand("producer", _NODE, tmp_path / "main.js", []), environment={}, log=_log)
    assert raised.value.code == CONFIGURATION
    with pytest.raises(AppError, match="SLUICE_NODE"):
        _start(tmp_path, "", node=str(tmp_path / "node"))
