"""One engineer on the phone with a visit: what the tests of the pages share."""

from __future__ import annotations

from typing import Any

from django.test import Client

from core.clock import now
from delivery import queries
from dispatch.models import Visit
from tenants.active import tenant_active
from tests.cast import Company
from tests.factories.delivery import arrive, make_checklist, make_engineer, make_visit, make_work_type
from tests.factories.inventory import make_part, make_stock, make_van


class World:
    """Tom's phone, his visit with a checklist, his van with two igniters."""

    def __init__(self, company: Company, client: Client) -> None:
        self.company, self.client = company, client
        with self.inside():
            self.tom = make_engineer(company.tom, name="Tom")
            self.work_type = make_work_type(name="Burner tune")
            make_checklist(self.work_type)
            self.igniter = make_part(code="4021-B", name="Igniter")
            make_stock(self.igniter, make_van(self.tom), 2)
            self.visit = self.add_visit()

    def inside(self) -> Any:
        return tenant_active(self.company.tenant.pk)

    def add_visit(self, **facts: Any) -> Visit:
        return make_visit(self.tom, work_type=self.work_type, **{"start_at": now(), **facts})

    def url(self, path: str = "") -> str:
        return f"/t/acme/visits/{self.visit.pk}/{path}"

    def get(self, path: str = "", **headers: Any) -> str:
        answer = self.client.get(self.url(path), **headers)
        assert answer.status_code == 200, answer.content
        return str(answer.content.decode())

    def post(self, path: str, form: dict[str, Any] | None = None, **more: Any) -> Any:
        return self.client.post(self.url(path), form or {}, **more)

    def go_there(self) -> None:
        with self.inside():
            arrive(self.visit, self.company.tom.actor)

    def items(self) -> dict[str, int]:
        with self.inside():
            return {step.item.label: step.item.pk for step in queries.evidence_of(self.visit).steps}

    def status(self) -> str:
        with self.inside():
            self.visit.refresh_from_db()
        return str(self.visit.status)
