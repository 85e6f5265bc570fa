"""What is to be done and by whom: work, visits, policies, auto-dispatch."""

from dispatch.models.changes import WorldChange
from dispatch.models.consents import ConsentRequest
from dispatch.models.policies import DispatchPolicy, EngineerPreference, TravelLeg, TravelProfile
from dispatch.models.rules import DispatchRule, DispatchRuleVersion, DispatchRun, DispatchTimer, Offer
from dispatch.models.visits import TsTzRange, Visit
from dispatch.models.work import (
    WorkOrder,
    WorkOrderLink,
    WorkOrderPart,
    WorkOrderSkill,
    WorkType,
    WorkTypePart,
    WorkTypeSkill,
)

__all__ = [
    "ConsentRequest",
    "DispatchPolicy",
    "DispatchRule",
    "DispatchRuleVersion",
    "DispatchRun",
    "DispatchTimer",
    "EngineerPreference",
    "Offer",
    "TravelLeg",
    "TravelProfile",
    "TsTzRange",
    "Visit",
    "WorkOrder",
    "WorkOrderLink",
    "WorkOrderPart",
    "WorkOrderSkill",
    "WorkType",
    "WorkTypePart",
    "WorkTypeSkill",
    "WorldChange",
]
