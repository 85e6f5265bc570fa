"""REST routes of planning."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from planning.api.views import PlanRunViewSet

router = SimpleRouter()
router.trailing_slash = "/?"
router.register("plan-runs", PlanRunViewSet, basename="plan-run")

urlpatterns = router.urls
