"""Routes of feedback."""

from __future__ import annotations

from django.urls import path

from feedback import views

urlpatterns = [
    path("ratings/", views.response_list, name="response_list"),
    path("ratings/follow-ups/<int:pk>/finish/", views.recovery_finish, name="recovery_finish"),
    path("customers/<int:pk>/last-rating/", views.customer_rating, name="customer_rating"),
    path("visits/<int:pk>/rating-code/", views.visit_qr, name="visit_qr"),
]
