"""REST routes of workforce."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from workforce.api.views import EngineerViewSet, SkillViewSet

router = SimpleRouter()
router.trailing_slash = "/?"
router.register("engineers", EngineerViewSet, basename="engineer")
router.register("skills", SkillViewSet, basename="skill")

urlpatterns = router.urls
