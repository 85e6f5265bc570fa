"""The runtime: the servers this product needs, found or started, and the processes it consists of.

With `DATABASE_URL` and `REDIS_URL` set, nothing here starts anything: those servers are used. Where one is
unset, a real PostgreSQL 18 or Valkey 9 from the embedded wheels is used instead. It keeps its data under
`.data/` (`FIELDSERVICE_DATA` changes that), listens on a Unix socket only, and runs for as long as some
process uses it.

Settings ask `servers` and nothing else:

    from fieldservice.runtime import servers
    servers.database()         Connection(host, port, name, user, password, options), in this process's role
    servers.data_dir()         where files of our own belong
    servers.redis_url(0)       URL of one numbered Valkey database, for redis-py and Django's cache
    servers.broker_url()       URL for Celery
    servers.EMBEDDED           True when at least one of the two servers is ours to start

`FIELDSERVICE_ROLE` is `app` (default: may not bypass row-level security) or `owner` (migrations).

The rooms: `clusters` says where things are, `postgres` and `valkey` start and stop one server each, `leases`
and `keeper` decide when they may stop, `servers` is the door; `commands` names the processes of the product,
`supervisor` runs them, `ports` and `files` help, `demo` is `make demo`, `clean` is `make clean`.

Whatever keeps a server from starting is raised as `CannotStart`: one message that names the thing, its state
and the way out.
"""
