"""Two rival companies to try the product with, and a day that keeps moving.

`data/*.json` says who they are; `seed` founds them through the same services people use; `simulator` lets
requests arrive, engineers finish and customers rate.
"""
