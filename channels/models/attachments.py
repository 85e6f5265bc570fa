"""Files that came or went with a message."""

from __future__ import annotations

from django.db import models

from channels.enums import AttachmentState, FileProblem
from channels.models.messages import InboundMessage, OutboundMessage
from tenants.models import TenantModel


def attachment_path(attachment: Attachment, name: str) -> str:
    """Where a file lies below MEDIA_ROOT: each tenant's apart, by digest, not by the sender's name."""
    return f"tenants/{attachment.tenant_id}/attachments/{attachment.sha256[:2]}/{name}"


class Attachment(TenantModel):
    """One file of a message: pictures re-encoded, others kept as they are and only ever downloaded.

    A refused one keeps its name, size and reason; the raw message still holds it. `sha256` is of what came.
    One that is on neither message yet waits in the writer's draft.
    """

    inbound = models.ForeignKey(
        InboundMessage, on_delete=models.CASCADE, null=True, blank=True, related_name="attachments"
    )
    outbound = models.ForeignKey(
        OutboundMessage, on_delete=models.CASCADE, null=True, blank=True, related_name="attachments"
    )
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    content_id = models.CharField(max_length=250, blank=True)
    file = models.FileField(upload_to=attachment_path, max_length=250, blank=True)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    state = models.CharField(max_length=10, choices=AttachmentState.choices, default=AttachmentState.KEPT)
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["tenant", "sha256"], name="attachment_digest_idx")]

    def __str__(self) -> str:
        return self.name

    @property
    def has_preview(self) -> bool:
        """Whether it is a picture that we wrote anew, so that it may be shown."""
        return bool(self.file) and self.width is not None and self.content_type in ("image/png", "image/jpeg")

    @property
    def refusal(self) -> str:
        """Why it is not kept, in words."""
        return str(dict(FileProblem.choices).get(self.reason, self.reason))
