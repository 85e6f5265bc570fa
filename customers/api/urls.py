"""REST routes of customers."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from customers.api.views import (
    AssetViewSet,
    ContactViewSet,
    ContractViewSet,
    CustomerViewSet,
    SiteViewSet,
)

router = SimpleRouter()
router.trailing_slash = "/?"
router.register("customers", CustomerViewSet, basename="customer")
router.register("contacts", ContactViewSet, basename="contact")
router.register("contracts", ContractViewSet, basename="contract")
router.register("sites", SiteViewSet, basename="site")
router.register("assets", AssetViewSet, basename="asset")

urlpatterns = router.urls
