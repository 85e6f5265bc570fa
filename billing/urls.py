"""Routes of billing."""

from __future__ import annotations

from django.urls import path

from billing import views

urlpatterns = [
    path("settlement/", views.settlement, name="settlement"),
    path("settlement/issue-ready/", views.invoice_issue_ready, name="invoice_issue_ready"),
    path("work-orders/<int:pk>/charges/", views.work_order_charges, name="work_order_charges"),
    path("work-orders/<int:pk>/price/", views.work_order_price, name="work_order_price"),
    path("work-orders/<int:pk>/invoice/", views.invoice_issue, name="invoice_issue"),
    path("charges/<int:pk>/change/", views.charge_change, name="charge_change"),
    path("invoices/", views.invoice_list, name="invoice_list"),
    path("invoices/<int:pk>/", views.invoice_detail, name="invoice_detail"),
    path("invoices/<int:pk>/pay/", views.invoice_pay, name="invoice_pay"),
    path("invoices/<int:pk>/reverse/", views.invoice_reverse, name="invoice_reverse"),
    path("invoices/<int:pk>/refund/", views.invoice_refund, name="invoice_refund"),
    path("invoices/<int:pk>/use-credit/", views.invoice_use_credit, name="invoice_use_credit"),
    path("customers/<int:pk>/invoices/", views.customer_invoices, name="customer_invoices"),
    path("invoices/<int:pk>/print/", views.invoice_print, name="invoice_print"),
    path("payments/<int:pk>/take-back/", views.payment_take_back, name="payment_take_back"),
    path("prices/", views.price_list, name="price_list"),
]
