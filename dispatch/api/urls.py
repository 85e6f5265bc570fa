"""REST routes of dispatch."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from dispatch.api.views import VisitViewSet, WorkOrderViewSet, WorkTypeViewSet

router = SimpleRouter()
router.trailing_slash = "/?"
router.register("work-types", WorkTypeViewSet, basename="work-type")
router.register("work-orders", WorkOrderViewSet, basename="work-order")
router.register("visits", VisitViewSet, basename="visit")

urlpatterns = router.urls
