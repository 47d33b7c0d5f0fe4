"""What a preflight finds missing, and what it says of it."""

from pathlib import Path

from sluice_dags.preflight import check_problems, setting_problems, spark_artefacts


def _built(home: Path) -> Path:
    job = home / "spark-jobs"
    for name in [
        "dist/user_records_stream.py",
        "dist/sluice_spark.zip",
        "dist/jars/b.jar",
        "dist/jars/a.jar",
        ".venv/bin/spark-submit",
    ]:
        (job / name).parent.mkdir(parents=True, exist_ok=True)
        (job / name).touch()
    return job


def test_what_was_built_is_submitted(tmp_path: Path) -> None:
    job = _built(tmp_path)
    found = spark_artefacts(tmp_path, job / ".venv", path="/usr/bin")
    assert found.problems == []
    assert found.artefacts is not None
    assert found.artefacts["application"] == str(job / "dist/user_records_stream.py")
    assert found.artefacts["py_files"] == str(job / "dist/sluice_spark.zip")
    assert found.artefacts["jars"] == f"{job}/dist/jars/a.jar,{job}/dist/jars/b.jar"
    first, rest = found.artefacts["path"].split(":", 1)
    assert (Path(first) / "spark-submit").is_file()
    assert rest == "/usr/bin"


def test_what_is_not_built_is_named_with_the_command_that_builds_it(tmp_path: Path) -> None:
    found = spark_artefacts(tmp_path, tmp_path / "spark-jobs/.venv", path="/usr/bin")
    assert found.artefacts is None
    assert len(found.problems) == 2
    for problem in found.problems:
        assert str(tmp_path) in problem
        assert "npx nx run spark-jobs:build" in problem


def test_a_checkpoint_has_to_be_named() -> None:
    assert setting_problems({"CHECKPOINT_LOCATION": "/var/lib/sluice/checkpoint"}) == []
    (problem,) = setting_problems({"CHECKPOINT_LOCATION": ""})
    assert "CHECKPOINT_LOCATION" in problem


def test_the_file_with_the_secret_of_the_spark_master_has_to_be_readable(tmp_path: Path) -> None:
    properties = tmp_path / "spark-defaults.conf"
    environment = {"CHECKPOINT_LOCATION": "/var/lib/sluice/checkpoint", "SLUICE_SPARK_PROPERTIES": str(properties)}
    (problem,) = setting_problems(environment)
    assert problem.startswith(f"SLUICE_SPARK_PROPERTIES: {properties} cannot be read")
    properties.touch()
    assert setting_problems(environment) == []


def test_what_the_writer_misses_comes_with_its_remedy() -> None:
    report = {"ok": False, "problems": [{"kind": "topic", "message": "there is no topic users", "fix": "run migrate"}]}
    assert check_problems(report) == ["there is no topic users: run migrate"]
    assert check_problems({"ok": True, "problems": []}) == []
    assert check_problems(None) == []
