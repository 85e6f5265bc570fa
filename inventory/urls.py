"""Routes of inventory."""

from __future__ import annotations

from django.urls import path

from inventory import views

urlpatterns = [
    path("stock/", views.stock_level_list, name="stock_level_list"),
    path("stock/receive/", views.stock_receive, name="stock_receive"),
    path("stock/transfer/", views.stock_transfer, name="stock_transfer"),
    path("stock/count/", views.stock_count, name="stock_count"),
    path("stock/locations/new/", views.location_create, name="location_create"),
    path("parts/", views.part_list, name="part_list"),
    path("parts/new/", views.part_create, name="part_create"),
    path("parts/<int:part_id>/", views.part_detail, name="part_detail"),
    path("parts/<int:part_id>/edit/", views.part_edit, name="part_edit"),
    path("parts/<int:part_id>/minimum/", views.minimum_set, name="minimum_set"),
]
