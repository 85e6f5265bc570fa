from django.db import migrations

# What customers were told by the first letters until now, of visits that may still be moved or called off.
NOTE = """
    INSERT INTO feedback_visitletter (tenant_id, visit_id, message_id, opens_at, closes_at)
    SELECT v.tenant_id, v.id, m.id,
      CASE WHEN v.start_at BETWEEN w.promised_start_at AND w.promised_end_at THEN w.promised_start_at
        ELSE to_timestamp(round(extract(epoch FROM v.told_start_at) / 300) * 300) - interval '30 minutes' END,
      CASE WHEN v.start_at BETWEEN w.promised_start_at AND w.promised_end_at THEN w.promised_end_at
        ELSE to_timestamp(round(extract(epoch FROM v.told_start_at) / 300) * 300) + interval '30 minutes' END
    FROM dispatch_visit v
    JOIN dispatch_workorder w ON w.tenant_id = v.tenant_id AND w.id = v.work_order_id
    JOIN channels_outboundmessage m ON m.tenant_id = v.tenant_id AND m.key = 'track:' || v.id
    WHERE v.status IN ('scheduled', 'dispatched', 'accepted') AND v.told_start_at IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [("feedback", "0003_visit_letters")]

    operations = [migrations.RunSQL(NOTE, migrations.RunSQL.noop)]
