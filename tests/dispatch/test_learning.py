"""What finished trips teach: a known factor is found again, and odd trips change nothing."""

from __future__ import annotations

from random import Random

import pytest

from dispatch.learning import ENOUGH, Trip, learn
from dispatch.travel import BANDS, NO_FACTORS, PARKING_MINUTES, Estimate, Factors, band_minutes, minutes_for


def trips(rng: Random, factors: Factors, count: int, reach: tuple[float, float] = (1, 60)) -> list[Trip]:
    """Trips of a company whose roads are so much slower, some minutes more or less each."""
    found = []
    for _number in range(count):
        km = rng.uniform(*reach)
        driving = sum(part * factor for part, factor in zip(band_minutes(km), factors, strict=True))
        found.append(Trip(km, driving * rng.uniform(0.85, 1.15) + PARKING_MINUTES))
    return found


@pytest.mark.parametrize("factors", [(1.0, 1.0, 1.0), (1.6, 1.2, 0.9), (0.7, 1.9, 1.3), (2.5, 1.0, 0.6)])
def test_known_factors_are_found_again(factors: Factors) -> None:
    learned = learn(trips(Random(1), factors, 2_000))
    assert learned.factors == pytest.approx(factors, abs=0.08)
    assert sum(learned.samples) > 1_500


@pytest.mark.parametrize("factors", [(1.4, 1.4, 1.4), (0.8, 1.1, 1.0)])
def test_odd_trips_change_nothing(factors: Factors) -> None:
    rng = Random(2)
    odd = [Trip(rng.uniform(1, 60), rng.choice((0, 0.2, 300, 600))) for _number in range(400)]
    slow = [Trip(t.km, t.minutes * 3) for t in trips(rng, factors, 150)]
    learned = learn([*trips(rng, factors, 2_000), *odd, *slow])
    assert learned.factors == pytest.approx(factors, rel=0.09)


def test_a_band_with_few_trips_keeps_what_was_known() -> None:
    known = (1.3, 1.1, 0.8)
    learned = learn(trips(Random(3), (2.0, 2.0, 2.0), ENOUGH - 1, (2, 4)), known)
    assert (learned.factors, learned.samples) == (known, (ENOUGH - 1, 0, 0))


def test_short_trips_alone_teach_the_short_band() -> None:
    learned = learn(trips(Random(4), (1.5, 1.0, 1.0), 200, (1, 5)))
    assert learned.factors == pytest.approx((1.5, 1.0, 1.0), rel=0.05)


def test_nothing_teaches_nothing() -> None:
    assert learn([]).factors == NO_FACTORS


@pytest.mark.parametrize(("wild", "bound"), [(3.9, 3.0), (0.27, 0.5)])
def test_factors_stay_within_bounds(wild: float, bound: float) -> None:
    learned = learn([Trip(4, minutes_for(4) * wild) for _number in range(ENOUGH)])
    assert learned.factors[0] == bound


def test_farther_never_takes_less_whatever_was_learned() -> None:
    rng = Random(5)
    for _number in range(200):
        estimate = Estimate((rng.uniform(0.5, 3), rng.uniform(0.5, 3), rng.uniform(0.5, 3)))
        minutes = [minutes_for(km / 4, estimate.factors) for km in range(1, 400)]
        assert minutes == sorted(minutes)


def test_bands_are_those_of_the_estimate() -> None:
    for km in (0.3, 4, 5, 5.1, 19.9, 20, 44):
        assert sum(band_minutes(km)) == pytest.approx(
            sum(
                min(max(km - start, 0), length) / speed * 60
                for (length, speed), start in zip(BANDS, (0, 5, 20), strict=True)
            )
        )
