"""REST routes of inventory."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from inventory.api.views import PartViewSet, StockLevelViewSet, StockLocationViewSet

router = SimpleRouter()
router.trailing_slash = "/?"
router.register("parts", PartViewSet, basename="part")
router.register("stock-levels", StockLevelViewSet, basename="stock-level")
router.register("stock-locations", StockLocationViewSet, basename="stock-location")

urlpatterns = router.urls
