"""REST routes of delivery: the acts of `/visits/<id>/`, whose reading belongs to dispatch."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from delivery.api.views import VisitActViewSet

router = SimpleRouter()
router.trailing_slash = "/?"
router.register("visits", VisitActViewSet, basename="visit-act")

urlpatterns = router.urls
