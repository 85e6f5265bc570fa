"""Ruin and recreate on the exact cost of a day, compiled.

Slack induction by string removals (Christiaens and Vanden Berghe, 2020): take strings of neighbouring stops
out of nearby routes, put them back one by one where they cost least, and keep the result by simulated
annealing.

All times and costs are whole seconds. A break may be taken before, during or after any leg; two forward
columns (earliest departure with the break still due, or taken) and two backward columns (latest arrival
likewise) answer in constant time whether one more stop fits between two others.
"""
