"""A million tickets of one company, made by the database itself in about two minutes."""

from __future__ import annotations

import random
from typing import Any

import psycopg2

from core.text import fold
from fieldservice.runtime import servers
from tickets.grams import BLOCK, grams_of

TEXTS = 4000
OPENINGS = (
    "Since Monday the {0} on the third floor stops after a few pages",
    "Please send somebody, the {0} makes a loud noise",
    "The {0} was repaired last month and it is the same again",
    "Our new colleague cannot use the {0} in the meeting room",
    "Error on the display of the {0}, we switched it off and on",
    "3階の{0}が朝から動きません。至急確認をお願いいたします",
    "いつもお世話になっております。{0}の調子が悪く、会議の資料が印刷できません",
    "{0}から異音がします。担当の方にお越しいただけますでしょうか",
    "先月修理していただいた{0}が、また同じ症状になりました",
    "受付の{0}にエラーが表示されています。再起動しても直りません",
)
WORDS = (
    # (one in so many texts, English, Japanese): from words that stand in every second ticket to rare ones.
    (2, "printer", "プリンター"),
    (10, "copier", "複合機"),
    (80, "leaking", "水漏れ"),
    (300, "fuser", "定着器"),
    (1300, "gearbox", "歯車"),
)
RARE = ("zeppelin", "飛行船")
"""Each in one ticket of 50,000."""
FILLING = ("scanner", "boiler", "lift", "door", "pump", "空調", "照明", "自動扉", "給湯器", "昇降機")


def grow(tenant_id: int, *, start: int, until: int) -> None:
    """Give the company the tickets numbered from `start` up to `until` (exclusive), 3 % of them open."""
    with psycopg2.connect(**servers.database("owner").arguments() | {"user": "postgres"}) as connection:
        cursor = connection.cursor()
        cursor.execute("SET session_replication_role = replica; SET maintenance_work_mem = '512MB'")
        cursor.execute("SELECT set_config('app.tenant_id', %s, false)", [str(tenant_id)])
        _write_texts(cursor, tenant_id)
        large = until - start > 100_000
        dropped = _drop_indexes(cursor) if large else []
        for statement in (_TICKETS, _MESSAGES, _CLOCKS, _SEGMENTS):
            cursor.execute(statement, {"tenant": tenant_id, "start": start, "until": until - 1})
        for definition in dropped:
            cursor.execute(definition)
        cursor.execute("DROP TABLE bench_text")
    connection = psycopg2.connect(**servers.database("owner").arguments() | {"user": "postgres"})
    connection.autocommit = True
    tables = "tickets_ticket, tickets_ticketmessage, tickets_slaclock, customers_customer, customers_contact"
    connection.cursor().execute(f"VACUUM (ANALYZE) {tables}")
    connection.close()


def _drop_indexes(cursor: Any) -> list[str]:
    """Drop what is faster made anew than kept; returns how to make it."""
    cursor.execute(
        """SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'tickets_ticket'
           AND indexname NOT IN (SELECT conname FROM pg_constraint)"""
    )
    found = cursor.fetchall()
    for name, _definition in found:
        cursor.execute(f'DROP INDEX "{name}"')
    return [definition for _name, definition in found]


