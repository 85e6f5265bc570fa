from django.db import migrations

BALANCED = """
CREATE FUNCTION refuse_unbalanced_entry() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
    before text := current_setting('app.tenant_id', true);
    unbalanced record;
BEGIN
    -- The commit may come after the tenant has been left: look with the eyes of the line's own tenant.
    PERFORM set_config('app.tenant_id', NEW.tenant_id::text, true);
    SELECT currency, sum(amount_minor) AS rest INTO unbalanced
      FROM billing_ledgerline
     WHERE tenant_id = NEW.tenant_id AND entry_id = NEW.entry_id
     GROUP BY currency HAVING sum(amount_minor) <> 0
     LIMIT 1;
    PERFORM set_config('app.tenant_id', coalesce(before, ''), true);
    IF unbalanced.currency IS NOT NULL THEN
        RAISE EXCEPTION 'ledger entry % does not balance: % % is left over',
            NEW.entry_id, unbalanced.rest, unbalanced.currency
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_entry_balances';
    END IF;
    RETURN NULL;
END
$body$;

CREATE CONSTRAINT TRIGGER ledger_entry_balances AFTER INSERT ON billing_ledgerline
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unbalanced_entry();
"""

UNDO = """
DROP TRIGGER ledger_entry_balances ON billing_ledgerline;
DROP FUNCTION refuse_unbalanced_entry();
"""


class Migration(migrations.Migration):
    """Money balances: a commit whose ledger lines do not sum to zero per entry and currency is refused."""

    dependencies = [("billing", "0002_append_only")]

    operations = [migrations.RunSQL(BALANCED, UNDO)]
