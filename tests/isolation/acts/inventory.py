"""Valid bodies for the routes of inventory."""

from __future__ import annotations

from inventory.models import Part, StockLocation
from tests.isolation.routes import Act, Own
from workforce.models import Engineer

PAGES: dict[str, Act] = {
    "inventory:stock_receive": Act({"part": Own(Part), "location": Own(StockLocation, 1), "quantity": 2}),
    "inventory:stock_transfer": Act(
        {
            "part": Own(Part, 1),
            "location": Own(StockLocation, 1),
            "target": Own(StockLocation, 2),
            "quantity": 2,
        }
    ),
    "inventory:stock_count": Act({"part": Own(Part), "location": Own(StockLocation, 1), "quantity": 7}),
    "inventory:location_create": Act(
        {"name": "Van 2", "code": "van-2", "kind": "van", "engineer": Own(Engineer, 1)}
    ),
    "inventory:part_create": Act({"code": "X-1", "name": "Belt", "unit": "piece", "price": 100}),
    "inventory:part_edit": Act({"code": "X-1", "name": "Belt", "unit": "piece", "price": 100}),
    "inventory:minimum_set": Act({"location": Own(StockLocation), "minimum": 3}),
}


API: dict[str, Act] = {
    "part-list post": Act({"code": "X-1", "name": "Belt"}),
    "part-detail patch": Act({"name": "Belt"}),
    "stock-level-receive post": Act(
        {"part_id": Own(Part), "location_id": Own(StockLocation, 1), "quantity": "2", "key": "k"}
    ),
    "stock-level-transfer post": Act(
        {
            "part_id": Own(Part, 1),
            "from_id": Own(StockLocation, 1),
            "to_id": Own(StockLocation, 2),
            "quantity": "2",
            "key": "k",
        }
    ),
    "stock-level-count post": Act(
        {"part_id": Own(Part), "location_id": Own(StockLocation, 1), "counted": "7", "key": "k"}
    ),
}
