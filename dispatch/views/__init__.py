"""Pages of dispatch: the board, work orders, visits, rules."""
