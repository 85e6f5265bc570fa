"""What may be done to parts and stock."""

from inventory.services.catalogue import create_location, create_part, set_minimum, update_part
from inventory.services.ledger import (
    OutOfStock,
    count_stock,
    receive_stock,
    return_stock,
    transfer_stock,
    use_part,
)

__all__ = [
    "OutOfStock",
    "count_stock",
    "create_location",
    "create_part",
    "receive_stock",
    "return_stock",
    "set_minimum",
    "transfer_stock",
    "update_part",
    "use_part",
]
