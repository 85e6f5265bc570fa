"""REST routes of workforce."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from workforce.api.time import AbsenceViewSet, ExtraShiftViewSet, PairViewSet
from workforce.api.together import CapacityRuleViewSet, CrewViewSet, ProviderViewSet
from workforce.api.views import EngineerViewSet, SkillViewSet, TerritoryViewSet

router = SimpleRouter()
router.trailing_slash = "/?"
router.register("engineers", EngineerViewSet, basename="engineer")
router.register("absences", AbsenceViewSet, basename="absence")
router.register("extra-shifts", ExtraShiftViewSet, basename="extra-shift")
router.register("engineer-pairs", PairViewSet, basename="engineer-pair")
router.register("skills", SkillViewSet, basename="skill")
router.register("territories", TerritoryViewSet, basename="territory")
router.register("providers", ProviderViewSet, basename="provider")
router.register("crews", CrewViewSet, basename="crew")
router.register("capacity-rules", CapacityRuleViewSet, basename="capacity-rule")

urlpatterns = router.urls
