"""Days in the field put to other solvers, as well as each can express them.

None of them knows a deadline that may be missed at a fixed price, so `start_by` bounds the start for all
three. Each is stopped by the processor time of this process, except VROOM, which cannot be stopped.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dispatch.optimiser.days import UNSERVED_SECONDS, plane

Day = dict[str, Any]
Routes = list[list[int]]
"""For each engineer the places of orders in the day's list, in driving order."""
OUT_OF_REACH = 1_000_000


def vroom(day: Day, _seconds: float) -> Routes:
    """VROOM 1.14: everything but missed deadlines; what an order is worth becomes its priority of 0 to 100."""
    import vroom as library

    engineers, orders, travel = day["engineers"], day["orders"], _travel(day)
    solver = library.Input()
    solver.set_durations_matrix("car", travel.astype(np.uint32))
    for number, engineer in enumerate(engineers):
        pauses = [_vroom_pause(library, day["lunch"], number)] if day["lunch"] else []
        solver.add_vehicle(
            library.Vehicle(
                number,
                start=len(orders) + number,
                end=len(orders) + number,
                skills={*engineer["can"], 1000 + number},
                time_window=library.TimeWindow(*engineer["shift"]),
                breaks=pauses,
            )
        )
    for number, order in enumerate(orders):
        needs = set(order["needs"])
        if order["locked"]:
            needs = {1000 + _index(engineers, order["locked"]["engineer"])}
        job = library.Job(
            number,
            number,
            service=order["seconds"],
            skills=needs,
            priority=100 if order["locked"] else UNSERVED_SECONDS[order["priority"]] // 400,
            time_windows=[library.TimeWindow(*_window(order))],
        )
        solver.add_job(job)
    found = solver.solve(exploration_level=5, nb_threads=2)
    routes: Routes = [[] for _engineer in engineers]
    steps = found.routes[found.routes["type"] == "job"]
    for vehicle, job_id in zip(steps["vehicle_id"], steps["id"], strict=True):
        routes[int(vehicle)].append(int(job_id))
    return routes


def _vroom_pause(library: Any, lunch: Any, number: int) -> Any:
    window = library.TimeWindow(lunch["from"], lunch["to"])
    return library.Break(number, time_windows=[window], service=lunch["seconds"])


def pyvrp(day: Day, seconds: float) -> Routes:
    """PyVRP 0.14: no lunch (shifts are shorter by it) and no skills (a matrix for each engineer)."""
    from pyvrp import Client, Depot, Location, ProblemData, VehicleType, solve

    engineers, orders, travel = day["engineers"], day["orders"], _travel(day)
    if len(engineers) * len(travel) ** 2 > 400_000_000:
        raise MemoryError("a matrix for each engineer would take ten gigabytes")
    matrices = []
    for number in range(len(engineers)):
        legs = travel.astype(np.int64)
        barred = [i for i, order in enumerate(orders) if not _may(engineers, number, order)]
        legs[barred, :] = legs[:, barred] = OUT_OF_REACH
        np.fill_diagonal(legs, 0)
        matrices.append(legs)
    pause = day["lunch"]["seconds"] if day["lunch"] else 0
    clients = []
    for number, order in enumerate(orders):
        opens, closes = _window(order)
        prize = OUT_OF_REACH if order["locked"] else UNSERVED_SECONDS[order["priority"]]
        clients.append(
            Client(
                number,
                service_duration=order["seconds"],
                tw_early=opens,
                tw_late=closes,
                prize=prize,
                required=False,
            )
        )
    vehicles = [
        VehicleType(
            1,
            start_depot=number,
            end_depot=number,
            tw_early=engineer["shift"][0],
            tw_late=engineer["shift"][1] - pause,
            profile=number,
        )
        for number, engineer in enumerate(engineers)
    ]
    places = [Location(row["x"], row["y"]) for row in (*orders, *engineers)]
    depots = [Depot(len(orders) + number) for number in range(len(engineers))]
    data = ProblemData(places, clients, depots, vehicles, matrices, matrices)
    until = time.process_time() + seconds
    found = solve(data, lambda _cost: time.process_time() > until, seed=1, collect_stats=False)
    routes: Routes = [[] for _engineer in engineers]
    for route in found.best.routes():
        routes[route.vehicle_type()] = [stop.idx for stop in route if stop.is_client()]
    return routes


