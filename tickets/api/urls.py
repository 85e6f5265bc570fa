"""REST routes of tickets."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from tickets.api.views import TicketViewSet

router = SimpleRouter()
router.trailing_slash = "/?"
router.register("tickets", TicketViewSet, basename="ticket")

urlpatterns = router.urls