def _write_texts(cursor: Any, tenant_id: int) -> None:
    chance = random.Random(1)
    cursor.execute(
        """CREATE TEMP TABLE bench_text
           (place int PRIMARY KEY, subject text, body text, words text, grams int[])"""
    )
    for n in range(TEXTS):
        japanese = n % 2
        opening = chance.choice(OPENINGS[5:] if japanese else OPENINGS[:5])
        things = [str(pair[japanese + 1]) for pair in WORDS if (n // 2) % pair[0] == 0]
        things = things or [chance.choice(FILLING[5:] if japanese else FILLING[:5])]
        subject = ("、" if japanese else ", ").join(things)
        body = opening.format(things[0])
        words = fold(f"{subject} {body}")
        cursor.execute(
            "INSERT INTO bench_text VALUES (%s, %s, %s, %s, %s)",
            [n, subject, body, words, [gram for gram in grams_of(words, 0, tenant_id) if gram >= 0]],
        )
    cursor.execute(
        """INSERT INTO bench_text SELECT %s + n, w, w, w, g::int[]
           FROM (VALUES (0, %s, %s), (1, %s, %s)) v(n, w, g)""",
        [TEXTS, *(part for word in RARE for part in (word, _array(grams_of(word, 0, tenant_id)[1:])))],
    )
    cursor.execute("ANALYZE bench_text")


def _array(numbers: list[int]) -> str:
    return "{" + ",".join(map(str, numbers)) + "}"


_TICKETS = f"""
INSERT INTO tickets_ticket (tenant_id, number, subject, description, kind, channel, status, waiting_for,
  priority, language, next_action_at, opened_at, resolved_at, resolved_by, resolution, due_at, opinion,
  reopened_count, source, external_id, work_type_code, event_times, search_text, search_grams, version,
  updated_at, customer_id, contact_id, owner_id, topic_id)
SELECT %(tenant)s, n, t.subject, t.body, 'problem', (ARRAY['email','web','phone','line','qr'])[1 + n %% 5],
  (ARRAY['new','open','waiting','closed'])[least(n %% 100, 3) + 1],
  CASE WHEN n %% 100 = 2 THEN 'customer' ELSE '' END, 1 + n %% 4,
  CASE WHEN n %% 2 = 1 THEN 'ja' ELSE 'en' END,
  CASE WHEN n %% 100 < 3 THEN now() + interval '1 day' END, s.at,
  CASE WHEN n %% 100 > 2 THEN s.at + interval '5 hours' END,
  CASE WHEN n %% 100 > 2 THEN 'Sora' ELSE '' END, '',
  CASE WHEN n %% 10 > 0 OR n %% 100 > 2 THEN now() + (n::bigint * 7919 %% 100000) * interval '1 minute' END,
  '{{}}', 0, '', '', '', '{{}}', lower('t-' || n || ' ' || t.words || coalesce(' ' || r.words, '')),
  t.grams || coalesce(r.grams, '{{}}')
    || (-1 - (%(tenant)s::bigint * 1000003 + n / {BLOCK}) %% 2147483646)::int
    || (SELECT array_agg((crc32((%(tenant)s || ':' || substr('t-' || n, i, 3))::bytea) & 2147483647)::int)
        FROM generate_series(1, length('t-' || n) - 2) i),
  1, s.at, c.ids[1 + n %% cardinality(c.ids)], k.ids[1 + n %% cardinality(k.ids)],
  o.ids[1 + n %% cardinality(o.ids)], p.ids[1 + n %% cardinality(p.ids)]
FROM generate_series(%(start)s, %(until)s) n
JOIN bench_text t ON t.place = (n * 2654435761) %% {TEXTS}
LEFT JOIN bench_text r ON r.place = {TEXTS} + n / 50000 %% 2 AND n %% 50000 = 7
CROSS JOIN LATERAL (SELECT now() - (1000000 - n) * interval '1 minute' AS at) s
CROSS JOIN (SELECT array_agg(id ORDER BY id) ids FROM customers_customer WHERE tenant_id = %(tenant)s) c
CROSS JOIN (SELECT array_agg(id ORDER BY id) ids FROM customers_contact WHERE tenant_id = %(tenant)s) k
CROSS JOIN (SELECT array_agg(id ORDER BY id) ids FROM accounts_membership WHERE tenant_id = %(tenant)s) o
CROSS JOIN (SELECT array_agg(id ORDER BY id) ids FROM tickets_topic WHERE tenant_id = %(tenant)s) p
ORDER BY n
"""
_MESSAGES = """
INSERT INTO tickets_ticketmessage (tenant_id, ticket_id, kind, direction, channel, author_label, body,
  language, at)
SELECT tenant_id, id, 'public', 'in', channel, 'Somebody', description, language, opened_at
FROM tickets_ticket WHERE tenant_id = %(tenant)s AND number BETWEEN %(start)s AND %(until)s
  AND (number %% 100 < 3 OR number %% 10 = 3)
"""
_CLOCKS = """
INSERT INTO tickets_slaclock (tenant_id, ticket_id, policy_id, item_id, kpi, code, round, state,
  target_minutes, zone, policy_reason, started_at, due_at, elapsed_minutes)
SELECT t.tenant_id, t.id, i.policy_id, i.id, i.kpi, i.code, 1, 'running',
  i.target_minutes, 'Asia/Tokyo', 'any',
  t.opened_at, t.due_at, 0
FROM tickets_ticket t JOIN tickets_slaitem i ON i.tenant_id = t.tenant_id
WHERE t.tenant_id = %(tenant)s AND t.number BETWEEN %(start)s AND %(until)s AND t.number %% 100 < 3
"""
_SEGMENTS = """
INSERT INTO tickets_slasegment
  (tenant_id, clock_id, state, item_id, target_minutes, from_at, reason, actor_label)
SELECT c.tenant_id, c.id, 'running', c.item_id, c.target_minutes, c.started_at, 'opened', 'bench'
FROM tickets_slaclock c JOIN tickets_ticket t ON t.id = c.ticket_id
WHERE t.tenant_id = %(tenant)s AND t.number BETWEEN %(start)s AND %(until)s
"""
