"""`make bench`: what the product costs, as ratios measured side by side in one run, printed as JSON lines.

Ratios of CPU seconds of the serving process are told, since wall time on a shared machine is noise. The
database is a cluster of its own under `.data/bench`, made anew.
"""
