"""What may be done with planning runs."""

from planning.services.deciding import accept_changes, reject_changes
from planning.services.running import carry_out_due
from planning.services.runs import ask_plan, cancel_run

__all__ = ["accept_changes", "ask_plan", "cancel_run", "carry_out_due", "reject_changes"]
