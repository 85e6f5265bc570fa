"""What pages with forms share."""

from __future__ import annotations

from django.forms import BaseForm

from core.errors import BadInput, Refusal


def tell(form: BaseForm, problem: Refusal) -> None:
    """Show a service's refusal in the form, beside its field where it names one."""
    errors = problem.errors if isinstance(problem, BadInput) else {}
    placed = {name: texts for name, texts in errors.items() if name in form.fields}
    for name, texts in placed.items():
        form.add_error(name, texts)
    if not placed:
        form.add_error(None, problem.message)
