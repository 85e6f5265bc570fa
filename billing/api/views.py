"""REST: charges, and the invoices made of them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import Resource
from accounts.enums import Permission
from billing import queries, services
from billing.api import serializers as shapes
from billing.api.filters import ChargeFilter, InvoiceFilter
from billing.models import Charge, Invoice, Payment


class ChargeViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """Priced lines of finished visits, each with its explanation."""

    queryset = Charge.objects.all()
    serializer_class = shapes.ChargeSerializer
    filterset_class = ChargeFilter
    read_scope = Permission.SETTLEMENT_VIEW
    write_scope = Permission.CHARGE_EDIT

    @extend_schema(
        summary="Change a charge with a reason",
        request=shapes.ChargeChangeSerializer,
        responses=shapes.ChargeSerializer,
        examples=[
            OpenApiExample(
                "Goodwill",
                {"unit_price_minor": 0, "reason": "Second visit for the same fault"},
                request_only=True,
            )
        ],
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        self.get_object()
        wanted = shapes.ChargeChangeSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        charge = services.change_charge(
            charge_id=int(pk), actor=self.actor, at=self.at, **wanted.validated_data
        )
        return Response(shapes.ChargeSerializer(charge).data)


class InvoiceViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """Issued invoices. Nothing is edited after issue: it is paid or reversed."""

    queryset = Invoice.objects.all()
    serializer_class = shapes.InvoiceSerializer
    filterset_class = InvoiceFilter
    read_scope = Permission.SETTLEMENT_VIEW
    write_scope = Permission.INVOICE_ISSUE

    def get_queryset(self) -> Any:
        return _whole()

    @extend_schema(
        summary="Issue the invoice of a finished work order",
        request=shapes.IssueSerializer,
        responses={201: shapes.InvoiceSerializer},
        examples=[OpenApiExample("Issue", {"work_order": 2207}, request_only=True)],
    )
    def create(self, request: Request) -> Response:
        wanted = shapes.IssueSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        order = wanted.validated_data["work_order"]
        invoice = services.issue_invoice(work_order_id=order.pk, actor=self.actor, at=self.at)
        return self._answer(invoice.pk, 201)

    @extend_schema(
        summary="Record a payment",
        request=shapes.PaymentRecordSerializer,
        responses={201: shapes.InvoiceSerializer},
        examples=[
            OpenApiExample(
                "Transfer",
                {"amount_minor": 38500, "received_on": "2026-12-01", "reference": "AOKI"},
                request_only=True,
            )
        ],
    )
    @action(detail=True, methods=["post"], write_scope=Permission.PAYMENT_RECORD)
    def payments(self, request: Request, pk: str) -> Response:
        self.get_object()
        wanted = shapes.PaymentRecordSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        services.record_payment(invoice_id=int(pk), actor=self.actor, at=self.at, **wanted.validated_data)
        return self._answer(int(pk), 201)

    @extend_schema(
        summary="Reverse an invoice",
        request=shapes.ReverseSerializer,
        responses=shapes.InvoiceSerializer,
        examples=[
            OpenApiExample("Wrong customer", {"reason": "Sent to the wrong branch"}, request_only=True)
        ],
    )
    @action(detail=True, methods=["post"])
    def reverse(self, request: Request, pk: str) -> Response:
        self.get_object()
        wanted = shapes.ReverseSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        services.reverse_invoice(invoice_id=int(pk), actor=self.actor, at=self.at, **wanted.validated_data)
        return self._answer(int(pk), 200)

    @extend_schema(
        summary="Record a refund of credit",
        description="What came in for an invoice that was reversed is the customer's credit: this pays it back.",
        request=shapes.RefundSerializer,
        responses={201: shapes.InvoiceSerializer},
        examples=[
            OpenApiExample("Transfer", {"amount_minor": 10000, "paid_on": "2026-12-01"}, request_only=True)
        ],
    )
    @action(detail=True, methods=["post"], write_scope=Permission.PAYMENT_RECORD)
    def refund(self, request: Request, pk: str) -> Response:
        self.get_object()
        wanted = shapes.RefundSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        services.refund_credit(invoice_id=int(pk), actor=self.actor, at=self.at, **wanted.validated_data)
        return self._answer(int(pk), 201)

    @extend_schema(
        summary="Pay an invoice from the customer's credit",
        description="As far as the credit goes, oldest first. The new invoice of the same work takes it by itself.",
        request=None,
        responses=shapes.InvoiceSerializer,
    )
    @action(detail=True, methods=["post"], url_path="use-credit", write_scope=Permission.PAYMENT_RECORD)
    def use_credit(self, request: Request, pk: str) -> Response:
        self.get_object()
        services.use_credit(invoice_id=int(pk), actor=self.actor, at=self.at)
        return self._answer(int(pk), 200)

    def _answer(self, invoice_id: int, status: int) -> Response:
        invoice = self.get_queryset().get(pk=invoice_id)
        return Response(shapes.InvoiceSerializer(invoice).data, status=status)


class PaymentViewSet(Resource):
    """Money that came in: what was entered wrongly is taken back, by a row of its own."""

    queryset = Payment.objects.all()
    serializer_class = shapes.PaymentSerializer
    read_scope = Permission.SETTLEMENT_VIEW
    write_scope = Permission.PAYMENT_RECORD

    @extend_schema(
        summary="Take a payment back",
        description="Its invoice is open again by that much. Asked twice, it happens once.",
        request=shapes.TakeBackSerializer,
        responses=shapes.InvoiceSerializer,
        examples=[OpenApiExample("Mistyped", {"reason": "Meant for INV-12"}, request_only=True)],
    )
    @action(detail=True, methods=["post"], url_path="take-back")
    def take_back(self, request: Request, pk: str) -> Response:
        payment = self.get_object()
        wanted = shapes.TakeBackSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        services.take_back_payment(payment_id=int(pk), actor=self.actor, at=self.at, **wanted.validated_data)
        return Response(shapes.InvoiceSerializer(_whole().get(pk=payment.invoice_id)).data)


def _whole() -> Any:
    return queries.invoices().prefetch_related("lines", "payments")
