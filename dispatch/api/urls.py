"""REST routes of dispatch."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from dispatch.api.capacity import CapacityViewSet, PreferenceViewSet
from dispatch.api.consents import ConsentViewSet
from dispatch.api.links import WorkOrderLinkViewSet
from dispatch.api.offers import OfferViewSet
from dispatch.api.slots import PolicyViewSet, SlotsViewSet
from dispatch.api.travel import TravelProfileViewSet
from dispatch.api.views import VisitViewSet, WorkOrderViewSet, WorkTypeViewSet

router = SimpleRouter()
router.trailing_slash = "/?"
router.register("work-types", WorkTypeViewSet, basename="work-type")
router.register("work-orders", WorkOrderViewSet, basename="work-order")
router.register("work-order-links", WorkOrderLinkViewSet, basename="work-order-link")
router.register("visits", VisitViewSet, basename="visit")
router.register("offers", OfferViewSet, basename="offer")
router.register("consents", ConsentViewSet, basename="consent")
router.register("capacity", CapacityViewSet, basename="capacity")
router.register("engineer-preferences", PreferenceViewSet, basename="engineer-preference")
router.register("slots", SlotsViewSet, basename="slot")
router.register("dispatch-policies", PolicyViewSet, basename="dispatch-policy")
router.register("travel-profiles", TravelProfileViewSet, basename="travel-profile")

urlpatterns = router.urls