def ortools(day: Day, seconds: float) -> Routes:
    """OR-Tools 9.15: everything but missed deadlines; guided local search on one thread."""
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    engineers, orders, travel = day["engineers"], day["orders"], _travel(day)
    bases = list(range(len(orders), len(orders) + len(engineers)))
    manager = pywrapcp.RoutingIndexManager(len(travel), len(engineers), bases, bases)
    model = pywrapcp.RoutingModel(manager)
    legs, work = travel.tolist(), [order["seconds"] for order in orders] + [0] * len(engineers)
    nodes = [manager.IndexToNode(i) for i in range(model.Size() + len(engineers))]
    drive = model.RegisterTransitCallback(lambda a, b: legs[nodes[a]][nodes[b]])
    spend = model.RegisterTransitCallback(lambda a, b: legs[nodes[a]][nodes[b]] + work[nodes[a]])
    model.SetArcCostEvaluatorOfAllVehicles(drive)
    model.AddDimension(spend, 86_400, 2 * 86_400, False, "time")
    clock = model.GetDimensionOrDie("time")
    for number, order in enumerate(orders):
        index = manager.NodeToIndex(number)
        clock.CumulVar(index).SetRange(*_window(order))
        able = [e for e in range(len(engineers)) if _may(engineers, e, order)]
        model.VehicleVar(index).SetValues([-1, *able])
        prize = OUT_OF_REACH if order["locked"] else UNSERVED_SECONDS[order["priority"]]
        model.AddDisjunction([index], prize)
    for number, engineer in enumerate(engineers):
        clock.CumulVar(model.Start(number)).SetValue(engineer["shift"][0])
        clock.CumulVar(model.End(number)).SetRange(*engineer["shift"])
        if day["lunch"]:
            lunch = day["lunch"]
            pause = model.solver().FixedDurationIntervalVar(
                lunch["from"], lunch["to"], lunch["seconds"], False, ""
            )
            clock.SetBreakIntervalsOfVehicle([pause], number, [work[node] for node in nodes[: model.Size()]])
    until = time.process_time() + seconds
    model.AddSearchMonitor(model.solver().CustomLimit(lambda: time.process_time() > until))
    how = pywrapcp.DefaultRoutingSearchParameters()
    how.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    how.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    how.time_limit.FromSeconds(int(10 * seconds) + 10)
    found = model.SolveWithParameters(how)
    routes: Routes = [[] for _engineer in engineers]
    for number in range(len(engineers) if found else 0):
        index = found.Value(model.NextVar(model.Start(number)))
        while not model.IsEnd(index):
            routes[number].append(nodes[index])
            index = found.Value(model.NextVar(index))
    return routes


def _travel(day: Day) -> NDArray[np.int64]:
    """Whole seconds between all orders, then all engineers' homes."""
    places = np.array([(row["x"], row["y"]) for row in (*day["orders"], *day["engineers"])], np.float64)
    return plane(day["speed_mps"])(places, places)


def _window(order: Day) -> tuple[int, int]:
    opens, closes = order["window"]
    return opens, max(opens, min(closes, order["start_by"])) if order["start_by"] is not None else closes


def _index(engineers: list[Day], key: object) -> int:
    return next(number for number, engineer in enumerate(engineers) if engineer["id"] == key)


def _may(engineers: list[Day], number: int, order: Day) -> bool:
    if order["locked"]:
        return bool(engineers[number]["id"] == order["locked"]["engineer"])
    return set(order["needs"]) <= set(engineers[number]["can"])
