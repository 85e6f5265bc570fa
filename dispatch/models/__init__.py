"""What is to be done and by whom: work, visits, policies, auto-dispatch."""

from dispatch.models.consents import ConsentRequest
from dispatch.models.policies import DispatchPolicy, EngineerPreference, TravelProfile
from dispatch.models.rules import DispatchRule, DispatchRuleVersion, DispatchRun, DispatchTimer, Offer
from dispatch.models.visits import TsTzRange, Visit
from dispatch.models.work import WorkOrder, WorkOrderLink, WorkOrderSkill, WorkType, WorkTypeSkill

__all__ = [
    "ConsentRequest",
    "DispatchPolicy",
    "DispatchRule",
    "DispatchRuleVersion",
    "DispatchRun",
    "DispatchTimer",
    "EngineerPreference",
    "Offer",
    "TravelProfile",
    "TsTzRange",
    "Visit",
    "WorkOrder",
    "WorkOrderLink",
    "WorkOrderSkill",
    "WorkType",
    "WorkTypeSkill",
]
