"""REST routes of billing."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from billing.api import views

router = SimpleRouter()
router.trailing_slash = "/?"
router.register("charges", views.ChargeViewSet, basename="charge")
router.register("invoices", views.InvoiceViewSet, basename="invoice")
router.register("payments", views.PaymentViewSet, basename="payment")

urlpatterns = router.urls
