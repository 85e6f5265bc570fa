"""REST routes of feedback."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from feedback.api import views

router = SimpleRouter()
router.trailing_slash = "/?"
router.register("responses", views.ResponseViewSet, basename="response")

urlpatterns = router.urls
