"""Pure routing put to other solvers: instances in Solomon's format, in tenths, and one of 1,000 made up.

Each is stopped by the processor time of this process, except VROOM, which cannot be stopped.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from random import Random

import numpy as np
from numpy.typing import NDArray

from bench.optimiser import STEPS_PER_CPU_SECOND
from dispatch.optimiser import vrptw
from dispatch.optimiser.search import ROUNDS, Budget, solve
from dispatch.optimiser.vrptw import TENTHS, Customer, Instance

Routes = list[list[int]]
Span = tuple[int, int]
CUSTOMERS, VEHICLES, CAPACITY, CLUSTERS, SIDE, DUE = 1_000, 250, 200, 60, 500, 1_925
"""As in Gehring and Homberger's instances of the first kind: a wide place, small vans, a short day."""


def made_up(customers: int = CUSTOMERS, seed: int = 1) -> Instance:
    """Half in clusters, half anywhere, windows of 30 to 240 that the depot can keep; ten for each stop."""
    dice = Random(seed)
    middle = SIDE / 2
    depot = Customer(0, middle, middle, 0, 0, DUE, 0)
    towns = [(dice.uniform(0, SIDE), dice.uniform(0, SIDE)) for _town in range(CLUSTERS)]
    rows = []
    for number in range(1, customers + 1):
        x, y = dice.choice(towns)
        x, y = x + dice.gauss(0, 12), y + dice.gauss(0, 12)
        if dice.random() < 0.5:
            x, y = dice.uniform(0, SIDE), dice.uniform(0, SIDE)
        x, y = round(min(max(x, 0.0), SIDE)), round(min(max(y, 0.0), SIDE))
        away = int(np.hypot(x - middle, y - middle)) + 1
        ready = dice.randint(away, DUE - 2 * away - 10) if 3 * away + 10 < DUE else away
        due = min(ready + dice.randint(30, 240), DUE - away - 10)
        rows.append(Customer(number, x, y, dice.randint(1, 40), ready, due, 10))
    return Instance(f"made up, {customers:,} customers", VEHICLES, CAPACITY, depot, rows)


def own(instance: Instance, seconds: float) -> Routes:
    """This product's optimiser, on one thread, in the steps of so many seconds of an idle processor."""
    steps = int(STEPS_PER_CPU_SECOND["Solomon"] * seconds / ROUNDS)
    budget = Budget(steps=steps, threads=1)
    return solve(vrptw.problem_of(instance), budget, tuning=vrptw.tuning_for(instance)).routes


def vroom(instance: Instance, _seconds: float) -> Routes:
    """VROOM 1.14, on one thread."""
    import vroom as library

    travel, spans = _matrix(instance), _spans(instance)
    solver = library.Input()
    solver.set_durations_matrix("car", travel.astype(np.uint32))
    for number in range(min(instance.vehicles, len(instance.customers))):
        whole = library.TimeWindow(*spans[0])
        solver.add_vehicle(
            library.Vehicle(number, start=0, end=0, capacity=[instance.capacity], time_window=whole)
        )
    for number, row in enumerate(instance.customers, 1):
        window = library.TimeWindow(*spans[number])
        service = int(row.service * TENTHS)
        solver.add_job(
            library.Job(number, number, service=service, delivery=[row.demand], time_windows=[window])
        )
    found = solver.solve(exploration_level=5, nb_threads=1)
    steps = found.routes[found.routes["type"] == "job"]
    routes: Routes = [[] for _vehicle in range(instance.vehicles)]
    for vehicle, job in zip(steps["vehicle_id"], steps["id"], strict=True):
        routes[int(vehicle)].append(int(job) - 1)
    return routes


def pyvrp(instance: Instance, seconds: float) -> Routes:
    """PyVRP 0.14: made for this."""
    from pyvrp import Client, Depot, Location, ProblemData, VehicleType, solve

    travel, spans = _matrix(instance), _spans(instance)
    clients = [
        Client(
            number,
            delivery=[row.demand],
            service_duration=int(row.service * TENTHS),
            tw_early=spans[number][0],
            tw_late=spans[number][1],
        )
        for number, row in enumerate(instance.customers, 1)
    ]
    fleet = VehicleType(
        min(instance.vehicles, len(instance.customers)),
        capacity=[instance.capacity],
        tw_early=spans[0][0],
        tw_late=spans[0][1],
    )
    places = [Location(row.x, row.y) for row in (instance.depot, *instance.customers)]
    data = ProblemData(places, clients, [Depot(0)], [fleet], [travel], [travel])
    until = time.process_time() + seconds
    found = solve(data, lambda _cost: time.process_time() > until, seed=1, collect_stats=False)
    return [[stop.idx for stop in route if stop.is_client()] for route in found.best.routes()]


def ortools(instance: Instance, seconds: float) -> Routes:
    """OR-Tools 9.15: guided local search."""
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    travel, spans = _matrix(instance), _spans(instance)
    fleet = min(instance.vehicles, len(instance.customers))
    manager = pywrapcp.RoutingIndexManager(len(travel), fleet, 0)
    model = pywrapcp.RoutingModel(manager)
    work = np.array([0, *(int(row.service * TENTHS) for row in instance.customers)])
    drive = model.RegisterTransitMatrix(travel.tolist())
    spend = model.RegisterTransitMatrix((travel + work[:, None]).tolist())
    load = model.RegisterUnaryTransitVector([0, *(row.demand for row in instance.customers)])
    model.SetArcCostEvaluatorOfAllVehicles(drive)
    model.AddDimension(load, 0, instance.capacity, True, "load")
    model.AddDimension(spend, spans[0][1], spans[0][1], False, "time")
    clock = model.GetDimensionOrDie("time")
    for number in range(1, len(travel)):
        clock.CumulVar(manager.NodeToIndex(number)).SetRange(*spans[number])
    until = time.process_time() + seconds
    model.AddSearchMonitor(model.solver().CustomLimit(lambda: time.process_time() > until))
    how = pywrapcp.DefaultRoutingSearchParameters()
    how.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    how.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    how.time_limit.FromSeconds(int(10 * seconds) + 10)
    found = model.SolveWithParameters(how)
    routes: Routes = [[] for _vehicle in range(fleet)]
    for number in range(fleet if found else 0):
        index = found.Value(model.NextVar(model.Start(number)))
        while not model.IsEnd(index):
            routes[number].append(manager.IndexToNode(index) - 1)
            index = found.Value(model.NextVar(index))
    return routes


PLANNERS: dict[str, Callable[[Instance, float], Routes]] = {
    "own": own,
    "vroom": vroom,
    "pyvrp": pyvrp,
    "ortools": ortools,
}


def _matrix(instance: Instance) -> NDArray[np.int64]:
    """Tenths between the depot and all customers, truncated as the published solutions count them."""
    rows = [instance.depot, *instance.customers]
    return np.array([[instance.distance(one, other) for other in rows] for one in rows], np.int64)


def _spans(instance: Instance) -> list[Span]:
    rows = [instance.depot, *instance.customers]
    return [(int(row.ready * TENTHS), int(row.due * TENTHS)) for row in rows]
