"""`solve_day` and `solve_vrptw`, as somebody types them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.dispatch.optimiser.field import check, day, engineer, order, random_day
from tests.dispatch.optimiser.test_vrptw import made_up

ROOT = Path(__file__).resolve().parents[3]


def run(*words: str, **options: Any) -> dict[str, Any]:
    out = StringIO()
    call_command(*words, stdout=out, steps=20, threads=1, **options)
    told: dict[str, Any] = json.loads(out.getvalue())
    return told


def test_solve_day_writes_a_whole_plan_and_tells_its_cost(tmp_path: Path) -> None:
    given = random_day(3)
    source, target = tmp_path / "day.json", tmp_path / "plan.json"
    source.write_text(json.dumps(given))
    told = run("solve_day", str(source), output=str(target))
    wrong, cost = check(given, json.loads(target.read_text()))
    assert wrong == [] and told["cost_hours"] == round(cost / 3600, 2) and told["of"] == 40
    planned = {order for route in json.loads(target.read_text())["routes"].values() for order in route}
    assert planned.isdisjoint(told["unserved"]) and len(planned) + len(told["unserved"]) == told["of"]
    assert sorted(tmp_path.iterdir()) == [source, target]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is not JSON"),
        ("[1]", "holds no day"),
        ("[" * 100_000, "nested too deeply"),
        (json.dumps(day([engineer(1)], [order(7, seconds=0)])), "Order 7"),
        (json.dumps(day([engineer(1)], [order(7, y=float("nan"))])), "Order 7"),
    ],
)
def test_solve_day_leaves_an_older_plan_alone_when_it_fails(text: str, words: str, tmp_path: Path) -> None:
    source, target = tmp_path / "day.json", tmp_path / "plan.json"
    source.write_text(text)
    target.write_text("older")
    with pytest.raises(CommandError, match=words):
        run("solve_day", str(source), output=str(target))
    assert target.read_text() == "older" and len(list(tmp_path.iterdir())) == 2


def test_solve_day_says_what_it_cannot_read_or_write(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        run("solve_day", str(tmp_path / "none.json"), output=str(tmp_path / "plan.json"))
    source = tmp_path / "day.json"
    source.write_text(json.dumps(day([engineer(1)], [])))
    with pytest.raises(CommandError, match="is not a folder"):
        run("solve_day", str(source), output=str(tmp_path / "none" / "plan.json"))


def test_solve_vrptw_prints_distance_routes_and_whether_they_hold(tmp_path: Path) -> None:
    path = tmp_path / "made_up.txt"
    path.write_text(made_up(20))
    told = run("solve_vrptw", str(path))
    assert told["feasible"] and told["distance"] > 0
    assert sorted(i for route in told["routes"] for i in route) == list(range(1, 21))
    with pytest.raises(CommandError, match="cannot be read"):
        run("solve_vrptw", str(tmp_path / "none.txt"))
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CommandError, match="cannot be read"):
        run("solve_vrptw", str(path))


@pytest.mark.parametrize("budget", ["0", "-1", "nan", "soon", "1e9"])
def test_a_budget_must_be_seconds(budget: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="budget"):
        call_command("solve_vrptw", str(tmp_path / "x"), "--budget-seconds", budget)


def test_compiled_code_is_kept_where_it_may_be_written(tmp_path: Path) -> None:
    code = "from dispatch.optimiser.kernel.compiled import home; print(home())"
    places = {"NUMBA_CACHE_DIR": str(tmp_path / "named"), "FIELDSERVICE_COMPILED": str(tmp_path / "spare")}
    told = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | places,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(told.stdout.strip()).parent == tmp_path / "named"
